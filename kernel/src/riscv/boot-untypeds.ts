// What the root task owns besides its own objects: untyped capabilities to every device and to all free RAM.

import {
  BOOTINFO_MAX_UNTYPEDS,
  BOOTINFO_UNTYPED_LIST,
  UNTYPED_DESCRIPTOR_IS_DEVICE,
  UNTYPED_DESCRIPTOR_SIZE,
  UNTYPED_DESCRIPTOR_SIZE_BITS,
} from "../../../abi/src/bootinfo";
import { MAX_UNTYPED_BITS, MIN_UNTYPED_BITS } from "../../../abi/src/objects";
import { Boot } from "../boot";
import { Capability } from "../capability";
import { RangeList } from "./boot-memory";

/** The capability under construction. */
const newUntyped = memory.data(16, 8);

export class BootUntypeds {
  static count: u32 = 0;

  /** Puts untyped capabilities for all free ranges into slots from `firstSlot`, devices first; the next free slot. */
  static provide(bootInfo: u32, firstSlot: u32): u32 {
    provideRanges(bootInfo, firstSlot, RangeList.devices(), true);
    provideRanges(bootInfo, firstSlot, RangeList.ram(), false);
    return firstSlot + BootUntypeds.count;
  }
}

function provideRanges(bootInfo: u32, firstSlot: u32, ranges: RangeList, device: bool): void {
  for (let i: u32 = 0; i < ranges.count; i++) {
    let start = ranges.start(i);
    const end = ranges.end(i);
    while (start < end && BootUntypeds.count < <u32>BOOTINFO_MAX_UNTYPEDS) {
      const bits = blockBits(start, end);
      if (bits >= <u32>MIN_UNTYPED_BITS) provideOne(bootInfo, firstSlot, start, bits, device);
      start += 1 << (<u64>bits);
    }
  }
}

/** The largest naturally aligned block at `start` that ends before `end`: 2^n bytes. */
function blockBits(start: u64, end: u64): u32 {
  let bits: u32 = 63 - <u32>clz<u64>(end - start);
  if (bits > <u32>MAX_UNTYPED_BITS) bits = MAX_UNTYPED_BITS;
  return start == 0 ? bits : min(bits, <u32>ctz<u64>(start));
}

function provideOne(bootInfo: u32, firstSlot: u32, start: u64, bits: u32, device: bool): void {
  const capability = Capability.at(<u32>newUntyped);
  Boot.untyped(capability, start, bits, device);
  Boot.provide(firstSlot + BootUntypeds.count, capability);
  const descriptor = bootInfo + BOOTINFO_UNTYPED_LIST + BootUntypeds.count * UNTYPED_DESCRIPTOR_SIZE;
  store<u64>(descriptor, start);
  store<u8>(descriptor + UNTYPED_DESCRIPTOR_SIZE_BITS, <u8>bits);
  store<u8>(descriptor + UNTYPED_DESCRIPTOR_IS_DEVICE, <u8>device);
  BootUntypeds.count += 1;
}
