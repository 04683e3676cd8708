// The user-interrupt controller (UINTC): 512 receiver entries of four 64-bit registers.
//
// | offset | register | |
// |---|---|---|
// | 0x00 | SEND   | write: vector 0–63 becomes pending |
// | 0x08 | LOW    | bit 0 active, bit 1 64-bit vectors, 31:16 hart that is interrupted |
// | 0x10 | HIGH   | pending vectors; reading clears them, writing adds to them |
// | 0x18 | ACTIVE | bit 0 |
// A hart's user software interrupt is pending while any active entry that names it has pending vectors.

import { load64, store64 } from "rv";

const DEVICE_WINDOW: u64 = 0xffff_ffff_4000_0000;
const ENTRY_SIZE_BITS: u64 = 5;
const SEND: u64 = 0x00;
const LOW: u64 = 0x08;
const HIGH: u64 = 0x10;
const ACTIVE: u64 = 0x18;
const LOW_64_VECTORS: u64 = 2;
const LOW_HART_SHIFT: u64 = 16;

export class Uintc {
  /** Virtual address; 0: this machine has none. */
  static base: u64 = 0;

  /** Boot: the controller's physical address, or 0. */
  static initialise(physicalBase: u64): void {
    Uintc.base = physicalBase == 0 ? 0 : DEVICE_WINDOW + physicalBase;
  }

  /** Entry `index` interrupts the hart with the firmware's number `hartId` from now on. */
  @inline static activate(index: u32, hartId: u32): void {
    const entry = Uintc.base + ((<u64>index) << ENTRY_SIZE_BITS);
    store64(entry + LOW, ((<u64>hartId) << LOW_HART_SHIFT) | LOW_64_VECTORS);
    store64(entry + ACTIVE, 1);
  }

  /** Entry `index` only collects vectors from now on. */
  @inline static deactivate(index: u32): void {
    store64(Uintc.base + ((<u64>index) << ENTRY_SIZE_BITS) + ACTIVE, 0);
  }

  /** Makes a vector pending in entry `index`. */
  @inline static send(index: u32, vector: u32): void {
    store64(Uintc.base + ((<u64>index) << ENTRY_SIZE_BITS) + SEND, <u64>vector);
  }

  /** Pending vectors of an entry; they stay pending. */
  static pending(index: u32): u64 {
    const high = Uintc.base + ((<u64>index) << ENTRY_SIZE_BITS) + HIGH;
    const vectors = load64(high);
    if (vectors != 0) store64(high, vectors);
    return vectors;
  }

  /** Forgets an entry's pending vectors. */
  @inline static clear(index: u32): void {
    load64(Uintc.base + ((<u64>index) << ENTRY_SIZE_BITS) + HIGH);
  }
}
