// Execution of the F and D extensions' computations (unprivileged specification, chapters "F" and "D"): operands from registers,
// the rounding mode, the operation (float-*.ts, which work on doubles), the result, flags and mstatus.FS.

import {
  FLOAT_ADD,
  FLOAT_COMPARE,
  FLOAT_CONVERT,
  FLOAT_DIVIDE,
  FLOAT_EXTREME,
  FLOAT_FROM_INTEGER,
  FLOAT_FROM_X,
  FLOAT_MULTIPLY,
  FLOAT_SIGN,
  FLOAT_SQUARE_ROOT,
  FLOAT_SUBTRACT,
  FLOAT_TO_INTEGER,
} from "./decode-float";
import { CAUSE_ILLEGAL, ROUND_DYNAMIC, ROUND_NEAREST_AWAY, ROUND_NEAREST_EVEN } from "./encoding";
import { add } from "./float-add";
import { chooseExtreme, classify, FIRST, isEqual, isLess, isLessOrEqual, SECOND } from "./float-compare";
import { fromInteger, toFormat, toInteger } from "./float-convert";
import { divide } from "./float-divide";
import { accrueFlags, FRM_SHIFT, isFloatOff, markFloatDirty, Rounding } from "./float-environment";
import { DOUBLE, FloatRegister, Format, SIGN } from "./float-format";
import { multiplyAdd } from "./float-fused";
import { fuseDoubles, fuseSingles, REFUSED } from "./float-fused-native";
import { multiply } from "./float-multiply";
import { squareRoot } from "./float-square-root";
import { Hart } from "./hart";
import { Slot } from "./slot";
import { HART_FCSR, HART_LEFT, HART_PC } from "./state";

/** Executes an instruction of the OP-FP opcode; parameters and result as for slowLoad. */
export function executeFloat(hart: u32, slot: u64, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  const word = <u32>(slot >> 32);
  if (isFloatOff(hart)) return Hart.raise(hart, CAUSE_ILLEGAL, <u64>word);
  switch (word >> 27) {
    case FLOAT_SIGN:
      return setFloat(hart, word, injectSign(hart, <u32>slot, word));
    case FLOAT_EXTREME:
      return setFloat(hart, word, extreme(hart, <u32>slot, word));
    case FLOAT_FROM_X:
      return setFloat(hart, word, Hart.x(hart, (word >> 15) & 31));
    case FLOAT_COMPARE:
      return setInteger(hart, word, compare(hart, <u32>slot, word));
    case FLOAT_ADD:
    case FLOAT_SUBTRACT:
    case FLOAT_MULTIPLY:
    case FLOAT_DIVIDE:
    case FLOAT_SQUARE_ROOT:
    case FLOAT_CONVERT:
    case FLOAT_FROM_INTEGER:
      if (!beginRounding(hart, word)) return false;
      return setFloat(hart, word, compute(hart, <u32>slot, word));
    case FLOAT_TO_INTEGER:
      if (!beginRounding(hart, word)) return false;
      return setInteger(hart, word, convertToInteger(hart, <u32>slot, word));
    default:
      return setInteger(hart, word, bitsOrClass(hart, <u32>slot, word));
  }
}

/** Executes a multiply-add; parameters and result as for slowLoad. */
export function executeFused(hart: u32, slot: u64, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  const word = <u32>(slot >> 32);
  if (isFloatOff(hart)) return Hart.raise(hart, CAUSE_ILLEGAL, <u64>word);
  if (!beginRounding(hart, word)) return false;
  const format = formatOf(word);
  const low = <u32>slot;
  // Major opcodes: fmadd, fmsub, fnmsub, fnmadd. Bit 3 changes the product's sign, bit 2 that of the addend.
  const productSign: u64 = (word & 8) != 0 ? SIGN : 0;
  const addendSign: u64 = (word & 4) != 0 ? SIGN : 0;
  const first = FloatRegister.value(hart, Slot.rs1(low), format) ^ productSign;
  const second = FloatRegister.value(hart, Slot.rs2(low), format);
  const third = FloatRegister.value(hart, (word >> 27) << 3, format) ^ addendSign;
  if (Rounding.mode == ROUND_NEAREST_EVEN) {
    const native = fuseNatively(hart, format, first, second, third);
    if (native != REFUSED) return setFloat(hart, word, native);
  }
  return setFloat(hart, word, multiplyAdd(format, first, second, third));
}

function fuseNatively(hart: u32, format: u32, a: u64, b: u64, c: u64): u64 {
  const first = reinterpret<f64>(a);
  const second = reinterpret<f64>(b);
  const third = reinterpret<f64>(c);
  return format == DOUBLE ? fuseDoubles(hart, first, second, third) : fuseSingles(hart, first, second, third);
}

function formatOf(word: u32): u32 {
  return (word >> 25) & 1;
}

/** Chooses the rounding mode; false after an illegal-instruction exception, as frm may hold a reserved one. */
function beginRounding(hart: u32, word: u32): bool {
  const own = (word >> 12) & 7;
  const mode = own == ROUND_DYNAMIC ? load<u32>(hart, HART_FCSR) >> FRM_SHIFT : own;
  if (mode > ROUND_NEAREST_AWAY) return Hart.raise(hart, CAUSE_ILLEGAL, <u64>word);
  Rounding.mode = mode;
  return true;
}

/** Ends an instruction whose result goes to an f register. */
function setFloat(hart: u32, word: u32, bits: u64): bool {
  FloatRegister.set(hart, ((word >> 7) & 31) << 3, formatOf(word), bits);
  markFloatDirty(hart);
  return end(hart);
}

/** Ends an instruction whose result goes to an x register. */
function setInteger(hart: u32, word: u32, value: u64): bool {
  Hart.setX(hart, (word >> 7) & 31, value);
  return end(hart);
}

function end(hart: u32): bool {
  accrueFlags(hart);
  Rounding.flags = 0;
  return Hart.finish(hart, 4);
}

/** The operations whose result is rounded to the instruction's format. */
function compute(hart: u32, low: u32, word: u32): u64 {
  const format = formatOf(word);
  if (word >> 27 == FLOAT_FROM_INTEGER) return convertFromInteger(hart, word);
  if (word >> 27 == FLOAT_CONVERT)
    return toFormat(format, FloatRegister.value(hart, Slot.rs1(low), format ^ 1));
  const first = FloatRegister.value(hart, Slot.rs1(low), format);
  const second = FloatRegister.value(hart, Slot.rs2(low), format);
  switch (word >> 27) {
    case FLOAT_ADD:
      return add(format, first, second);
    case FLOAT_SUBTRACT:
      return add(format, first, second ^ SIGN);
    case FLOAT_MULTIPLY:
      return multiply(format, first, second);
    case FLOAT_DIVIDE:
      return divide(format, first, second);
    default:
      return squareRoot(format, first);
  }
}

/** rs2 of a conversion names the integer: bit 0 unsigned, bit 1 of 64 bits. */
function convertToInteger(hart: u32, low: u32, word: u32): u64 {
  const kind = (word >> 20) & 3;
  const value = FloatRegister.value(hart, Slot.rs1(low), formatOf(word));
  return toInteger(value, kind < 2 ? 32 : 64, (kind & 1) == 0);
}

function convertFromInteger(hart: u32, word: u32): u64 {
  const kind = (word >> 20) & 3;
  const isSigned = (kind & 1) == 0;
  const operand = Hart.x(hart, (word >> 15) & 31);
  if (kind >= 2) return fromInteger(formatOf(word), operand, isSigned);
  const extended = isSigned ? <u64>(<i64>(<i32>operand)) : operand & 0xffffffff;
  if (formatOf(word) == DOUBLE) return reinterpret<u64>(<f64>(<i64>extended)); // exact
  return fromInteger(formatOf(word), extended, isSigned);
}

/** fsgnj, fsgnjn, fsgnjx */
function injectSign(hart: u32, low: u32, word: u32): u64 {
  const format = formatOf(word);
  const signBit = Format.zero(format, true);
  const first = FloatRegister.bits(hart, Slot.rs1(low), format);
  const second = FloatRegister.bits(hart, Slot.rs2(low), format);
  switch ((word >> 12) & 3) {
    case 0:
      return (first & ~signBit) | (second & signBit);
    case 1:
      return (first & ~signBit) | (~second & signBit);
    default:
      return first ^ (second & signBit);
  }
}

function extreme(hart: u32, low: u32, word: u32): u64 {
  const format = formatOf(word);
  const first = FloatRegister.value(hart, Slot.rs1(low), format);
  const second = FloatRegister.value(hart, Slot.rs2(low), format);
  const chosen = chooseExtreme(first, second, (word & 0x1000) != 0);
  if (chosen == FIRST) return FloatRegister.bits(hart, Slot.rs1(low), format);
  if (chosen == SECOND) return FloatRegister.bits(hart, Slot.rs2(low), format);
  return Format.canonicalNaN(format);
}

/** fle, flt, feq */
function compare(hart: u32, low: u32, word: u32): u64 {
  const format = formatOf(word);
  const first = FloatRegister.value(hart, Slot.rs1(low), format);
  const second = FloatRegister.value(hart, Slot.rs2(low), format);
  switch ((word >> 12) & 3) {
    case 0:
      return isLessOrEqual(first, second) ? 1 : 0;
    case 1:
      return isLess(first, second) ? 1 : 0;
    default:
      return isEqual(first, second) ? 1 : 0;
  }
}

/** fmv.x.w and fmv.x.d, which take bits as they are, and fclass. */
function bitsOrClass(hart: u32, low: u32, word: u32): u64 {
  const format = formatOf(word);
  if ((word & 0x1000) != 0) return classify(format, FloatRegister.bits(hart, Slot.rs1(low), format));
  const raw = FloatRegister.raw(hart, Slot.rs1(low));
  return format == DOUBLE ? raw : <u64>(<i64>(<i32>raw));
}
