// Physical accesses that are not plain RAM: the UINTC, which the core owns, and devices, which are TypeScript.
import { Hart, Machine } from "./hart";
import { busRead, busWrite } from "./host";
import {
  EXIT_YIELD,
  HART_EXIT,
  HART_LEFT,
  MACHINE_BASE,
  MACHINE_BUS_FAULT,
  MACHINE_SYNC_CLOCK,
  RAM_PHYSICAL,
  UINTC_PHYSICAL,
  UINTC_SIZE,
} from "./state";
import { readUintc, writeUintc } from "./uintc";

/**
 * Called before an instruction does what other harts observe in order (atomics, fences, uipi, device accesses): false
 * when a slower hart must run first. The instruction is then executed again later.
 */
export function mayProceed(hart: u32): bool {
  // The clock before the instruction: one less than now, as the instruction is already counted.
  if (Hart.clock(hart) - 1 <= load<u64>(MACHINE_BASE, MACHINE_SYNC_CLOCK)) return true;
  store<u32>(hart, EXIT_YIELD, HART_EXIT);
  store<i32>(hart, load<i32>(hart, HART_LEFT) + 1, HART_LEFT);
  return false;
}

function isUintc(physical: u64): bool {
  return Machine.hasUintc() && physical - UINTC_PHYSICAL < <u64>UINTC_SIZE;
}

/** Loads from a device. Sets MACHINE_BUS_FAULT when nothing answers. */
export function loadDevice(physical: u64, bytes: u32): u64 {
  const fromUintc = isUintc(physical);
  const answers = fromUintc ? bytes == 8 : physical < <u64>(<u32>RAM_PHYSICAL);
  store<u32>(MACHINE_BASE, answers ? 0 : 1, MACHINE_BUS_FAULT);
  if (!answers) return 0;
  return fromUintc ? readUintc(<u32>(physical - UINTC_PHYSICAL)) : busRead(<u32>physical, bytes);
}

/** Stores to a device. Sets MACHINE_BUS_FAULT when nothing answers. */
export function storeDevice(physical: u64, bytes: u32, value: u64): void {
  const toUintc = isUintc(physical);
  const answers = toUintc ? bytes == 8 : physical < <u64>(<u32>RAM_PHYSICAL);
  store<u32>(MACHINE_BASE, answers ? 0 : 1, MACHINE_BUS_FAULT);
  if (!answers) return;
  if (toUintc) writeUintc(<u32>(physical - UINTC_PHYSICAL), value);
  else busWrite(<u32>physical, bytes, value);
}

export function busFaulted(): bool {
  return load<u32>(MACHINE_BASE, MACHINE_BUS_FAULT) != 0;
}

/** Loads an aligned 64-bit word as hardware does for itself: from RAM or the UINTC, 0 elsewhere. */
export function loadPhysical64(physical: u64): u64 {
  if (Machine.inRam(physical, 8)) return load<u64>(Machine.ramAddress(physical));
  return isUintc(physical) ? readUintc(<u32>(physical - UINTC_PHYSICAL)) : 0;
}

/** Stores an aligned 64-bit word as hardware does for itself: to RAM or the UINTC; elsewhere it is lost. */
export function storePhysical64(physical: u64, value: u64): void {
  if (Machine.inRam(physical, 8)) store<u64>(Machine.ramAddress(physical), value);
  else if (isUintc(physical)) writeUintc(<u32>(physical - UINTC_PHYSICAL), value);
}
