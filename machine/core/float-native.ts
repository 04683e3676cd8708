// Floating-point arithmetic by the host's own, in the hot loop. It rounds to nearest and tells no flags, so its results serve when
// frm says the same, the inexact flag is set already, and no other flag could be raised. The result tells: a finite one raises
// neither overflow nor invalid nor division by zero; and one above the smallest normal number no underflow. HART_NATIVE_* hold a
// bound for results that also says whether rounding, NX and mstatus.FS allow this at all. Whatever is refused here is done by
// float-execute.ts, with the same result.
import { Slot } from "./slot";
import { HART_F, HART_NATIVE_DOUBLE, HART_NATIVE_SINGLE } from "./state";

const BOX: u64 = 0xffffffff << 32;

/** Doubles; `low` is the low half of the slot. */
export class NativeDouble {
  @inline static first(hart: u32, low: u32): f64 {
    return load<f64>(hart + Slot.rs1(low), HART_F);
  }

  @inline static second(hart: u32, low: u32): f64 {
    return load<f64>(hart + Slot.rs2(low), HART_F);
  }

  /** Whether a sum (which is exact if it is tiny) or a root may be taken. */
  @inline static isFinite(hart: u32, value: f64): bool {
    return abs<f64>(value) < load<f64>(hart, HART_NATIVE_DOUBLE);
  }

  /** Whether a product or quotient may be taken. */
  @inline static isNormal(hart: u32, value: f64): bool {
    return abs<f64>(value) > f64.MIN_NORMAL_VALUE && NativeDouble.isFinite(hart, value);
  }

  @inline static set(hart: u32, low: u32, value: f64): void {
    store<f64>(hart + Slot.rd(low), value, HART_F);
  }
}

/** The same of singles. */
export class NativeSingle {
  /** Whether both operands are boxed right. */
  @inline static areBoxed(hart: u32, low: u32): bool {
    return (load<u64>(hart + Slot.rs1(low), HART_F) & load<u64>(hart + Slot.rs2(low), HART_F)) >= BOX;
  }

  @inline static isBoxed(hart: u32, low: u32): bool {
    return load<u64>(hart + Slot.rs1(low), HART_F) >= BOX;
  }

  @inline static first(hart: u32, low: u32): f32 {
    return load<f32>(hart + Slot.rs1(low), HART_F);
  }

  @inline static second(hart: u32, low: u32): f32 {
    return load<f32>(hart + Slot.rs2(low), HART_F);
  }

  @inline static isFinite(hart: u32, value: f32): bool {
    return abs<f32>(value) < load<f32>(hart, HART_NATIVE_SINGLE);
  }

  @inline static isNormal(hart: u32, value: f32): bool {
    return abs<f32>(value) > f32.MIN_NORMAL_VALUE && NativeSingle.isFinite(hart, value);
  }

  @inline static set(hart: u32, low: u32, value: f32): void {
    store<u64>(hart + Slot.rd(low), BOX | <u64>reinterpret<u32>(value), HART_F);
  }
}
