/** One of several shares of the pages, mapped and unmapped again and again until the measurement is over. */
import { Schedule } from "../schedule";
import { mapPage, PAGES, Pages, unmapPage } from "./pages";

export class Share {
  /** Pages first, first + shares, first + 2 × shares …; a page that is mapped the first time is also tried. */
  static work(first: u32, shares: u32): void {
    for (let page = first; page < PAGES; page += shares) {
      mapPage(page);
      Pages.touch(page);
      if (!Schedule.goesOn()) return;
    }
    while (Share.unmap(first, shares) && Share.map(first, shares)) {}
  }

  private static map(first: u32, shares: u32): bool {
    for (let page = first; page < PAGES; page += shares) {
      mapPage(page);
      if (!Schedule.goesOn()) return false;
    }
    return true;
  }

  private static unmap(first: u32, shares: u32): bool {
    for (let page = first; page < PAGES; page += shares) {
      unmapPage(page);
      if (!Schedule.goesOn()) return false;
    }
    return true;
  }
}
