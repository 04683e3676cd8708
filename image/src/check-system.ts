/** Checks a description somebody wrote and fills in the defaults. Nothing is built from an unchecked one. */
import {
  CALL_ITEM_BYTES,
  CHANNEL_PAGES_BASE,
  COROUTINE_STACKS_BASE,
  MAX_HARTS,
  PROGRAM_DATA_BASE,
  PROGRAM_PAGE_SIZE,
  PROGRAM_STACK_SIZE,
  PROGRAM_STACK_TOP,
  SYSTEM_CALL_BUFFER,
  SYSTEM_CALL_LEAST_ITEM_BITS,
  SYSTEM_CALL_MOST_ITEM_BITS,
} from "@rel4/abi";
import { DEFAULT_CONFIGURATION, type KernelConfiguration } from "./kernel-configuration";
import { formatMemorySize, parseMemorySize } from "./memory-size";
import type { ChannelKind, MemorySize } from "./system";
import { SystemError } from "./system-error";

/** A program, checked, with defaults filled in. */
export interface CheckedProgram {
  name: string;
  /** As written in the description. */
  source: string;
  hart: number;
  priority: number;
  /** Bytes of data and heap, whole 64 KiB. */
  memory: number;
  arguments: string[];
  optional: boolean;
  background: boolean;
  restart: boolean;
  /** Numbers of the programs it may end. */
  ends: number[];
  /** Coroutines beside `main`; undefined: as many as a program that uses them should have. */
  coroutines?: number;
  /** Bytes of a coroutine's stack, whole pages. */
  coroutineStack: number;
  /** n for a buffer of asynchronous system calls with rings of 2^n items, or 0. */
  systemCallBits: number;
  resources?: CheckedResources;
}

/** What a program may make kernel objects of. */
export interface CheckedResources {
  /** Untyped memory of 2^n bytes; 0: none. */
  untypedBits: number;
  /** Free slots it needs. */
  slots: number;
}

/** A channel between programs given by their numbers. */
export interface CheckedChannel {
  from: number;
  to: number;
  kind: ChannelKind;
  /** Items of each ring; 0 for channels that have none. */
  requests: number;
}

/** A description whose every part is known to make sense. */
export interface CheckedSystem {
  machine: { harts?: number; memory?: number };
  kernel: KernelConfiguration;
  programs: CheckedProgram[];
  channels: CheckedChannel[];
}

const KINDS: readonly ChannelKind[] = ["endpoint", "notification", "async"];
const MOST_PROGRAMS = 128;
/** Bits of a notification word that channels may use. */
const MOST_INCOMING = 62;
/** Items of a ring: a page of them at least, and no more than anybody could want. */
const LEAST_REQUESTS = PROGRAM_PAGE_SIZE / CALL_ITEM_BYTES;
const MOST_REQUESTS = 65_536;
/** Bytes of address space for the ring buffers of all channels together. */
const RING_AREA = PROGRAM_STACK_TOP - PROGRAM_STACK_SIZE - PROGRAM_PAGE_SIZE - CHANNEL_PAGES_BASE;
const DEFAULT_PRIORITY = 100;
const MOST_PRIORITY = 254;
const DEFAULT_MEMORY = 2 ** 20;
/** What the address space has room for between data and coroutine stacks. */
const MOST_MEMORY = COROUTINE_STACKS_BASE - PROGRAM_DATA_BASE;
/** What it has room for between coroutine stacks and what follows. */
const STACK_AREA = SYSTEM_CALL_BUFFER - COROUTINE_STACKS_BASE;
const DEFAULT_COROUTINE_STACK = 2 * PROGRAM_PAGE_SIZE;
const MOST_COROUTINES = 4095;
const MOST_COROUTINE_STACK = 2 ** 24;
const MOST_SLOTS = 65_536;
const HEAP_GRAIN = 2 ** 16;
const LEAST_RAM = 4 * 2 ** 20;
const MOST_RAM = 2 ** 31;

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
}

/** Refuses fields nobody reads: a misspelt name must not be silence. */
function refuseUnknownFields(fields: Fields, known: readonly string[], where: string): void {
  for (const name of Object.keys(fields)) {
    if (known.includes(name)) continue;
    throw new SystemError(`unknown field "${name}"`, `the fields are ${known.join(", ")}`, where);
  }
}

function wholeNumber(value: unknown, least: number, most: number, where: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SystemError(
    `${show(value)} is not possible`,
    `give a whole number from ${least} to ${most}`,
    where,
  );
}

function flag(value: unknown, where: string): boolean {
  if (typeof value === "boolean" || value === undefined) return value === true;
  throw new SystemError(`${show(value)} is not possible`, "give true or false", where);
}

function memory(value: unknown, least: number, most: number, where: string): number {
  const bytes =
    typeof value === "number" || typeof value === "string" ? parseMemorySize(value as MemorySize) : undefined;
  if (bytes === undefined)
    throw new SystemError(
      `${show(value)} is no amount of memory`,
      'give bytes or a text such as "64K", "4M", "1G"',
      where,
    );
  if (bytes < least || bytes > most)
    throw new SystemError(
      `${show(value)} is out of range`,
      `give between ${formatMemorySize(least)} and ${formatMemorySize(most)}`,
      where,
    );
  return bytes;
}

function checkMachine(value: unknown): CheckedSystem["machine"] {
  if (value === undefined) return {};
  const where = "machine";
  if (!isObject(value))
    throw new SystemError(`${show(value)} is no machine`, "give { harts, memory }", where);
  refuseUnknownFields(value, ["harts", "memory"], where);
  return {
    harts: value.harts === undefined ? undefined : wholeNumber(value.harts, 1, MAX_HARTS, "machine.harts"),
    memory:
      value.memory === undefined ? undefined : memory(value.memory, LEAST_RAM, MOST_RAM, "machine.memory"),
  };
}

function checkKernel(value: unknown): KernelConfiguration {
  if (value === undefined) return DEFAULT_CONFIGURATION;
  const where = "kernel";
  if (!isObject(value))
    throw new SystemError(
      `${show(value)} describes no kernel`,
      "give { syncIpc, fastpath }, each true or false",
      where,
    );
  refuseUnknownFields(value, Object.keys(DEFAULT_CONFIGURATION), where);
  return {
    syncIpc: flag(value.syncIpc ?? DEFAULT_CONFIGURATION.syncIpc, "kernel.syncIpc"),
    fastpath: flag(value.fastpath ?? DEFAULT_CONFIGURATION.fastpath, "kernel.fastpath"),
  };
}

/** Channels must be of kinds that the kernel has. */
function checkKinds(channels: CheckedChannel[], { syncIpc }: KernelConfiguration): void {
  const index = channels.findIndex(({ kind }) => kind === "endpoint");
  if (syncIpc || index < 0) return;
  throw new SystemError(
    "a kernel without synchronous IPC has no endpoints",
    'make it kind "async" or "notification", or leave out kernel.syncIpc',
    `channels[${index}].kind`,
  );
}

const PROGRAM_FIELDS = [
  "source",
  "hart",
  "priority",
  "memory",
  "arguments",
  "optional",
  "background",
  "restart",
  "ends",
  "coroutines",
  "coroutineStack",
  "systemCalls",
  "resources",
];

function checkArguments(value: unknown, where: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.some((argument) => typeof argument !== "string"))
    throw new SystemError(`${show(value)} is no list of texts`, 'give texts, such as ["--json"]', where);
  return [...value];
}

function checkProgram(name: string, value: unknown): CheckedProgram {
  const where = `programs.${name}`;
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/.test(name))
    throw new SystemError(
      `${show(name)} is no program name`,
      "use 1 to 32 letters, digits, '-', '_' and '.', beginning with a letter or digit",
      "programs",
    );
  if (!isObject(value))
    throw new SystemError(`${show(value)} is no program`, 'give { source: "./file.ts" }', where);
  refuseUnknownFields(value, PROGRAM_FIELDS, where);
  if (typeof value.source !== "string" || value.source === "")
    throw new SystemError(
      value.source === undefined ? "has no source" : `${show(value.source)} is no file name`,
      'name its AssemblyScript file: source: "./file.ts"',
      `${where}.source`,
    );
  const bytes = memory(value.memory ?? DEFAULT_MEMORY, HEAP_GRAIN, MOST_MEMORY, `${where}.memory`);
  return {
    name,
    source: value.source,
    hart: wholeNumber(value.hart ?? 0, 0, MAX_HARTS - 1, `${where}.hart`),
    priority: wholeNumber(value.priority ?? DEFAULT_PRIORITY, 1, MOST_PRIORITY, `${where}.priority`),
    memory: Math.ceil(bytes / HEAP_GRAIN) * HEAP_GRAIN,
    arguments: checkArguments(value.arguments, `${where}.arguments`),
    optional: flag(value.optional, `${where}.optional`),
    background: flag(value.background, `${where}.background`),
    restart: flag(value.restart, `${where}.restart`),
    ends: [],
    ...checkCoroutines(value, where),
    systemCallBits: checkSystemCalls(value.systemCalls, `${where}.systemCalls`),
    resources: checkResources(value.resources, `${where}.resources`),
  };
}

function checkCoroutines(
  value: Fields,
  where: string,
): Pick<CheckedProgram, "coroutines" | "coroutineStack"> {
  const coroutines =
    value.coroutines === undefined
      ? undefined
      : wholeNumber(value.coroutines, 0, MOST_COROUTINES, `${where}.coroutines`);
  const coroutineStack = memory(
    value.coroutineStack ?? DEFAULT_COROUTINE_STACK,
    PROGRAM_PAGE_SIZE,
    MOST_COROUTINE_STACK,
    `${where}.coroutineStack`,
  );
  if (coroutineStack % PROGRAM_PAGE_SIZE !== 0)
    throw new SystemError(
      `${show(value.coroutineStack)} is not a whole number of pages`,
      'give a multiple of 4096, such as "8K"',
      `${where}.coroutineStack`,
    );
  const area = ((coroutines ?? 0) + 1) * (coroutineStack + PROGRAM_PAGE_SIZE);
  if (area > STACK_AREA)
    throw new SystemError(
      `${coroutines} coroutines with stacks of ${formatMemorySize(coroutineStack)} need ${formatMemorySize(area)} of address space`,
      `there is room for ${formatMemorySize(STACK_AREA)}: lower coroutines or coroutineStack`,
      where,
    );
  return { coroutines, coroutineStack };
}

function checkSystemCalls(value: unknown, where: string): number {
  if (value === undefined) return 0;
  const least = 2 ** SYSTEM_CALL_LEAST_ITEM_BITS;
  const most = 2 ** SYSTEM_CALL_MOST_ITEM_BITS;
  if (isPowerOfTwo(value) && value >= least && value <= most) return Math.log2(value);
  throw new SystemError(
    `${show(value)} is no number of items for a ring`,
    `give a power of two from ${least} to ${most}`,
    where,
  );
}

function checkResources(value: unknown, where: string): CheckedResources | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value))
    throw new SystemError(
      `${show(value)} describes no resources`,
      'give { untyped: "1M", slots: 100 }, or {} for none of both',
      where,
    );
  refuseUnknownFields(value, ["untyped", "slots"], where);
  const untyped =
    value.untyped === undefined ? 0 : memory(value.untyped, PROGRAM_PAGE_SIZE, MOST_RAM, `${where}.untyped`);
  return {
    untypedBits: untyped === 0 ? 0 : Math.ceil(Math.log2(untyped)),
    slots: wholeNumber(value.slots ?? 0, 0, MOST_SLOTS, `${where}.slots`),
  };
}

function checkPrograms(value: unknown, harts: number | undefined): CheckedProgram[] {
  if (!isObject(value) || Object.keys(value).length === 0)
    throw new SystemError(
      "describes no program",
      'add programs: { name: { source: "./file.ts" } }',
      "programs",
    );
  const programs = Object.entries(value).map(([name, program]) => checkProgram(name, program));
  if (programs.length > MOST_PROGRAMS)
    throw new SystemError(
      `${programs.length} programs are too many`,
      `describe at most ${MOST_PROGRAMS}`,
      "programs",
    );
  for (const { name, hart, optional } of programs) {
    if (harts === undefined || hart < harts || optional) continue;
    throw new SystemError(
      `hart ${hart} does not exist on a machine with ${harts === 1 ? "1 hart" : `${harts} harts`}`,
      `give a hart from 0 to ${harts - 1}, or raise machine.harts`,
      `programs.${name}.hart`,
    );
  }
  if (programs.every(({ background }) => background))
    throw new SystemError(
      "every program is a background program",
      "leave out background for the one whose end is the system's end",
      "programs",
    );
  checkEnds(value, programs);
  return programs;
}

/** Which programs each may end; the names must be known. */
function checkEnds(value: Fields, programs: CheckedProgram[]): void {
  for (const program of programs) {
    const { ends } = value[program.name] as Fields;
    const where = `programs.${program.name}.ends`;
    if (ends === undefined) continue;
    if (!Array.isArray(ends))
      throw new SystemError(`${show(ends)} is no list of programs`, 'give names, such as ["client"]', where);
    program.ends = [...new Set(ends.map((name) => programNumber(name, programs, where)))];
    if (program.ends.some((target) => programs[target] === program))
      throw new SystemError(
        "a program that ends itself",
        "leave its own name out: it can call Process.exit",
        where,
      );
  }
}

function programNumber(name: unknown, programs: CheckedProgram[], where: string): number {
  const index = programs.findIndex((program) => program.name === name);
  if (index >= 0) return index;
  const names = programs.map((program) => `"${program.name}"`).join(", ");
  throw new SystemError(`there is no program ${show(name)}`, `the programs are ${names}`, where);
}

function checkChannel(value: unknown, programs: CheckedProgram[], where: string): CheckedChannel {
  if (!isObject(value))
    throw new SystemError(
      `${show(value)} is no channel`,
      'give { from: "client", to: "server", kind: "endpoint" }',
      where,
    );
  refuseUnknownFields(value, ["from", "to", "kind", "requests"], where);
  const from = programNumber(value.from, programs, `${where}.from`);
  const to = programNumber(value.to, programs, `${where}.to`);
  const kind = KINDS.find((known) => known === value.kind);
  if (kind === undefined)
    throw new SystemError(
      `${show(value.kind)} is no kind of channel`,
      `give one of ${KINDS.map((known) => `"${known}"`).join(", ")}`,
      `${where}.kind`,
    );
  if (from === to)
    throw new SystemError(
      `a channel from "${programs[from]!.name}" to itself`,
      "a channel joins two different programs",
      where,
    );
  return { from, to, kind, requests: checkRequests(value.requests, kind, `${where}.requests`) };
}

function checkRequests(value: unknown, kind: ChannelKind, where: string): number {
  if (kind === "async") {
    const items = value ?? LEAST_REQUESTS;
    if (isPowerOfTwo(items) && items >= LEAST_REQUESTS && items <= MOST_REQUESTS) return items;
    throw new SystemError(
      `${show(value)} is no number of items for a ring`,
      `give a power of two from ${LEAST_REQUESTS} to ${MOST_REQUESTS}`,
      where,
    );
  }
  if (value === undefined) return 0;
  throw new SystemError(
    `a channel of kind "${kind}" has no ring`,
    'leave out requests, or make it kind "async"',
    where,
  );
}

function isPowerOfTwo(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && Math.log2(value) % 1 === 0;
}

function checkChannels(value: unknown, programs: CheckedProgram[]): CheckedChannel[] {
  if (value === undefined) return [];
  if (!Array.isArray(value))
    throw new SystemError(
      `${show(value)} is no list of channels`,
      "give a list: channels: [...]",
      "channels",
    );
  const seen = new Set<string>();
  const channels = value.map((item, index) => {
    const where = `channels[${index}]`;
    const channel = checkChannel(item, programs, where);
    const key = `${channel.kind} ${channel.from} ${channel.to}`;
    if (seen.has(key))
      throw new SystemError(
        `a second ${channel.kind} channel between "${programs[channel.from]!.name}" and "${programs[channel.to]!.name}"`,
        "keep one of them",
        where,
      );
    seen.add(key);
    return channel;
  });
  programs.forEach(({ name }, index) => {
    const ends = channels.filter(({ to, kind }) => to === index && kind === "notification").length;
    if (ends > MOST_INCOMING)
      throw new SystemError(
        `"${name}" receives over ${ends} channels of kind "notification"`,
        `a program can receive over at most ${MOST_INCOMING} of them; channels of other kinds have no such limit`,
        "channels",
      );
  });
  const rings = channels.reduce((sum, { requests }) => sum + 4 * requests * CALL_ITEM_BYTES, 0);
  if (rings > RING_AREA)
    throw new SystemError(
      `the rings of all channels need ${formatMemorySize(rings)} of address space, which has room for ${formatMemorySize(RING_AREA)}`,
      "lower the requests of some async channels",
      "channels",
    );
  return channels;
}

/**
 * Checks a description and fills in its defaults.
 * @throws SystemError naming the part that is wrong
 */
export function checkSystem(description: unknown): CheckedSystem {
  if (!isObject(description))
    throw new SystemError(
      `${show(description)} is no system description`,
      "export default defineSystem({ programs: { … } })",
    );
  refuseUnknownFields(description, ["machine", "kernel", "programs", "channels"], "the description");
  const machine = checkMachine(description.machine);
  const kernel = checkKernel(description.kernel);
  const programs = checkPrograms(description.programs, machine.harts);
  const channels = checkChannels(description.channels, programs);
  checkKinds(channels, kernel);
  return { machine, kernel, programs, channels };
}
