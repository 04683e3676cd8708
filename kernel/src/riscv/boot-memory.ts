// Physical memory at boot: which addresses are free RAM and which belong to devices, and pieces of RAM for the objects
// the root task starts with.
//
// A range list is an array of (start, end) pairs, ascending and disjoint, behind its length.

import { panic } from "./console";

/** End of the memory the kernel can reach. */
export const KERNEL_MEMORY_END: u64 = 0x1_0000_0000;

const MAX_RANGES: u32 = 32;
const RANGE_SIZE: u32 = 16;
const LIST_SIZE: i32 = 8 + 32 * 16;

const ramList = memory.data(LIST_SIZE, 8);
const deviceList = memory.data(LIST_SIZE, 8);

/** A list of ranges of physical addresses. */
@unmanaged
export class RangeList {
  count: u32;

  /** RAM the kernel does not keep. */
  @inline static ram(): RangeList {
    return changetype<RangeList>(<u32>ramList);
  }

  /** Device addresses the kernel does not keep. */
  @inline static devices(): RangeList {
    return changetype<RangeList>(<u32>deviceList);
  }

  start(index: u32): u64 {
    return load<u64>(this.at(index));
  }

  end(index: u32): u64 {
    return load<u64>(this.at(index), 8);
  }

  /** Adds a range behind all others. Empty ranges are dropped. */
  append(start: u64, end: u64): void {
    if (start >= end) return;
    if (this.count == MAX_RANGES) panic("too many memory ranges");
    this.count += 1;
    this.set(this.count - 1, start, end);
  }

  /** Takes [start, end) out of the list. */
  remove(start: u64, end: u64): void {
    if (start >= end) return;
    for (let i: u32 = 0; i < this.count; i++) {
      const oldStart = this.start(i);
      const oldEnd = this.end(i);
      if (end <= oldStart || start >= oldEnd) continue;
      if (start > oldStart && end < oldEnd) {
        this.set(i, oldStart, start);
        this.insert(i + 1, end, oldEnd);
      } else if (start > oldStart) {
        this.set(i, oldStart, start);
      } else {
        this.set(i, min(end, oldEnd), oldEnd);
      }
    }
  }

  /** Puts a range that was taken out back, joined with those it touches. */
  putBack(start: u64, end: u64): void {
    let i: u32 = 0;
    while (i < this.count && this.end(i) < start) i++;
    while (i < this.count && this.start(i) <= end) {
      start = min(start, this.start(i));
      end = max(end, this.end(i));
      this.drop(i);
    }
    this.insert(i, start, end);
  }

  private drop(index: u32): void {
    this.count -= 1;
    for (let i = index; i < this.count; i++) this.set(i, this.start(i + 1), this.end(i + 1));
  }

  private insert(index: u32, start: u64, end: u64): void {
    if (this.count == MAX_RANGES) panic("too many memory ranges");
    for (let i = this.count; i > index; i--) this.set(i, this.start(i - 1), this.end(i - 1));
    this.count += 1;
    this.set(index, start, end);
  }

  private set(index: u32, start: u64, end: u64): void {
    store<u64>(this.at(index), start);
    store<u64>(this.at(index), end, 8);
  }

  private at(index: u32): u32 {
    return changetype<u32>(this) + 8 + index * RANGE_SIZE;
  }
}

/** Pieces of RAM for boot: zeroed, aligned to their size. */
export class BootMemory {
  /** Takes 2^bits zeroed bytes from the lowest place where they fit, next to the kernel: large blocks stay whole. */
  static take(bits: u32): u32 {
    const size: u64 = 1 << (<u64>bits);
    const ram = RangeList.ram();
    for (let i: u32 = 0; i < ram.count; i++) {
      const start = (ram.start(i) + size - 1) & ~(size - 1);
      if (start + size <= ram.end(i)) {
        ram.remove(start, start + size);
        memory.fill(<u32>start, 0, <u32>size);
        return <u32>start;
      }
    }
    panic("not enough memory for the root task's objects");
    return 0;
  }
}
