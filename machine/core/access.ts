// Loads and stores off the hot path: TLB misses, devices, misaligned and page-crossing accesses, strict slices.
// A misaligned access to RAM is carried out, as on QEMU; to a device it is an access fault.

import { busFaulted, loadDevice, mayProceed, storeDevice } from "./bus";
import { forgetInstructions } from "./code";
import { CAUSE_LOAD_ACCESS, CAUSE_STORE_ACCESS, RIGHT_READ, RIGHT_WRITE } from "./encoding";
import { Hart, Machine } from "./hart";
import { accessFault, cachedTranslation, NOT_CACHED, translateData } from "./mmu";
import { breakReservations } from "./observed-stores";
import { Op } from "./operation";
import { Slot } from "./slot";
import { HART_LEFT, HART_PC, HART_STRICT, HART_TRANSLATED_ADDRESS } from "./state";
import {
  BEFORE_INPUT,
  BEFORE_OUTPUT,
  bufferStore,
  buffersStores,
  loadBuffered,
  waitForDevice,
} from "./store-buffer";
import { anyWatched } from "./watch";

/**
 * Carries out a load instruction.
 * @param address virtual
 * @param pc of the instruction, left: cycles of the slice left after it
 * @returns true to go on with the next instruction; false when the hot loop must be left (HART_EXIT says why)
 */
export function slowLoad(hart: u32, slot: u64, address: u64, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  const op = <u32>slot & 0xff;
  if (!loadMemory(hart, address, loadBytes(op))) return false;
  store<u64>(hart + Slot.rd(<u32>slot), extend(op, loaded));
  return Hart.finish(hart, Slot.length(slot));
}

/** What loadMemory loaded. */
export let loaded: u64 = 0;

/** Loads 1 to 8 bytes for the instruction at HART_PC into `loaded`, zero-extended; false when the hot loop must be left. */
export function loadMemory(hart: u32, address: u64, bytes: u64): bool {
  if ((address & 0xfff) + bytes > 4096) return loadAcrossPages(hart, address, bytes);
  let physical = cachedTranslation(hart, address, RIGHT_READ);
  if (physical == NOT_CACHED) {
    if (!translateData(hart, address, bytes, RIGHT_READ)) return false;
    physical = load<u64>(hart, HART_TRANSLATED_ADDRESS);
  }
  if (Machine.inRam(physical, bytes)) {
    loaded = loadRam(hart, physical, bytes);
    return true;
  }
  if ((address & (bytes - 1)) != 0) return accessFault(hart, RIGHT_READ, address);
  if (!mayProceed(hart)) return false;
  if (buffersStores() && !waitForDevice(hart, BEFORE_INPUT)) return false;
  loaded = loadDevice(physical, <u32>bytes);
  return !busFaulted() || Hart.raise(hart, CAUSE_LOAD_ACCESS, address);
}

/** Carries out a store instruction; parameters and result as for slowLoad. */
export function slowStore(hart: u32, slot: u64, address: u64, value: u64, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  const logarithm = <u64>((<u32>slot & 0xff) - Op.Sb);
  return storeMemory(hart, address, (<u64>1) << logarithm, value) && Hart.finish(hart, Slot.length(slot));
}

/** Stores the low 1 to 8 bytes of `value` for the instruction at HART_PC; false when the hot loop must be left. */
export function storeMemory(hart: u32, address: u64, bytes: u64, value: u64): bool {
  if ((address & 0xfff) + bytes > 4096) return storeAcrossPages(hart, address, bytes, value);
  let physical = cachedTranslation(hart, address, RIGHT_WRITE);
  if (physical == NOT_CACHED) {
    if (!translateData(hart, address, bytes, RIGHT_WRITE)) return false;
    physical = load<u64>(hart, HART_TRANSLATED_ADDRESS);
  }
  if (Machine.inRam(physical, bytes)) {
    storeRam(hart, physical, bytes, value);
    return true;
  }
  if ((address & (bytes - 1)) != 0) return accessFault(hart, RIGHT_WRITE, address);
  if (!mayProceed(hart)) return false;
  if (buffersStores() && !waitForDevice(hart, BEFORE_OUTPUT)) return false;
  storeDevice(physical, <u32>bytes, value);
  return !busFaulted() || Hart.raise(hart, CAUSE_STORE_ACCESS, address);
}

function loadBytes(op: u32): u64 {
  const logarithm = <u64>((op - Op.Lb) & 3); // lb lh lw ld lbu lhu lwu
  return (<u64>1) << logarithm;
}

function extend(op: u32, value: u64): u64 {
  switch (op) {
    case Op.Lb:
      return <u64>(<i64>(<i8>value));
    case Op.Lh:
      return <u64>(<i64>(<i16>value));
    case Op.Lw:
      return <u64>(<i64>(<i32>value));
    default:
      return value;
  }
}

function loadRam(hart: u32, physical: u64, bytes: u64): u64 {
  if (buffersStores()) return loadBuffered(hart, physical, bytes);
  const address = Machine.ramAddress(physical);
  switch (<u32>bytes) {
    case 1:
      return <u64>load<u8>(address);
    case 2:
      return <u64>load<u16>(address);
    case 4:
      return <u64>load<u32>(address);
    default:
      return load<u64>(address);
  }
}

function storeRam(hart: u32, physical: u64, bytes: u64, value: u64): void {
  if (buffersStores()) {
    bufferStore(hart, physical, bytes, value);
    return;
  }
  const address = Machine.ramAddress(physical);
  switch (<u32>bytes) {
    case 1:
      store<u8>(address, <u8>value);
      break;
    case 2:
      store<u16>(address, <u16>value);
      break;
    case 4:
      store<u32>(address, <u32>value);
      break;
    default:
      store<u64>(address, value);
  }
  forgetInstructions(physical, bytes);
  if (load<u32>(hart, HART_STRICT) != 0 || anyWatched())
    breakReservations(hart, physical, bytes, Hart.clock(hart));
}

/** Loads byte by byte from two pages; a fault in the second page is reported with that page's first address. */
function loadAcrossPages(hart: u32, address: u64, bytes: u64): bool {
  let joined: u64 = 0;
  const inFirst = 4096 - (address & 0xfff);
  const first = ramOf(hart, address, inFirst, RIGHT_READ);
  if (first == NOT_RAM) return false;
  const second = ramOf(hart, address + inFirst, bytes - inFirst, RIGHT_READ);
  if (second == NOT_RAM) return false;
  for (let i: u64 = 0; i < bytes; i++) {
    const from = i < inFirst ? first + i : second + (i - inFirst);
    joined |= loadRam(hart, from, 1) << (i << 3);
  }
  loaded = joined;
  return true;
}

/** Stores byte by byte to two pages, after both have been translated: a fault leaves nothing changed. */
function storeAcrossPages(hart: u32, address: u64, bytes: u64, value: u64): bool {
  const inFirst = 4096 - (address & 0xfff);
  const first = ramOf(hart, address, inFirst, RIGHT_WRITE);
  if (first == NOT_RAM) return false;
  const second = ramOf(hart, address + inFirst, bytes - inFirst, RIGHT_WRITE);
  if (second == NOT_RAM) return false;
  for (let i: u64 = 0; i < bytes; i++) {
    const to = i < inFirst ? first + i : second + (i - inFirst);
    storeRam(hart, to, 1, value >> (i << 3));
  }
  return true;
}

const NOT_RAM: u64 = 0;

/** Physical address of a part of an access inside one page, or NOT_RAM after a fault. */
function ramOf(hart: u32, address: u64, bytes: u64, right: u32): u64 {
  if (!translateData(hart, address, bytes, right)) return NOT_RAM;
  const physical = load<u64>(hart, HART_TRANSLATED_ADDRESS);
  if (Machine.inRam(physical, bytes)) return physical;
  accessFault(hart, right, address);
  return NOT_RAM;
}
