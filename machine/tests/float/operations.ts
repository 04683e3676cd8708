// The computing instructions of F and D: their encodings, written from the manual's listings and not shared with the compiler, and
// what each must do to registers, by the oracle.
import { DOUBLE, type Format, SINGLE } from "./numbers";
import type { Mode, Result } from "./oracle";
import * as oracle from "./oracle";

/** Contents of the registers an instruction may read: f1, f2, f3 and x5. */
export interface Operands {
  a: bigint;
  b: bigint;
  c: bigint;
  x: bigint;
}

export interface Operation {
  name: string;
  /** Format of the operands in f registers. */
  source: Format;
  /** How many of f1, f2, f3 are read; 0 means x5. */
  reads: 0 | 1 | 2 | 3;
  /** Whether the result goes to x10 or to f10. */
  writes: "x" | "f";
  /** Whether funct3 is a rounding mode. */
  isRounding: boolean;
  /** The instruction with f10 or x10 as rd, and rm 0. */
  word: number;
  /** @param operands whole registers */
  expected(operands: Operands, mode: Mode): Result;
}

const RD = 10 << 7;
const RS1 = 1 << 15;
const RS2 = 2 << 20;
const RS3 = 3 * 2 ** 27;
const RS1_X5 = 5 << 15;
const OP_FP = 0x53;
const BOX = 0xffff_ffff_0000_0000n;
const NAN_SINGLE = 0x7fc0_0000n;

/** rm is the three bits at 14:12. */
export const withRounding = (word: number, rm: number): number => (word | (rm << 12)) >>> 0;

/** What a register holds as a number of a format: a single that is not boxed right counts as the canonical NaN. */
export function valueIn(format: Format, register: bigint): bigint {
  if (format === DOUBLE) return register;
  return (register & BOX) === BOX ? register & 0xffff_ffffn : NAN_SINGLE;
}

/** What a register holds after a result of a format was written. */
const boxed = (format: Format, { bits, flags }: Result): Result => ({
  bits: format === DOUBLE ? bits : bits | BOX,
  flags,
});

interface Shape {
  funct5: number;
  /** Replaces rs2 where it names a variant. */
  selector?: number;
  funct3?: number;
}

function encodeFloat(format: Format, reads: number, { funct5, selector, funct3 = 0 }: Shape): number {
  const fmt = format === DOUBLE ? 1 : 0;
  const rs2 = selector === undefined ? RS2 : selector << 20;
  const rs1 = reads === 0 ? RS1_X5 : RS1;
  return (funct5 * 2 ** 27 + ((fmt << 25) | rs2 | rs1 | (funct3 << 12) | RD | OP_FP)) >>> 0;
}

type Compute = (values: Operands, mode: Mode) => Result;

function operation(
  name: string,
  format: Format,
  rest: Pick<Operation, "reads" | "writes" | "isRounding"> & {
    shape: Shape;
    source?: Format;
    compute: Compute;
  },
): Operation {
  const source = rest.source ?? format;
  return {
    name,
    source,
    reads: rest.reads,
    writes: rest.writes,
    isRounding: rest.isRounding,
    word: encodeFloat(format, rest.reads, rest.shape),
    expected({ a, b, c, x }, mode) {
      const values = { a: valueIn(source, a), b: valueIn(source, b), c: valueIn(source, c), x };
      const result = rest.compute(values, mode);
      return rest.writes === "f" ? boxed(format, result) : result;
    },
  };
}

function arithmetic(format: Format): Operation[] {
  const suffix = format.name.toLowerCase();
  const binary = (name: string, funct5: number, compute: Compute): Operation =>
    operation(`${name}.${suffix}`, format, {
      reads: 2,
      writes: "f",
      isRounding: true,
      shape: { funct5 },
      compute,
    });
  const negated = (bits: bigint): bigint => bits ^ (1n << BigInt(format.width - 1));
  return [
    binary("fadd", 0x00, ({ a, b }, mode) => oracle.add(format, mode, a, b)),
    binary("fsub", 0x01, ({ a, b }, mode) => oracle.add(format, mode, a, negated(b))),
    binary("fmul", 0x02, ({ a, b }, mode) => oracle.multiply(format, mode, a, b)),
    binary("fdiv", 0x03, ({ a, b }, mode) => oracle.divide(format, mode, a, b)),
    operation(`fsqrt.${suffix}`, format, {
      reads: 1,
      writes: "f",
      isRounding: true,
      shape: { funct5: 0x0b, selector: 0 },
      compute: ({ a }, mode) => oracle.squareRoot(format, mode, a),
    }),
  ];
}

function fused(format: Format): Operation[] {
  const suffix = format.name.toLowerCase();
  const fmt = (format === DOUBLE ? 1 : 0) << 25;
  const forms = [
    ["fmadd", 0x43, false, false],
    ["fmsub", 0x47, false, true],
    ["fnmsub", 0x4b, true, false],
    ["fnmadd", 0x4f, true, true],
  ] as const;
  return forms.map(([name, opcode, product, addend]) => ({
    name: `${name}.${suffix}`,
    source: format,
    reads: 3,
    writes: "f",
    isRounding: true,
    word: (RS3 + (fmt | RS2 | RS1 | RD | opcode)) >>> 0,
    expected({ a, b, c }, mode) {
      const values = { a: valueIn(format, a), b: valueIn(format, b), c: valueIn(format, c) };
      return boxed(format, oracle.multiplyAdd(format, mode, values, { product, addend }));
    },
  }));
}

function signsAndComparisons(format: Format): Operation[] {
  const suffix = format.name.toLowerCase();
  const make = (
    name: string,
    writes: "x" | "f",
    shape: Shape,
    compute: Compute,
    reads: 1 | 2 = 2,
  ): Operation =>
    operation(`${name}.${suffix}`, format, { reads, writes, isRounding: false, shape, compute });
  return [
    ...(["fsgnj", "fsgnjn", "fsgnjx"] as const).map((how, funct3) =>
      make(how, "f", { funct5: 0x04, funct3 }, ({ a, b }) => oracle.injectSign(format, how, a, b)),
    ),
    ...(["fmin", "fmax"] as const).map((how, funct3) =>
      make(how, "f", { funct5: 0x05, funct3 }, ({ a, b }) => oracle.extreme(format, how, a, b)),
    ),
    ...(["fle", "flt", "feq"] as const).map((how, funct3) =>
      make(how, "x", { funct5: 0x14, funct3 }, ({ a, b }) => oracle.compare(format, how, a, b)),
    ),
    make("fclass", "x", { funct5: 0x1c, selector: 0, funct3: 1 }, ({ a }) => oracle.classify(format, a), 1),
  ];
}

const INTEGERS = [
  ["w", { width: 32, isSigned: true }],
  ["wu", { width: 32, isSigned: false }],
  ["l", { width: 64, isSigned: true }],
  ["lu", { width: 64, isSigned: false }],
] as const;

function conversions(format: Format): Operation[] {
  const suffix = format.name.toLowerCase();
  const other = format === DOUBLE ? SINGLE : DOUBLE;
  return [
    ...INTEGERS.flatMap(([integer, type], selector) => [
      operation(`fcvt.${integer}.${suffix}`, format, {
        reads: 1,
        writes: "x",
        isRounding: true,
        shape: { funct5: 0x18, selector },
        compute: ({ a }, mode) => oracle.toInteger(format, mode, a, type),
      }),
      operation(`fcvt.${suffix}.${integer}`, format, {
        reads: 0,
        writes: "f",
        isRounding: true,
        shape: { funct5: 0x1a, selector },
        compute: ({ x }, mode) => oracle.fromInteger(format, mode, x, type),
      }),
    ]),
    operation(`fcvt.${suffix}.${other.name.toLowerCase()}`, format, {
      reads: 1,
      source: other,
      writes: "f",
      isRounding: true,
      shape: { funct5: 0x08, selector: other === DOUBLE ? 1 : 0 },
      compute: ({ a }, mode) => oracle.convert(other, format, mode, a),
    }),
  ];
}

/** Moves take raw bits; their operands are whole registers. */
function moves(): Operation[] {
  const toX = (name: string, format: Format, compute: (register: bigint) => bigint): Operation => ({
    name,
    source: DOUBLE,
    reads: 1,
    writes: "x",
    isRounding: false,
    word: encodeFloat(format, 1, { funct5: 0x1c, selector: 0 }),
    expected: ({ a }) => ({ bits: compute(a), flags: 0 }),
  });
  const fromX = (name: string, format: Format, compute: (register: bigint) => bigint): Operation => ({
    name,
    source: DOUBLE,
    reads: 0,
    writes: "f",
    isRounding: false,
    word: encodeFloat(format, 0, { funct5: 0x1e, selector: 0 }),
    expected: ({ x }) => ({ bits: compute(x), flags: 0 }),
  });
  return [
    toX("fmv.x.w", SINGLE, (register) => BigInt.asUintN(64, BigInt.asIntN(32, register))),
    toX("fmv.x.d", DOUBLE, (register) => register),
    fromX("fmv.w.x", SINGLE, (x) => (x & 0xffff_ffffn) | BOX),
    fromX("fmv.d.x", DOUBLE, (x) => x),
  ];
}

export const OPERATIONS: readonly Operation[] = [
  ...[SINGLE, DOUBLE].flatMap((format) => [
    ...arithmetic(format),
    ...fused(format),
    ...signsAndComparisons(format),
    ...conversions(format),
  ]),
  ...moves(),
];
