// LR/SC reservations (unprivileged specification, chapter "A"). A hart's reservation is an aligned 8-byte word. The hot
// loop's stores do not look at reservations; while one is alive, the other harts run strict slices, in which every
// access takes the slow path and does look. A reservation lapses after RESERVATION_CYCLES, so that an LR without an SC
// does not slow the others down for long; a constrained LR/SC loop is at most 16 instructions. A hart that waits in wrs
// keeps its reservation without making anybody strict (watch.ts).
import { Hart, Harts } from "./hart";
import {
  HART_ID,
  HART_RESERVATION_ADDRESS,
  HART_RESERVATION_CLOCK,
  HART_RESERVATION_VALID,
  MACHINE_BASE,
  MACHINE_LIVE_RESERVATIONS,
} from "./state";
import { touchWatch, watchReservation } from "./watch";

const RESERVATION_CYCLES: u64 = 128;
const WORD: u64 = 7;

/** Makes `hart` hold a reservation of the word at a physical address. */
export function reserve(hart: u32, physical: u64): void {
  store<u32>(hart, 1, HART_RESERVATION_VALID);
  store<u64>(hart, physical, HART_RESERVATION_ADDRESS);
  store<u64>(hart, Hart.clock(hart), HART_RESERVATION_CLOCK);
  setLive(hart, true);
}

/** Takes a hart's reservation away. */
export function dropReservation(hart: u32): void {
  store<u32>(hart, 0, HART_RESERVATION_VALID);
  setLive(hart, false);
}

/** Whether an SC by `hart` to a physical address may succeed. */
export function isReserved(hart: u32, physical: u64): bool {
  return (
    load<u32>(hart, HART_RESERVATION_VALID) != 0 && load<u64>(hart, HART_RESERVATION_ADDRESS) == physical
  );
}

/** Whether a hart's reservation, if it has one, is touched by a store of `bytes` bytes. */
export function reservationOverlaps(hart: u32, physical: u64, bytes: u64): bool {
  if (load<u32>(hart, HART_RESERVATION_VALID) == 0) return false;
  const word = load<u64>(hart, HART_RESERVATION_ADDRESS) & ~WORD;
  return physical < word + 8 && word < physical + bytes;
}

/** Whether another hart than `hart` holds a reservation that makes it strict, lapsed or not. */
export function othersAreLive(hart: u32): bool {
  return (load<u32>(MACHINE_BASE, MACHINE_LIVE_RESERVATIONS) & ~bit(hart)) != 0;
}

/** Whether a hart holds a reservation of any word. */
export function holdsReservation(hart: u32): bool {
  return load<u32>(hart, HART_RESERVATION_VALID) != 0;
}

/** Lets a hart that begins to wait in wrs keep its reservation at no cost to the others. */
export function keepReservationWaiting(hart: u32): void {
  setLive(hart, false);
  watchReservation(hart);
}

/** Ends the reservation of a hart that waited in wrs and goes on. */
export function endWaitOnReservation(hart: u32): void {
  dropReservation(hart);
  touchWatch(hart);
}

/** Whether another hart than `hart` holds a reservation; lapsed ones are dropped. */
export function othersHoldReservations(hart: u32): bool {
  if (!othersAreLive(hart)) return false;
  for (let id: u32 = 0; id < Harts.count(); id++) {
    const other = Harts.at(id);
    if ((load<u32>(MACHINE_BASE, MACHINE_LIVE_RESERVATIONS) & bit(other)) == 0) continue;
    if (Hart.clock(other) - load<u64>(other, HART_RESERVATION_CLOCK) > RESERVATION_CYCLES)
      dropReservation(other);
  }
  return othersAreLive(hart);
}

function setLive(hart: u32, live: bool): void {
  const harts = load<u32>(MACHINE_BASE, MACHINE_LIVE_RESERVATIONS);
  store<u32>(MACHINE_BASE, live ? harts | bit(hart) : harts & ~bit(hart), MACHINE_LIVE_RESERVATIONS);
}

function bit(hart: u32): u32 {
  return 1 << load<u32>(hart, HART_ID);
}
