// Marks: virtual addresses whose execution is reported. A marked halfword's slot is decoded as Op.Mark, which reports and
// then dispatches the instruction itself, so unmarked code runs as ever and no cycle is added.
import { decodeInstruction } from "./code";
import { isWanted } from "./events";
import { Hart } from "./hart";
import { event } from "./host";
import {
  EVENT_MARK,
  EXIT_ATTENTION,
  HART_ATTENTION,
  HART_ID,
  HART_LEFT,
  HART_MARK_CLOCK,
  HART_MARK_PC,
  HART_PC,
  HART_SATP,
  MACHINE_BASE,
  MACHINE_MARK_TABLE,
  MACHINE_MARKS,
} from "./state";

/**
 * Reports that a hart is about to execute the instruction at `pc`, if that is marked.
 * @param left cycles of the slice left before the instruction
 * @returns the instruction's slot; 0 when a listener wants the slice to end before it
 */
export function passMark(hart: u32, page: u32, ip: u32, pc: u64, left: i32): u64 {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  if (isMarked(pc) && isNew(hart, pc) && !report(hart)) {
    Hart.leave(hart, pc, EXIT_ATTENTION);
    return 0;
  }
  return decodeInstruction(page, ip);
}

/** Other pages may be mapped where the marked code is, and that code elsewhere, so the whole address is compared. */
function isMarked(pc: u64): bool {
  const count = load<u32>(MACHINE_BASE, MACHINE_MARKS);
  for (let i: u32 = 0; i < count; i++) {
    if (load<u64>(MACHINE_BASE + (i << 3), MACHINE_MARK_TABLE) == pc) return true;
  }
  return false;
}

/** An instruction that had to wait for slower harts comes here again at the same clock. */
function isNew(hart: u32, pc: u64): bool {
  const clock = Hart.clock(hart);
  if (load<u64>(hart, HART_MARK_CLOCK) == clock && load<u64>(hart, HART_MARK_PC) == pc) return false;
  store<u64>(hart, clock, HART_MARK_CLOCK);
  store<u64>(hart, pc, HART_MARK_PC);
  return true;
}

/** The instruction at HART_PC stalls: it will come here again at a later clock, which must not be reported anew. */
export function keepMark(hart: u32): void {
  if (load<u64>(hart, HART_MARK_PC) == load<u64>(hart, HART_PC))
    store<u64>(hart, Hart.clock(hart), HART_MARK_CLOCK);
}

/** Calls the listeners; false when they have changed something that the hot loop must be left for. */
function report(hart: u32): bool {
  if (!isWanted(EVENT_MARK)) return true;
  const attention = load<u32>(hart, HART_ATTENTION);
  store<u32>(hart, 0, HART_ATTENTION);
  event(EVENT_MARK, load<u32>(hart, HART_ID), load<u64>(hart, HART_SATP), 0, 0, 0);
  if (load<u32>(hart, HART_ATTENTION) != 0) return false;
  store<u32>(hart, attention, HART_ATTENTION);
  return true;
}
