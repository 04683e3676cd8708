// Random operands that are more often at the edges of a format than chance would have them: zeros, subnormals, powers of two, numbers
// next to them, the largest, halfway cases, infinities, NaNs of both kinds, and singles that are not boxed.
import type { Random } from "../../src/test-support/random";
import { DOUBLE, type Format, infinity, SINGLE, signBit } from "./numbers";
import type { Operands, Operation } from "./operations";
import * as oracle from "./oracle";
import { MODES } from "./oracle";

const random64 = (random: Random): bigint => (BigInt(random.next()) << 32n) | BigInt(random.next());

/** Fractions with few changes between ones and zeros, or any. */
function fraction(random: Random, bits: number): bigint {
  const all = (1n << BigInt(bits)) - 1n;
  const whole = random64(random) & all;
  switch (random.below(8)) {
    case 0:
      return 0n;
    case 1:
      return all;
    case 2:
      return 1n << BigInt(random.below(bits));
    case 3:
      return all ^ (1n << BigInt(random.below(bits)));
    case 4:
      return (all << BigInt(random.below(bits))) & all;
    case 5:
      return whole & (all >> BigInt(random.below(bits)));
    case 6:
      return whole & (all << BigInt(random.below(bits))) & all;
    default:
      return whole;
  }
}

function exponentField(random: Random, format: Format): bigint {
  const fields = 1 << (format.width - format.precision);
  const bias = fields / 2 - 1;
  switch (random.below(8)) {
    case 0:
      return BigInt(random.below(3)); // subnormal and smallest
    case 1:
      return BigInt(fields - 1 - random.below(4)); // infinities, NaNs, largest
    case 2:
      return BigInt(bias + random.below(5) - 2);
    case 3:
      return BigInt(bias + random.below(2 * format.precision) - format.precision);
    case 4:
      return BigInt(bias + random.pick([30, 31, 32, 52, 53, 62, 63, 64]));
    case 5:
      return BigInt((bias >> 1) + random.below(7) - 3); // products around the smallest
    default:
      return BigInt(random.below(fields));
  }
}

/** A number of a format, in its bits. */
export function randomFloat(random: Random, format: Format): bigint {
  const fractionBits = format.precision - 1;
  const magnitude = (exponentField(random, format) << BigInt(fractionBits)) | fraction(random, fractionBits);
  return magnitude | (random.chance(2) ? signBit(format) : 0n);
}

/** A register that holds a number of a format; a single is sometimes not boxed. */
function randomRegister(random: Random, format: Format): bigint {
  const bits = randomFloat(random, format);
  if (format === DOUBLE) return bits;
  if (random.chance(32)) return bits | (random64(random) & 0xffff_ffff_0000_0000n);
  return bits | 0xffff_ffff_0000_0000n;
}

const box = (format: Format, bits: bigint): bigint =>
  format === DOUBLE ? bits : bits | 0xffff_ffff_0000_0000n;

/** A finite number a few steps away, so that sums cancel; also the step to the other sign. */
function near(random: Random, format: Format, bits: bigint): bigint {
  const magnitude = bits & ~signBit(format);
  const moved = magnitude + BigInt(random.below(7) - 3);
  const limited = moved < 0n || moved > infinity(format) ? magnitude : moved;
  return limited | (random.chance(2) ? signBit(format) : 0n);
}

/** Operands for an instruction. */
export function randomOperands(random: Random, operation: Operation): Operands {
  const { source, reads } = operation;
  const operands = {
    a: randomRegister(random, source),
    b: randomRegister(random, source),
    c: randomRegister(random, source),
    x: randomInteger(random),
  };
  if (reads === 1 && random.chance(4)) operands.a = box(source, nearInteger(random, source));
  if (reads === 1 && source === DOUBLE && random.chance(4)) operands.a = nearSingle(random);
  if (reads >= 2 && random.chance(2)) operands.b = box(source, related(random, source, operands.a));
  if (reads === 3 && random.chance(3)) Object.assign(operands, halfwayProduct(random, source));
  if (reads === 3 && random.chance(2)) operands.c = box(source, cancelling(random, source, operands));
  return operands;
}

/** Factors whose product lies halfway between two numbers: an odd significand below 4/3, and one and a half. */
function halfwayProduct(random: Random, format: Format): { a: bigint; b: bigint } {
  const fractionBits = format.precision - 1;
  const bias = (1n << BigInt(format.width - format.precision - 1)) - 1n;
  const exponent = (): bigint => (bias + BigInt(random.below(60) - 30)) << BigInt(fractionBits);
  const sign = (): bigint => (random.chance(2) ? signBit(format) : 0n);
  const odd = (fraction(random, fractionBits) >> 2n) | 1n;
  const half = 1n << BigInt(fractionBits - 1);
  return { a: box(format, exponent() | odd | sign()), b: box(format, exponent() | half | sign()) };
}

const valueBits = (format: Format, register: bigint): bigint =>
  format === DOUBLE ? register : register & 0xffff_ffffn;

/** A number that meets `a` at an edge: of cancellation in a sum, of halfway cases, of the format's range in a product or quotient. */
function related(random: Random, format: Format, a: bigint): bigint {
  const bits = valueBits(format, a);
  const mode = random.pick(MODES);
  switch (random.below(4)) {
    case 0:
      return near(random, format, bits);
    case 1:
      return below(random, format, bits);
    case 2:
      return near(random, format, oracle.divide(format, mode, edge(random, format), bits).bits);
    default:
      return near(random, format, oracle.divide(format, mode, bits, edge(random, format)).bits);
  }
}

/** The smallest and largest normal numbers and the smallest subnormal one, with their neighbours. */
function edge(random: Random, format: Format): bigint {
  const smallest = 1n << BigInt(format.precision - 1);
  return near(random, format, random.pick([smallest, infinity(format) - 1n, 1n]));
}

/** A number so far below another that it decides how a sum of both is rounded. */
function below(random: Random, format: Format, bits: bigint): bigint {
  const fractionBits = BigInt(format.precision - 1);
  const field = (bits & ~signBit(format)) >> fractionBits;
  const distance = BigInt(format.precision + random.below(format.precision) - 2);
  const far = field > distance ? field - distance : 0n;
  const sign = random.chance(2) ? signBit(format) : 0n;
  return (far << fractionBits) | fraction(random, format.precision - 1) | sign;
}

/** An addend near the product, or so far below it that it decides a halfway case. */
function cancelling(random: Random, format: Format, { a, b }: Operands): bigint {
  const product = oracle.multiply(
    format,
    random.pick(MODES),
    valueBits(format, a),
    valueBits(format, b),
  ).bits;
  return random.chance(2) ? near(random, format, product) : below(random, format, product);
}

/** A number of a format at or next to n or n + 1/2, n often at the bounds of integer types. */
function nearInteger(random: Random, format: Format): bigint {
  const bound = random.pick([0n, 1n << 31n, 1n << 32n, 1n << 63n, 1n << 64n, BigInt(random.below(1000))]);
  const halves = 2n * bound + BigInt(random.below(9) - 4);
  const value = Number(halves) / 2;
  const view = new DataView(new ArrayBuffer(8));
  if (format === DOUBLE) view.setFloat64(0, value);
  else view.setFloat32(0, value);
  const bits = format === DOUBLE ? view.getBigUint64(0) : BigInt(view.getUint32(0));
  return near(random, format, bits);
}

/** A double between two singles, exactly halfway, or next to that. */
function nearSingle(random: Random): bigint {
  const single = random.chance(4) ? edge(random, SINGLE) : randomFloat(random, SINGLE);
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, Number(single));
  view.setFloat64(0, view.getFloat32(0));
  const middle = 1n << BigInt(DOUBLE.precision - SINGLE.precision - 1 + random.below(4));
  return BigInt.asUintN(
    64,
    view.getBigUint64(0) + (random.chance(4) ? 0n : middle) + BigInt(random.below(3) - 1),
  );
}

function randomInteger(random: Random): bigint {
  const bits = 1 + random.below(64);
  const magnitude = (fraction(random, 63) << 1n) >> BigInt(64 - bits);
  const moved = magnitude + BigInt(random.below(3) - 1);
  return BigInt.asUintN(64, random.chance(2) ? -moved : moved);
}
