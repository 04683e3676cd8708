/** Evaluates operations on constants. Values are signed bigints of the operation's width. */
import type { Type } from "../ir/ir";
import type { Operation } from "../ir/operations";

type Evaluate = (a: bigint, b: bigint, bits: number) => bigint;

const unsigned = (value: bigint, bits: number): bigint => BigInt.asUintN(bits, value);
const amount = (value: bigint, bits: number): bigint => value & BigInt(bits - 1);
const flag = (condition: boolean): bigint => (condition ? 1n : 0n);

const BINARY: Partial<Record<Operation, Evaluate>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b, bits) => a << amount(b, bits),
  shrs: (a, b, bits) => a >> amount(b, bits),
  shru: (a, b, bits) => unsigned(a, bits) >> amount(b, bits),
  rotl: (a, b, bits) => rotate(a, amount(b, bits), bits),
  rotr: (a, b, bits) => rotate(a, amount(-b, bits), bits),
  // RISC-V's results where wasm would trap; the translator's checks come before.
  divs: (a, b) => (b === 0n ? -1n : a / b),
  divu: (a, b, bits) => (b === 0n ? -1n : unsigned(a, bits) / unsigned(b, bits)),
  rems: (a, b) => (b === 0n ? a : a % b),
  remu: (a, b, bits) => (b === 0n ? a : unsigned(a, bits) % unsigned(b, bits)),
  eq: (a, b) => flag(a === b),
  ne: (a, b) => flag(a !== b),
  lts: (a, b) => flag(a < b),
  ltu: (a, b, bits) => flag(unsigned(a, bits) < unsigned(b, bits)),
  ges: (a, b) => flag(a >= b),
  geu: (a, b, bits) => flag(unsigned(a, bits) >= unsigned(b, bits)),
};

const UNARY: Partial<Record<Operation, (a: bigint, bits: number) => bigint>> = {
  eqz: (a) => flag(a === 0n),
  wrap: (a) => a,
  exts: (a) => a,
  extu: (a) => unsigned(a, 32),
  sx8: (a) => BigInt.asIntN(8, a),
  sx16: (a) => BigInt.asIntN(16, a),
  clz: (a, bits) => BigInt(a === 0n ? bits : bits - unsigned(a, bits).toString(2).length),
  ctz: (a, bits) => BigInt(a === 0n ? bits : /0*$/.exec(unsigned(a, bits).toString(2))![0].length),
  popcnt: (a, bits) => BigInt(unsigned(a, bits).toString(2).replaceAll("0", "").length),
};

function rotate(value: bigint, left: bigint, bits: number): bigint {
  const bitsOf = unsigned(value, bits);
  return (bitsOf << left) | (bitsOf >> (BigInt(bits) - left));
}

/**
 * The result of an operation on constants, not yet reduced to the result's width; undefined if it is no such operation.
 * @param type type of the operands
 */
export function foldConstants(op: Operation, type: Type, operands: readonly bigint[]): bigint | undefined {
  const bits = type === "i32" ? 32 : 64;
  const [a, b] = operands;
  if (operands.length === 1) return UNARY[op]?.(a!, bits);
  return operands.length === 2 ? BINARY[op]?.(a!, b!, bits) : undefined;
}
