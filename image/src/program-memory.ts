/** How much memory programs need. */
import {
  MEGA_PAGE_BITS,
  PAGE_TABLE_BITS,
  PROGRAM_PAGE_SIZE,
  PROGRAM_STACK_SIZE,
  SLOT_BITS,
  SYSTEM_CALL_ITEM_BYTES,
} from "@rel4/abi";
import type { CheckedProgram } from "./check-program";
import type { ProgramImage } from "./compile-program";
import type { SystemPlan } from "./system-plan";

const MEGA_PAGE = 2 ** MEGA_PAGE_BITS;
const SLOT = 2 ** SLOT_BITS;
/** CNodes the root server adds for slots are at least this large, and aligned. */
const SLOT_SPACE = 512 * SLOT;
/** Page tables for text, data, stack and the pages above it, and those of the two upper levels. */
const COMMON_PAGE_TABLES = 8;

/** Stacks for coroutines: one each, and one for the executor that lets them take turns. */
export function coroutineStacks({ coroutines = 0 }: CheckedProgram): number {
  return coroutines === 0 ? 0 : coroutines + 1;
}

/** Bytes of RAM a program takes by itself. */
export function programMemory(program: CheckedProgram): number {
  const { memory, coroutineStack } = program;
  const stacks = PROGRAM_STACK_SIZE + coroutineStacks(program) * coroutineStack;
  return memory + stacks + ownUntyped(program) + systemCallFrame(program);
}

function ownUntyped({ resources }: CheckedProgram): number {
  return resources && resources.untypedBits > 0 ? 2 ** resources.untypedBits : 0;
}

function systemCallFrame({ systemCallBits }: CheckedProgram): number {
  if (systemCallBits === 0) return 0;
  return (3 * SYSTEM_CALL_ITEM_BYTES) << systemCallBits <= PROGRAM_PAGE_SIZE ? PROGRAM_PAGE_SIZE : MEGA_PAGE;
}

/**
 * n for 2^n bytes that hold everything of a program that can be started again: its memory, and all kernel objects and slots
 * the root server needs for it. An estimate from above.
 */
export function reservedBits(
  program: CheckedProgram,
  plan: SystemPlan,
  index: number,
  image: ProgramImage,
): number {
  const mappings = plan.mappings.filter((mapping) => mapping.program === index);
  const shared = mappings.reduce((sum, { object }) => sum + plan.objects[object]!.count, 0);
  const own = programMemory(program) / PROGRAM_PAGE_SIZE;
  const stackArea = coroutineStacks(program) * (program.coroutineStack + PROGRAM_PAGE_SIZE);
  const regions = (program.memory + stackArea) / MEGA_PAGE + sharedRegions(plan, index);
  const tables = COMMON_PAGE_TABLES + Math.ceil(regions);
  const slots = own + shared + tables + image.text.length / PROGRAM_PAGE_SIZE;
  const slotSpaces = slots * SLOT + 4 * SLOT_SPACE;
  // a large page, or a piece of untyped memory, begins at a multiple of its size
  const gaps = (program.memory >= MEGA_PAGE ? MEGA_PAGE : 0) + ownUntyped(program) + systemCallFrame(program);
  const bytes =
    programMemory(program) +
    gaps +
    tables * 2 ** PAGE_TABLE_BITS +
    slotSpaces +
    SLOT * 2 ** plan.slotBits[index]! +
    4 * PROGRAM_PAGE_SIZE;
  return Math.ceil(Math.log2(bytes));
}

/** Regions of 2 MiB that the ring buffers of a program's channels may touch. */
function sharedRegions(plan: SystemPlan, index: number): number {
  const ends = plan.ends[index]!.filter(({ ringBytes }) => ringBytes > 0);
  const bytes = ends.reduce((sum, { ringBytes }) => sum + 3 * ringBytes, 0);
  return ends.length + bytes / MEGA_PAGE;
}
