/** Capability slot allocation: hands out consecutive free slots of a CNode. */

export class SlotAllocator {
  private next: u32;
  private readonly end: u32;

  /** @param first first free slot; @param end one past the last */
  constructor(first: u32, end: u32) {
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
