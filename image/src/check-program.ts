/** Checks what a description says of a program by itself, and fills in the defaults. */
import {
  COROUTINE_STACKS_BASE,
  MAX_HARTS,
  PROGRAM_DATA_BASE,
  PROGRAM_PAGE_SIZE,
  SYSTEM_CALL_BUFFER,
  SYSTEM_CALL_LEAST_ITEM_BITS,
  SYSTEM_CALL_MOST_ITEM_BITS,
} from "@rel4/abi";
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
import { formatMemorySize } from "./memory-size";
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
  /** Whether synchronous calls of its coroutines are made asynchronously. */
  asynchronous: boolean;
  resources?: CheckedResources;
}

/** What a program may make kernel objects of. */
export interface CheckedResources {
  /** Untyped memory of 2^n bytes; 0: none. */
  untypedBits: number;
  /** Free slots it needs. */
  slots: number;
}

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
const MOST_UNTYPED = 2 ** 31;

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
  "asynchronous",
  "resources",
];

function checkArguments(value: unknown, where: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.some((argument) => typeof argument !== "string"))
    throw new SystemError(`${show(value)} is no list of texts`, 'give texts, such as ["--json"]', where);
  return [...value];
}

/** Checks one program and fills in its defaults. `ends` is left to whoever knows all programs. @throws SystemError */
export function checkProgram(name: string, value: unknown): CheckedProgram {
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
    asynchronous: flag(value.asynchronous, `${where}.asynchronous`),
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
    value.untyped === undefined
      ? 0
      : memory(value.untyped, PROGRAM_PAGE_SIZE, MOST_UNTYPED, `${where}.untyped`);
  return {
    untypedBits: untyped === 0 ? 0 : Math.ceil(Math.log2(untyped)),
    slots: wholeNumber(value.slots ?? 0, 0, MOST_SLOTS, `${where}.slots`),
  };
}
