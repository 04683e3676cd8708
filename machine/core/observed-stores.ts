// Stores that other harts' reservations observe: they end the reservation, and with it a wrs that waits for them.
import { Harts } from "./hart";
import { dropReservation, othersAreLive, reservationOverlaps } from "./reservation";
import { resume } from "./time";
import { anyWatched, forgetOldWatches, waitsOnReservation } from "./watch";

/** A store by `hart` of `bytes` (at most 8) bytes, seen at `clock`: other harts lose reservations of the words it touches. */
export function breakReservations(hart: u32, physical: u64, bytes: u64, clock: u64): void {
  const isWatching = anyWatched();
  if (!isWatching && !othersAreLive(hart)) return;
  for (let id: u32 = 0; id < Harts.count(); id++) {
    const other = Harts.at(id);
    if (other != hart && reservationOverlaps(other, physical, bytes)) loseReservation(other, clock);
  }
  if (isWatching) forgetOldWatches(hart, physical);
}

/** Takes a hart's reservation away at a clock, which ends its wrs. */
export function loseReservation(hart: u32, clock: u64): void {
  dropReservation(hart);
  if (waitsOnReservation(hart)) resume(hart, clock);
}
