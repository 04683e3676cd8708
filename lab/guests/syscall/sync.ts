/** Maps and unmaps pages by ordinary system calls: each is one entry into the kernel. */
import { Schedule } from "../schedule";
import { mapPage, Pages, unmapPage } from "./pages";
import { Share } from "./share";

export function main(): void {
  Pages.prepare();
  Schedule.begin();
  Share.work(0, 1, mapPage.index, unmapPage.index);
}
