/**
 * Floating-point constants: made from an integer where that takes no more than two instructions, else loaded from read-only
 * memory. Every constant is there once in the program.
 */
import { loadImmediate } from "../assembler/immediate";
import { type Fragment, fragment, type Instruction, instruction } from "../assembler/instruction";
import type { MachineInstruction } from "./machine";

const CONSTANT = /^__float(32|64) ([0-9a-f]+)$/;

/** Symbol of a constant in memory, by its bits. */
const constantSymbol = (bits: bigint, bytes: number): string =>
  `__float${bytes * 8} ${BigInt.asUintN(bytes * 8, bits).toString(16)}`;

/** The read-only data that a constant's symbol names, or undefined if it is no such symbol. */
export function floatConstant(symbol: string): Fragment | undefined {
  const [, bits, digits] = CONSTANT.exec(symbol) ?? [];
  if (!bits || !digits) return undefined;
  const data = fragment(symbol, "rodata");
  const size = bits === "32" ? 4 : 8;
  data.alignment = size;
  data.items.push({ kind: "data", size, value: BigInt(`0x${digits}`) });
  return data;
}

/** The instructions of `lf`. */
export function loadFloat(
  { rd, imm, constant, defs }: MachineInstruction,
  options: { bitmanip: boolean },
): Instruction[] {
  const move = imm === 4 ? "fmv.w.x" : "fmv.d.x";
  if (constant === 0n) return [instruction(move, { rd })];
  const scratch = defs![0]!;
  const integer = loadImmediate(scratch, constant!, options);
  if (integer.length === 1) return [...integer, instruction(move, { rd, rs1: scratch })];
  const name = constantSymbol(constant!, imm);
  return [
    instruction("lui", { rd: scratch, symbol: { name, use: "hi20" } }),
    instruction(imm === 4 ? "flw" : "fld", { rd, rs1: scratch, symbol: { name, use: "lo12" } }),
  ];
}
