/** Capability slot allocation: hands out consecutive free slots of a CNode. */

import { START_INFO_CNODE_BITS_AT, START_INFO_FIRST_FREE_SLOT_AT } from "../../abi/src/start-info";
import { startInfoWord } from "./start-info";

export class SlotAllocator {
  private next: u32;
  private end: u32;

  /** @param first first free slot; @param end one past the last */
  constructor(first: u32, end: u32) {
    this.next = first;
    this.end = end;
  }

  /** The slots of this program's CNode that nothing uses at its start: behind its channels' (resources.slots). */
  static own(): SlotAllocator {
    const slots = (<u32>1) << startInfoWord(START_INFO_CNODE_BITS_AT);
    return new SlotAllocator(startInfoWord(START_INFO_FIRST_FREE_SLOT_AT), slots);
  }

  /** Begins anew, with other slots. */
  reset(first: u32, end: u32): void {
    this.next = first;
    this.end = end;
  }

  /** First of `count` consecutive slots, or 0 when they have run out. */
  allocate(count: u32 = 1): u32 {
    if (this.end - this.next < count) return 0;
    const slot = this.next;
    this.next += count;
    return slot;
  }

  /** Takes back the last `count` slots handed out. */
  giveBack(count: u32): void {
    this.next -= count;
  }

  get free(): u32 {
    return this.end - this.next;
  }
}
