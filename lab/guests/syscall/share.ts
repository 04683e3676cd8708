/** One of several shares of the pages, mapped and unmapped again and again until the measurement is over. */
import { Schedule } from "../schedule";
import { PAGES, Pages } from "./pages";

/**
 * Index of a function that makes a system call for a page, and ends the program when it fails. An index, because a function
 * itself is something the collector manages, which a coroutine that waits had better not hold.
 */
export type PageCall = u32;

export class Share {
  /** Pages first, first + shares, first + 2 × shares …; a page that is mapped the first time is also tried. */
  static work(first: u32, shares: u32, map: PageCall, unmap: PageCall): void {
    for (let page = first; page < PAGES; page += shares) {
      call_indirect<void>(map, page);
      Pages.touch(page);
      if (!Schedule.goesOn()) return;
    }
    while (Share.callAll(first, shares, unmap) && Share.callAll(first, shares, map)) {}
  }

  /** False when the measurement is over. */
  private static callAll(first: u32, shares: u32, call: PageCall): bool {
    for (let page = first; page < PAGES; page += shares) {
      call_indirect<void>(call, page);
      if (!Schedule.goesOn()) return false;
    }
    return true;
  }
}
