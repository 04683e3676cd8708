// A page is replaced while the only hart that has used it idles: when its thread runs again, it sees the new one.

import { rdtime } from "rv";
import { PAGE_UNMAP } from "../../../../abi/src/labels";
import { OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { Root, report, Shared, System } from "./support";

export { abort } from "./support";

const PLACE: u32 = 0x3000_0000;
const ELSEWHERE: u32 = PLACE + 4096;
const ROUNDS: u64 = 4;
/** Ticks after which the reader has certainly gone to sleep. */
const SLEEP: u64 = 2000;
// Shared words
const SEEN: u32 = 0;
const READ: u32 = 1;

const stack = memory.data(4096, 4096);
let go: u32 = 0;

function reader(): void {
  while (true) {
    System.wait(go);
    Shared.set(SEEN, load<u64>(PLACE));
    Shared.add(READ, 1);
  }
}

function letReaderSleep(): void {
  const end = rdtime() + SLEEP;
  while (rdtime() < end) {}
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  let shown = Root.mapNewPage(PLACE);
  let hidden = Root.mapNewPage(ELSEWHERE);
  store<u64>(PLACE, 1);
  store<u64>(ELSEWHERE, 2);
  Root.check(Root.invoke(hidden, PAGE_UNMAP, 0), "unmap");
  go = Root.make(OBJECT_NOTIFICATION);
  const thread = Root.thread(reader.index, <u32>stack + 4096, 255);
  Root.setHart(thread, Root.harts - 1);
  Root.resume(thread);
  for (let round: u64 = 1; round <= ROUNDS; round++) {
    System.signal(go);
    Shared.await(READ, round);
    report("seen", Shared.get(SEEN));
    letReaderSleep();
    Root.check(Root.invoke(shown, PAGE_UNMAP, 0), "unmap");
    Root.map(hidden, PLACE);
    const other = hidden;
    hidden = shown;
    shown = other;
  }
  Root.exit(0);
}
