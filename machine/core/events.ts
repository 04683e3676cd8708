// Events: what the core reports to TypeScript. Nobody listening costs a test of a mask; listeners change no timing.
// When an event is reported, the hart's block is up to date: clock and HART_NOT_RETIRED give its retired instructions.
import { event } from "./host";
import {
  EVENT_RETURN,
  EVENT_TRAP,
  EVENT_UIPI_SEND,
  EVENT_USER_INTERRUPT,
  EVENT_WAIT,
  EVENT_WAKE,
  HART_ID,
  HART_PC,
  HART_PRIVILEGE,
  HART_WAIT_INSTRUCTION,
  MACHINE_BASE,
  MACHINE_EVENT_MASK,
  PRIVILEGE_USER,
} from "./state";

const INTERRUPT_FLAG: u64 = (<u64>1) << 63;

/** Whether anybody listens to a kind of event (EVENT_*). */
export function isWanted(kind: u32): bool {
  return ((load<u32>(MACHINE_BASE, MACHINE_EVENT_MASK) >> kind) & 1) != 0;
}

/** A trap is about to be taken into `target`; a user interrupt is an interrupt taken into U mode. */
export function reportTrap(hart: u32, target: u32, cause: u64, tval: u64): void {
  const isUserInterrupt = target == PRIVILEGE_USER && (cause & INTERRUPT_FLAG) != 0;
  const kind: u32 = isUserInterrupt ? EVENT_USER_INTERRUPT : EVENT_TRAP;
  if (!isWanted(kind)) return;
  const modes = <u64>((load<u32>(hart, HART_PRIVILEGE) << 4) | target);
  event(kind, load<u32>(hart, HART_ID), cause, load<u64>(hart, HART_PC), tval, modes);
}

/** A return instruction of mode `from` is about to continue at `target` in mode `to`. */
export function reportReturn(hart: u32, from: u32, target: u64, to: u32): void {
  if (isWanted(EVENT_RETURN)) event(EVENT_RETURN, load<u32>(hart, HART_ID), from, target, to, 0);
}

/** A `uipi send` has reached a receiver entry. */
export function reportSend(hart: u32, receiver: u64, vector: u64, index: u64): void {
  if (isWanted(EVENT_UIPI_SEND)) event(EVENT_UIPI_SEND, load<u32>(hart, HART_ID), receiver, vector, index, 0);
}

/** A hart begins to wait. */
export function reportWait(hart: u32): void {
  if (isWanted(EVENT_WAIT))
    event(EVENT_WAIT, load<u32>(hart, HART_ID), load<u32>(hart, HART_WAIT_INSTRUCTION), 0, 0, 0);
}

/** A waiting hart goes on after `waited` cycles; its clock is already the one at which it does. */
export function reportWake(hart: u32, waited: u64): void {
  if (isWanted(EVENT_WAKE))
    event(EVENT_WAKE, load<u32>(hart, HART_ID), load<u32>(hart, HART_WAIT_INSTRUCTION), waited, 0, 0);
}
