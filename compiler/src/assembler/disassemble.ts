/** Text of instructions and fragments, for dumps and test messages. Not a decoder of machine words. */
import type { Fragment, Instruction, Item } from "./instruction";
import { type Encoding, OPCODES, ROUNDING_MODES } from "./opcodes";
import { REGISTER_NAMES } from "./registers";

const name = (register: number) => REGISTER_NAMES[register] ?? `x${register}`;
const ORDERINGS = ["", ".rl", ".aq", ".aqrl"];

function fenceSet(bits: number): string {
  const letters = ["i", "o", "r", "w"].filter((_, index) => bits & (8 >> index)).join("");
  return letters === "" ? "0" : letters;
}

/** The immediate, or the part of a symbol's address that will replace it. */
function immediate({ imm, symbol }: Instruction): string {
  if (!symbol) return String(imm);
  const addend = symbol.addend ? `+${symbol.addend}` : "";
  const part = symbol.use === "hi20" ? "%hi" : "%lo";
  return symbol.use === "hi20" || symbol.use === "lo12"
    ? `${part}(${symbol.name}${addend})`
    : `${symbol.name}${addend}`;
}

const roundingName = ({ imm }: Instruction): string =>
  Object.entries(ROUNDING_MODES).find(([, bits]) => bits === imm)?.[0] ?? String(imm);

/** Operands in assembly order. */
function operands(i: Instruction): string[] {
  const { format } = OPCODES[i.op] as Encoding;
  switch (format) {
    case "R":
      return [name(i.rd), name(i.rs1), name(i.rs2)];
    case "unary":
      return [name(i.rd), name(i.rs1)];
    case "I":
    case "shift":
    case "shiftW":
      return [name(i.rd), name(i.rs1), immediate(i)];
    case "load":
      return [name(i.rd), `${immediate(i)}(${name(i.rs1)})`];
    case "store":
      return [name(i.rs2), `${immediate(i)}(${name(i.rs1)})`];
    case "branch":
      return [name(i.rs1), name(i.rs2), `.${i.target}`];
    case "U":
      return [name(i.rd), i.symbol ? immediate(i) : `0x${(i.imm & 0xfffff).toString(16)}`];
    case "jump":
      return [name(i.rd), `.${i.target}`];
    case "csr":
      return [name(i.rd), `0x${i.imm.toString(16)}`, name(i.rs1)];
    case "csrImm":
      return [name(i.rd), `0x${i.imm.toString(16)}`, String(i.rs1)];
    case "atomic":
      return [name(i.rd), name(i.rs2), `(${name(i.rs1)})`];
    case "loadReserved":
      return [name(i.rd), `(${name(i.rs1)})`];
    case "rounded":
      return [name(i.rd), name(i.rs1), name(i.rs2), roundingName(i)];
    case "roundedUnary":
      return [name(i.rd), name(i.rs1), roundingName(i)];
    case "fused":
      return [name(i.rd), name(i.rs1), name(i.rs2), name(i.rs3 ?? 0), roundingName(i)];
    case "fence":
      return [fenceSet(i.imm >> 4), fenceSet(i.imm & 15)];
    case "address":
      return [name(i.rs1), name(i.rs2)];
    case "rs1":
      return [name(i.rs1)];
    case "rd":
      return [name(i.rd)];
    case "none":
      return [];
    case "pseudo":
      return i.op === "la" ? [name(i.rd), immediate(i)] : [immediate(i)];
  }
}

/** One instruction as assembly, for example `addi sp, sp, -16`. */
export function disassemble(instruction: Instruction): string {
  const { format } = OPCODES[instruction.op] as Encoding;
  const ordering = format === "atomic" || format === "loadReserved" ? (ORDERINGS[instruction.imm] ?? "") : "";
  return `${instruction.op}${ordering} ${operands(instruction).join(", ")}`.trimEnd();
}

function itemText(item: Item): string {
  switch (item.kind) {
    case "instruction":
      return `  ${disassemble(item)}`;
    case "label":
      return `.${item.label}:`;
    case "symbol":
      return `${item.name}:`;
    case "align":
      return `  .balign ${item.bytes}`;
    case "data": {
      const directive = { 1: ".byte", 2: ".half", 4: ".word", 8: ".dword" }[item.size];
      if (typeof item.value === "bigint") return `  ${directive} ${item.value}`;
      return `  ${directive} ${"label" in item.value ? `.${item.value.label}` : item.value.symbol}`;
    }
  }
}

/** A whole fragment as assembly text. */
export function fragmentText(fragment: Fragment): string {
  const lines = [`${fragment.name}:`, ...fragment.items.map(itemText)];
  for (const { symbol, targets } of fragment.jumpTables) {
    lines.push(`${symbol}:`, ...targets.map((target) => `  .word .${target}`));
  }
  return `${lines.join("\n")}\n`;
}
