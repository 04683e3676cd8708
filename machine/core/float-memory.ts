// Loads and stores of f registers off the hot path: as access.ts, and whenever mstatus.FS is not Dirty.
import { loaded, loadMemory, storeMemory } from "./access";
import { raiseIllegalInMemory } from "./excursions";
import { isFloatOff, markFloatDirty } from "./float-environment";
import { DOUBLE, FloatRegister, SINGLE } from "./float-format";
import { Hart } from "./hart";
import { Op } from "./operation";
import { Slot } from "./slot";
import { HART_LEFT, HART_PC } from "./state";

/** Carries out flw or fld; parameters and result as for slowLoad. */
export function slowFloatLoad(hart: u32, slot: u64, address: u64, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  if (isFloatOff(hart)) return raiseIllegalInMemory(hart);
  const format = (<u32>slot & 0xff) == <u32>Op.Fld ? DOUBLE : SINGLE;
  if (!loadMemory(hart, address, format == DOUBLE ? 8 : 4)) return false;
  FloatRegister.set(hart, Slot.rd(<u32>slot), format, loaded);
  markFloatDirty(hart);
  return Hart.finish(hart, Slot.length(slot));
}

/** Carries out fsw or fsd, which store bits whatever they stand for. */
export function slowFloatStore(hart: u32, slot: u64, address: u64, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  if (isFloatOff(hart)) return raiseIllegalInMemory(hart);
  const bytes: u64 = (<u32>slot & 0xff) == <u32>Op.Fsd ? 8 : 4;
  const value = FloatRegister.raw(hart, Slot.rs2(<u32>slot));
  return storeMemory(hart, address, bytes, value) && Hart.finish(hart, Slot.length(slot));
}
