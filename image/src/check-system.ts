/** Checks a description somebody wrote and fills in the defaults. Nothing is built from an unchecked one. */
import {
  CALL_ITEM_BYTES,
  CHANNEL_PAGES_BASE,
  MAX_HARTS,
  PROGRAM_PAGE_SIZE,
  PROGRAM_STACK_SIZE,
  PROGRAM_STACK_TOP,
} from "@rel4/abi";
import { type CheckedProgram, checkProgram } from "./check-program";
import {
  type Fields,
  flag,
  isObject,
  isPowerOfTwo,
  memory,
  refuseUnknownFields,
  show,
  wholeNumber,
} from "./field-checks";
import {
  DEFAULT_CONFIGURATION,
  KERNEL_OPTIONS,
  type KernelConfiguration,
  kernelConfiguration,
} from "./kernel-configuration";
import { formatMemorySize } from "./memory-size";
import type { ChannelKind } from "./system";
import { SystemError } from "./system-error";

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
const LEAST_RAM = 4 * 2 ** 20;
const MOST_RAM = 2 ** 31;

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
  const names = Object.keys(KERNEL_OPTIONS) as (keyof KernelConfiguration)[];
  if (!isObject(value))
    throw new SystemError(`${show(value)} describes no kernel`, `give { ${names.join(", ")} }`, where);
  refuseUnknownFields(value, names, where);
  const given = names.filter((name) => value[name] !== undefined);
  return kernelConfiguration(
    Object.fromEntries(given.map((name) => [name, checkOption(name, value[name], `${where}.${name}`)])),
  );
}

function checkOption(name: keyof KernelConfiguration, value: unknown, where: string): number | boolean {
  const { bounds } = KERNEL_OPTIONS[name];
  return bounds ? wholeNumber(value, ...bounds, where) : flag(value, where);
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
