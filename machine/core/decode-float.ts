// Decoding of the F and D extensions (unprivileged specification, instruction listings of RV32F, RV64F, RV32D and RV64D). All but
// loads and stores keep the whole instruction as immediate: they are executed out of the hot loop.
import { ROUND_DYNAMIC, ROUND_NEAREST_AWAY, ROUND_NEAREST_EVEN } from "./encoding";
import { Function, Immediate } from "./fields";
import { DOUBLE } from "./float-format";
import { Op } from "./operation";
import { illegal, pack } from "./slot";

const LOAD_FP: u32 = 0x07;
const STORE_FP: u32 = 0x27;
const OP_FP: u32 = 0x53;

const WORD: u32 = 2; // funct3 of loads and stores
const DOUBLE_WORD: u32 = 3;

/** funct5 of OP-FP. */
export const FLOAT_ADD: u32 = 0x00;
export const FLOAT_SUBTRACT: u32 = 0x01;
export const FLOAT_MULTIPLY: u32 = 0x02;
export const FLOAT_DIVIDE: u32 = 0x03;
export const FLOAT_SIGN: u32 = 0x04;
export const FLOAT_EXTREME: u32 = 0x05;
export const FLOAT_CONVERT: u32 = 0x08;
export const FLOAT_SQUARE_ROOT: u32 = 0x0b;
export const FLOAT_COMPARE: u32 = 0x14;
export const FLOAT_TO_INTEGER: u32 = 0x18;
export const FLOAT_FROM_INTEGER: u32 = 0x1a;
export const FLOAT_TO_X: u32 = 0x1c; // moves bits, or classifies
export const FLOAT_FROM_X: u32 = 0x1e;

/** Decodes an instruction of one of the floating-point major opcodes. */
export function decodeFloat(word: u32): u64 {
  switch (word & 0x7f) {
    case LOAD_FP:
      return loadOrStore(word, Op.Flw, Immediate.i(word));
    case STORE_FP:
      return loadOrStore(word, Op.Fsw, Immediate.s(word));
    case OP_FP:
      return isDefined(word) ? withFloatRd(computation(word), word, word) : illegal(word);
    default:
      return isFormat(word) && isRounding(word) ? withFloatRd(Op.FloatFused, word, word) : illegal(word);
  }
}

/** `first` is the operation on words; the one on double words follows it. */
function loadOrStore(word: u32, first: Op, immediate: u32): u64 {
  const funct3 = Function.three(word);
  if (funct3 != WORD && funct3 != DOUBLE_WORD) return illegal(word);
  return withFloatRd(first + (funct3 - WORD), word, immediate);
}

/** f0 is a register like the others. */
function withFloatRd(op: Op, word: u32, immediate: u32): u64 {
  return (pack(op, word, immediate) & ~(<u64>0x3f00)) | <u64>((word << 1) & 0x1f00);
}

/** Arithmetic that may be done by the host has operations of its own. */
function computation(word: u32): Op {
  const mode = Function.three(word);
  if (mode != ROUND_NEAREST_EVEN && mode != ROUND_DYNAMIC) return Op.Float;
  const first = ((word >> 25) & 3) == DOUBLE ? Op.FaddD : Op.FaddS;
  switch (word >> 27) {
    case FLOAT_ADD:
    case FLOAT_SUBTRACT:
    case FLOAT_MULTIPLY:
    case FLOAT_DIVIDE:
      return first + (word >> 27);
    case FLOAT_SQUARE_ROOT:
      return first + 4;
    default:
      return Op.Float;
  }
}

function isFormat(word: u32): bool {
  return ((word >> 25) & 3) <= DOUBLE;
}

function isRounding(word: u32): bool {
  const mode = Function.three(word);
  return mode <= ROUND_NEAREST_AWAY || mode == ROUND_DYNAMIC;
}

function isDefined(word: u32): bool {
  if (!isFormat(word)) return false;
  const funct3 = Function.three(word);
  const selector = (word >> 20) & 31; // rs2, where it names a variant
  switch (word >> 27) {
    case FLOAT_ADD:
    case FLOAT_SUBTRACT:
    case FLOAT_MULTIPLY:
    case FLOAT_DIVIDE:
      return isRounding(word);
    case FLOAT_SQUARE_ROOT:
      return selector == 0 && isRounding(word);
    case FLOAT_SIGN:
    case FLOAT_COMPARE:
      return funct3 <= 2;
    case FLOAT_EXTREME:
      return funct3 <= 1;
    case FLOAT_CONVERT:
      return selector + ((word >> 25) & 3) == 1 && isRounding(word); // from the other format
    case FLOAT_TO_INTEGER:
    case FLOAT_FROM_INTEGER:
      return selector <= 3 && isRounding(word);
    case FLOAT_TO_X:
      return selector == 0 && funct3 <= 1;
    case FLOAT_FROM_X:
      return selector == 0 && funct3 == 0;
    default:
      return false;
  }
}
