/** Maps and unmaps pages by ordinary system calls: each is one entry into the kernel. */
import { numberArgument } from "../arguments";
import { Window } from "../marks";
import { mapPage, PAGES, Pages, unmapPage } from "./pages";

export function main(): void {
  const epochs = numberArgument("epochs");
  Pages.prepare();
  // an epoch that is not counted shows that mapped pages are memory
  for (let page: u32 = 0; page < PAGES; page++) {
    mapPage(page);
    Pages.touch(page);
  }
  for (let page: u32 = 0; page < PAGES; page++) unmapPage(page);
  Window.open();
  for (let epoch: u32 = 0; epoch < epochs; epoch++) {
    for (let page: u32 = 0; page < PAGES; page++) mapPage(page);
    for (let page: u32 = 0; page < PAGES; page++) unmapPage(page);
  }
  Window.close(2 * PAGES * epochs);
}
