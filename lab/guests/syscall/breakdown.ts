/** A few calls of each kind in windows of two sizes, from whose difference a single call's instructions follow. */
import { Window } from "../marks";
import { FEW, FEW_MAPS, FEW_UNMAPS, MANY, MANY_MAPS, MANY_UNMAPS } from "./breakdown-protocol";
import { mapPage, Pages, unmapPage } from "./pages";

function map(window: u32, first: u32, pages: u32): void {
  Window.open(window);
  for (let page = first; page < first + pages; page++) mapPage(page);
  Window.close(pages);
}

function unmap(window: u32, first: u32, pages: u32): void {
  Window.open(window);
  for (let page = first; page < first + pages; page++) unmapPage(page);
  Window.close(pages);
}

export function main(): void {
  Pages.prepare();
  // once without being looked at
  mapPage(0);
  unmapPage(0);
  map(FEW_MAPS, 0, FEW);
  map(MANY_MAPS, FEW, MANY);
  unmap(FEW_UNMAPS, 0, FEW);
  unmap(MANY_UNMAPS, FEW, MANY);
}
