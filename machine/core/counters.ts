// Counters: cycle, time, instret and the event counters mhpmcounter3..31, and the host's counts per privilege.
// A counter is a source that only grows, minus an offset that writes adjust; while inhibited, the offset is its value.
import { Hart } from "./hart";
import {
  HART_COUNTER_OFFSET,
  HART_HPM_EVENT,
  HART_MCOUNTINHIBIT,
  HART_MODE_CYCLES,
  HART_MODE_INSTRUCTIONS,
  HART_MODE_NOT_RETIRED,
  HART_MODE_SINCE,
  HART_NOT_RETIRED,
  HART_PRIVILEGE,
  HART_TRAPS_TO,
  HART_USER_INTERRUPTS,
} from "./state";

/** mhpmevent codes: traps taken into S or M mode; interrupts taken into U mode. */
export const HPM_TRAPS: u64 = 1;
export const HPM_USER_INTERRUPTS: u64 = 2;

const CYCLE: u32 = 0;
const TIME: u32 = 1;
const INSTRET: u32 = 2;

/** What counter `index` counts. `clock` is the hart's clock the caller wants it at. */
function source(hart: u32, index: u32, clock: u64): u64 {
  if (index == CYCLE) return clock;
  if (index == INSTRET) return clock - load<u64>(hart, HART_NOT_RETIRED);
  const event = readHpmEvent(hart, index);
  if (event == HPM_TRAPS) return load<u64>(hart, HART_TRAPS_TO + 8) + load<u64>(hart, HART_TRAPS_TO + 24);
  return event == HPM_USER_INTERRUPTS ? load<u64>(hart, HART_USER_INTERRUPTS) : 0;
}

function isInhibited(hart: u32, index: u32): bool {
  return ((load<u64>(hart, HART_MCOUNTINHIBIT) >> <u64>index) & 1) != 0;
}

/** Value of counter `index` (0 cycle, 2 instret, 3..31 events) at a clock. */
export function readCounter(hart: u32, index: u32, clock: u64): u64 {
  const offset = load<u64>(hart + (index << 3), HART_COUNTER_OFFSET);
  return isInhibited(hart, index) ? offset : source(hart, index, clock) - offset;
}

/** Sets counter `index`; the next instruction reads the value written. */
export function writeCounter(hart: u32, index: u32, value: u64): void {
  const offset = isInhibited(hart, index) ? value : source(hart, index, Hart.clock(hart)) - value;
  store<u64>(hart + (index << 3), offset, HART_COUNTER_OFFSET);
}

export function readHpmEvent(hart: u32, index: u32): u64 {
  return load<u64>(hart + (index << 3), HART_HPM_EVENT);
}

/** Selects what event counter `index` counts, keeping its value; codes this machine does not define select nothing. */
export function writeHpmEvent(hart: u32, index: u32, event: u64): void {
  const value = readCounter(hart, index, Hart.clock(hart));
  store<u64>(hart + (index << 3), event <= HPM_USER_INTERRUPTS ? event : 0, HART_HPM_EVENT);
  writeCounter(hart, index, value);
}

/** Stops and restarts counters; their values stay. time cannot be stopped. */
export function writeCountInhibit(hart: u32, mask: u64): void {
  const old = load<u64>(hart, HART_MCOUNTINHIBIT);
  const changed = (mask & 0xffffffff & ~((<u64>1) << TIME)) ^ old;
  for (let index: u32 = 0; index < 32; index++) {
    if (((changed >> <u64>index) & 1) == 0) continue;
    const value = readCounter(hart, index, Hart.clock(hart));
    store<u64>(hart, load<u64>(hart, HART_MCOUNTINHIBIT) ^ ((<u64>1) << (<u64>index)), HART_MCOUNTINHIBIT);
    writeCounter(hart, index, value);
  }
}

/** Notes that the present cycle retires no instruction (a trap). */
export function countNotRetired(hart: u32): void {
  store<u64>(hart, load<u64>(hart, HART_NOT_RETIRED) + 1, HART_NOT_RETIRED);
}

/** Changes privilege, crediting the cycles and instructions so far to the mode that is left. */
export function changePrivilege(hart: u32, privilege: u32): void {
  const old = Hart.privilege(hart);
  if (old == privilege) return;
  const clock = Hart.clock(hart);
  const notRetired = load<u64>(hart, HART_NOT_RETIRED);
  const cycles = clock - load<u64>(hart, HART_MODE_SINCE);
  const instructions = cycles - (notRetired - load<u64>(hart, HART_MODE_NOT_RETIRED));
  const slot = hart + (old << 3);
  store<u64>(slot, load<u64>(slot, HART_MODE_CYCLES) + cycles, HART_MODE_CYCLES);
  store<u64>(slot, load<u64>(slot, HART_MODE_INSTRUCTIONS) + instructions, HART_MODE_INSTRUCTIONS);
  store<u64>(hart, clock, HART_MODE_SINCE);
  store<u64>(hart, notRetired, HART_MODE_NOT_RETIRED);
  store<u32>(hart, privilege, HART_PRIVILEGE);
}
