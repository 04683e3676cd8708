/**
 * Getting at the board's syscon register (physical 0x10_0000) through a device frame.
 *
 * The frame comes from the device untyped that covers the address; what lies below it in that untyped is skipped by
 * making untypeds of it, since an untyped hands out its memory from the bottom.
 */
import { ROOT_SLOT_CNODE } from "../../abi/src/bootinfo";
import { OBJECT_PAGE, OBJECT_UNTYPED, PAGE_BITS, VM_EXECUTE_NEVER } from "../../abi/src/objects";
import { ROOT_DEVICE_WINDOW } from "../../abi/src/program-layout";
import { RIGHT_READ, RIGHT_WRITE } from "../../abi/src/rights";
import { CNode } from "../../runtime/src/invocations/cnode";
import { Untyped } from "../../runtime/src/invocations/untyped";
import { AddressSpace } from "./address-space";
import { BootInfo } from "./boot-info";
import { PowerSwitch } from "./power";
import { Workshop } from "./workshop";

const SYSCON: u64 = 0x10_0000;

/** Index of the device untyped that covers a physical address, or -1. */
function deviceUntyped(address: u64): i32 {
  for (let i: u32 = 0; i < BootInfo.untypedCount; i++) {
    if (!BootInfo.untypedIsDevice(i)) continue;
    const base = BootInfo.untypedAddress(i);
    if (address >= base && address - base < (<u64>1) << BootInfo.untypedBits(i)) return i;
  }
  return -1;
}

/** Maps the register. Without one the machine can only be halted. */
export function initialisePower(): void {
  const index = deviceUntyped(SYSCON);
  if (index < 0) return;
  const untyped = changetype<Untyped>(BootInfo.firstUntyped + index);
  const kernels = changetype<CNode>(ROOT_SLOT_CNODE);
  let at = BootInfo.untypedAddress(index);
  while (at < SYSCON) {
    // the largest block that is aligned at `at` and ends at or before the register
    const bits = min<u64>(ctz(at | ((<u64>1) << 38)), 63 - clz(SYSCON - at));
    const slot = Workshop.root.allocateSlots(1);
    if (untyped.retype(OBJECT_UNTYPED, <u32>bits, kernels, slot, 1) != 0) return;
    at += (<u64>1) << bits;
  }
  const slot = Workshop.root.allocateSlots(1);
  if (untyped.retype(OBJECT_PAGE, PAGE_BITS, kernels, slot, 1) != 0) return;
  const rights = RIGHT_READ | RIGHT_WRITE;
  PowerSwitch.mapped = AddressSpace.own.tryMap(slot, ROOT_DEVICE_WINDOW, rights, VM_EXECUTE_NEVER) == 0;
}
