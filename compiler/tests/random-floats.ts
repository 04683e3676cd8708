/**
 * Random floating-point expressions for random functions.
 *
 * Which NaN an operation gives is left open by wasm, and Node and RISC-V differ in it. So wherever the bits of a number can
 * be told (stores, reinterpretation, the sign that `copysign` takes), every NaN is replaced by one and the same.
 */
import type { Random } from "./random";
import {
  type FloatType,
  f32Const,
  f64Const,
  type IntegerType,
  unsigned,
  type ValueType,
} from "./wasm-builder";

export const isFloat = (type: ValueType): type is FloatType => type === "f32" || type === "f64";

const SIGN = { f32: [0x8b, 0x8c], f64: [0x99, 0x9a] } as const;
/** ceil, floor, trunc, nearest, sqrt */
const UNARY = { f32: [0x8d, 0x8e, 0x8f, 0x90, 0x91], f64: [0x9b, 0x9c, 0x9d, 0x9e, 0x9f] } as const;
/** add, sub, mul, div, min, max */
const BINARY = {
  f32: [0x92, 0x93, 0x94, 0x95, 0x96, 0x97],
  f64: [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5],
} as const;
const COPY_SIGN = { f32: 0x98, f64: 0xa6 } as const;
const EQUAL = { f32: 0x5b, f64: 0x61 } as const;
export const FLOAT_COMPARE = {
  f32: [0x5b, 0x5c, 0x5d, 0x5e, 0x5f, 0x60],
  f64: [0x61, 0x62, 0x63, 0x64, 0x65, 0x66],
} as const;
const LOAD = { f32: [0x2a, 2], f64: [0x2b, 3] } as const;
const STORE = { f32: 0x38, f64: 0x39 } as const;
const REINTERPRET = { i32: 0xbc, i64: 0xbd, f32: 0xbe, f64: 0xbf } as const;
const OTHER_CLASS = { i32: "f32", i64: "f64", f32: "i32", f64: "i64" } as const;
/** First of the conversions [i32 signed, i32 unsigned, i64 signed, i64 unsigned] to a type. */
const FROM_INTEGER = { f32: 0xb2, f64: 0xb7 } as const;
const DEMOTE = 0xb6;
const PROMOTE = 0xbb;
/** First of the conversions [f32 signed, f32 unsigned, f64 signed, f64 unsigned] that trap, and behind 0xfc that saturate. */
const TRUNCATE = { i32: 0xa8, i64: 0xae } as const;
const TRUNCATE_SATURATING = { i32: 0, i64: 4 } as const;
const SELECT = 0x1b;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;

/** What a floating-point expression needs of the function around it. */
export interface FloatSurroundings {
  expression(type: ValueType, depth: number): number[];
  address(sizeLog2: number): { code: number[]; argument: number[] };
  /** A local that nothing else uses. */
  scratch(type: FloatType): number;
}

export class FloatGenerator {
  constructor(
    private readonly random: Random,
    private readonly around: FloatSurroundings,
  ) {}

  constant(type: FloatType): number[] {
    const value = this.number(type);
    return type === "f32" ? f32Const(value) : f64Const(value);
  }

  /** A number that likes edges: zeros, halves, infinities, subnormals, the limits of integer types. */
  private number(type: FloatType): number {
    const { random } = this;
    const sign = random.oneIn(2) ? 1 : -1;
    const near = () => random.pick([0, 0, 1, -1, 0.5, -0.5]);
    switch (random.below(8)) {
      case 0:
        return random.pick([0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -3.5]);
      case 1:
        return random.pick([
          Infinity,
          -Infinity,
          Number.NaN,
          0.1,
          1e300,
          -1e-300,
          16777217,
          2251799813685249.5,
        ]);
      case 2:
        return sign * (2 ** random.pick([7, 8, 23, 24, 31, 32, 52, 53, 63, 64]) + near());
      case 3:
        return sign * random.below(1000) * 2 ** (type === "f32" ? -149 : -1074);
      case 4:
        return sign * 2 ** (random.below(300) - 150) * (1 + random.below(1 << 30) / 2 ** 30);
      default:
        return (random.below(20000) - 10000) / random.pick([1, 2, 3, 4, 10]);
    }
  }

  /** The same number, but the one NaN for every NaN. */
  canonical(type: FloatType, code: number[]): number[] {
    const local = unsigned(this.around.scratch(type));
    const get = [LOCAL_GET, ...local];
    const nan = type === "f32" ? f32Const(Number.NaN) : f64Const(Number.NaN);
    return [...code, LOCAL_SET, ...local, ...get, ...nan, ...get, ...get, EQUAL[type], SELECT];
  }

  load(type: FloatType): number[] {
    const [opcode, size] = LOAD[type];
    const { code, argument } = this.around.address(size);
    return [...code, opcode, ...argument];
  }

  /** Stores a number, or copies one, whose bits must then stay what they are. */
  store(type: FloatType, depth: number): number[] {
    const { code, argument } = this.around.address(LOAD[type][1]);
    const isCopy = this.random.oneIn(3);
    const value = isCopy ? this.load(type) : this.canonical(type, this.around.expression(type, depth));
    return [...code, ...value, STORE[type], ...argument];
  }

  /** An expression only floating-point types have. */
  expression(type: FloatType, depth: number): number[] {
    const { random } = this;
    const operand = (): number[] => this.around.expression(type, depth - 1);
    switch (random.below(12)) {
      case 0:
        return [...operand(), random.pick(UNARY[type])];
      case 1:
        return [...operand(), random.pick(SIGN[type])];
      case 2:
        return [...operand(), ...this.canonical(type, operand()), COPY_SIGN[type]];
      case 3:
        return this.fromInteger(type, depth);
      case 4: {
        const other = type === "f32" ? "f64" : "f32";
        return [...this.around.expression(other, depth - 1), type === "f32" ? DEMOTE : PROMOTE];
      }
      case 5: {
        const other = OTHER_CLASS[type];
        return [...this.around.expression(other, depth - 1), REINTERPRET[type]];
      }
      case 6:
        return [...operand(), ...this.constant(type), random.pick(BINARY[type])];
      default:
        return [...operand(), ...operand(), random.pick(BINARY[type])];
    }
  }

  private fromInteger(type: FloatType, depth: number): number[] {
    const kind = this.random.below(4);
    const operand = this.around.expression(kind < 2 ? "i32" : "i64", depth - 1);
    // behind the conversions to f32 stands the demotion
    return [...operand, FROM_INTEGER[type] + kind];
  }

  /** An integer made of a floating-point number. */
  toInteger(type: IntegerType, depth: number): number[] {
    const { random } = this;
    const from = random.pick(["f32", "f64"] as const);
    const kind = (from === "f64" ? 2 : 0) + random.below(2);
    if (random.oneIn(4)) {
      const source = OTHER_CLASS[type];
      return [...this.canonical(source, this.around.expression(source, depth - 1)), REINTERPRET[type]];
    }
    if (random.oneIn(3)) return this.trapping(type, kind, from, depth);
    return [...this.around.expression(from, depth - 1), 0xfc, TRUNCATE_SATURATING[type] + kind];
  }

  /** Mostly of a number that fits; sometimes of any, which may trap. */
  private trapping(type: IntegerType, kind: number, from: FloatType, depth: number): number[] {
    const signed = kind % 2 === 0;
    const value = this.random.oneIn(15)
      ? this.around.expression(from, depth - 1)
      : [
          ...this.around.expression("i32", depth - 1),
          ...(signed ? [] : [0x41, 1, 0x76]),
          FROM_INTEGER[from] + (signed ? 0 : 1),
        ];
    return [...value, TRUNCATE[type] + kind];
  }
}

/** Code that turns a floating-point result into an i64, the same for every NaN. @param local scratch of the result's type */
export function resultBits(type: FloatType, local: number): number[] {
  const get = [LOCAL_GET, ...unsigned(local)];
  const nan = type === "f32" ? f32Const(Number.NaN) : f64Const(Number.NaN);
  const code = [LOCAL_SET, ...unsigned(local), ...get, ...nan, ...get, ...get, EQUAL[type], SELECT];
  return type === "f32" ? [...code, REINTERPRET.i32, 0xad] : [...code, REINTERPRET.i64];
}

/** Code that turns a floating-point result into some i64 without a local. */
export const roughResult = (type: FloatType): number[] => (type === "f32" ? [0xfc, 4] : [0xfc, 6]);
