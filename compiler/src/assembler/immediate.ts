/**
 * Loading 64-bit constants into a register (`li`).
 *
 * A constant is either built directly (addi, lui, lui + addiw), or from a simpler constant by one more instruction:
 * shift left then add, shift right logical of an all-ones-topped value, and, with Zbs, setting or clearing one bit.
 * The shortest sequence found wins; ties go to the first.
 */
import { type Instruction, instruction } from "./instruction";
import type { Opcode } from "./opcodes";

interface Step {
  op: Opcode;
  imm: number;
}

const signed = (value: bigint, bits: number) => BigInt.asIntN(bits, value);
const fits = (value: bigint, bits: number) => signed(value, bits) === value;

/** Sequences for constants in the sign-extended 32-bit range. */
function small(value: bigint): Step[] | undefined {
  if (fits(value, 12)) return [{ op: "addi", imm: Number(value) }];
  if (!fits(value, 32)) return undefined;
  const low = signed(value, 12);
  const high = Number(BigInt.asUintN(20, (value - low) >> 12n));
  const steps: Step[] = [{ op: "lui", imm: high }];
  if (low !== 0n) steps.push({ op: "addiw", imm: Number(low) });
  return steps;
}

function trailingZeros(value: bigint): number {
  let count = 0;
  while (((value >> BigInt(count)) & 1n) === 0n) count++;
  return count;
}

function leadingZeros(value: bigint): number {
  return 64 - BigInt.asUintN(64, value).toString(2).length;
}

/** Candidates that end with a left shift, optionally followed by an addi of the low 12 bits. */
function viaShift(value: bigint, bitmanip: boolean): Step[] {
  const low = signed(value, 12);
  const rest = signed(value - low, 64);
  const tail: Step[] = low === 0n ? [] : [{ op: "addi", imm: Number(low) }];
  const zeros = rest === 0n ? 0 : trailingZeros(rest);
  const upper = rest >> BigInt(zeros);
  let best = [...sequence(upper, bitmanip), { op: "slli" as Opcode, imm: zeros }, ...tail];
  // A slightly less shifted value may be a plain lui where the fully shifted one needs lui + addiw.
  if (zeros > 12 && !fits(upper, 12) && fits(upper << 12n, 32)) {
    const aligned: Step[] = [
      { op: "lui", imm: Number(BigInt.asUintN(20, upper)) },
      { op: "slli", imm: zeros - 12 },
      ...tail,
    ];
    if (aligned.length < best.length) best = aligned;
  }
  return best;
}

/** Candidate for values with leading zeroes: build the value with ones on top, then shift right. */
function viaRightShift(value: bigint): Step[] | undefined {
  if (value < 0n) return undefined;
  const zeros = leadingZeros(value);
  if (zeros === 0) return undefined;
  const ones = (1n << BigInt(zeros)) - 1n;
  for (const fill of [ones, 0n]) {
    const start = small(signed((value << BigInt(zeros)) | fill, 64));
    if (start) return [...start, { op: "srli", imm: zeros }];
  }
  return undefined;
}

/** Candidates that set or clear one of the upper bits (Zbs). */
function viaBit(value: bigint): Step[] | undefined {
  const low = small(signed(value, 32));
  if (!low) return undefined;
  const difference = BigInt.asUintN(64, value ^ signed(value, 32));
  if (difference === 0n || (difference & (difference - 1n)) !== 0n) return undefined;
  const op: Opcode = signed(value, 32) < 0n ? "bclri" : "bseti";
  const zeroStart = low.length === 1 && low[0]!.op === "addi" && low[0]!.imm === 0;
  return [...(zeroStart ? [] : low), { op, imm: trailingZeros(difference) }];
}

function sequence(value: bigint, bitmanip: boolean): Step[] {
  const direct = small(value);
  if (direct && direct.length === 1) return direct;
  const candidates = [direct, viaRightShift(value), bitmanip ? viaBit(value) : undefined];
  if (!direct) candidates.push(viaShift(value, bitmanip));
  return candidates.filter((c) => c !== undefined).reduce((a, b) => (b.length < a.length ? b : a));
}

/**
 * Instructions that put `value` (taken modulo 2^64, as signed) into register `rd`.
 * @param options.bitmanip whether Zba/Zbb/Zbs instructions may be used
 */
export function loadImmediate(rd: number, value: bigint, options: { bitmanip: boolean }): Instruction[] {
  return sequence(signed(value, 64), options.bitmanip).map(({ op, imm }, index) =>
    instruction(op, { rd, rs1: index === 0 || op === "lui" ? 0 : rd, imm }),
  );
}
