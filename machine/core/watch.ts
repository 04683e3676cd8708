// Waiting on a reservation (Zawrs, wrs.nto and wrs.sto). A hart that waits for a store to its reserved word must not put
// the others into strict slices, as a reservation does otherwise: it may wait for long. Instead the page of the word is
// *watched*: no hart has a write tag for it in any TLB, so stores to it, and only those, take the slow path, which
// looks (reservation.ts). A store is thus noticed at its exact clock, also if it stores the same value.
//
// Finding the write tags of a page means searching all TLBs, so a page stays watched after the wait: a hart that polls
// waits there again. It is forgotten when somebody stores to it long after the last wait.
import { Hart, Harts } from "./hart";
import {
  HART_ID,
  HART_RESERVATION_ADDRESS,
  HART_RUN_STATE,
  HART_WAIT_INSTRUCTION,
  HART_WATCH_CLOCK,
  HART_WATCHED_PAGE,
  MACHINE_BASE,
  MACHINE_WATCHED_PAGES,
  RUN_WAITING,
  WAIT_WRS,
} from "./state";
import { dropWriteTranslations } from "./tlb";

/** Cycles for which a page stays watched after its last wait: more than a few bounds of wrs.sto. */
const WATCH_CYCLES: u64 = 1 << 16;
const NO_PAGE: u64 = 0; // not RAM
const PAGE_OFFSET: u64 = 0xfff;

/** Whether a hart waits in wrs. */
export function waitsOnReservation(hart: u32): bool {
  return load<u32>(hart, HART_RUN_STATE) == RUN_WAITING && load<u32>(hart, HART_WAIT_INSTRUCTION) == WAIT_WRS;
}

/** Watches the page of a hart's reservation. */
export function watchReservation(hart: u32): void {
  const page = load<u64>(hart, HART_RESERVATION_ADDRESS) & ~PAGE_OFFSET;
  if (!isWatched(page)) dropWriteTranslations(page);
  store<u64>(hart, page, HART_WATCHED_PAGE);
  touchWatch(hart);
  setPresent(hart, true);
}

/** Notes that a hart's watch is in use. */
export function touchWatch(hart: u32): void {
  store<u64>(hart, Hart.clock(hart), HART_WATCH_CLOCK);
}

/** Whether any page is watched. */
export function anyWatched(): bool {
  return load<u32>(MACHINE_BASE, MACHINE_WATCHED_PAGES) != 0;
}

/** Whether stores to a physical page must take the slow path. */
export function isWatched(page: u64): bool {
  if (!anyWatched()) return false;
  for (let id: u32 = 0; id < Harts.count(); id++) {
    if (load<u64>(Harts.at(id), HART_WATCHED_PAGE) == page) return true;
  }
  return false;
}

/** `hart` has stored to a physical address: its page is forgotten if nobody has waited there for long. */
export function forgetOldWatches(hart: u32, physical: u64): void {
  const page = physical & ~PAGE_OFFSET;
  for (let id: u32 = 0; id < Harts.count(); id++) {
    const watcher = Harts.at(id);
    if (load<u64>(watcher, HART_WATCHED_PAGE) != page || waitsOnReservation(watcher)) continue;
    // Clocks of two harts: the difference may be negative.
    if (<i64>(Hart.clock(hart) - load<u64>(watcher, HART_WATCH_CLOCK)) <= <i64>WATCH_CYCLES) continue;
    store<u64>(watcher, NO_PAGE, HART_WATCHED_PAGE);
    setPresent(watcher, false);
  }
}

function setPresent(hart: u32, present: bool): void {
  const bit: u32 = 1 << load<u32>(hart, HART_ID);
  const pages = load<u32>(MACHINE_BASE, MACHINE_WATCHED_PAGES);
  store<u32>(MACHINE_BASE, present ? pages | bit : pages & ~bit, MACHINE_WATCHED_PAGES);
}
