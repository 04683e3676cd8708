/**
 * What the compiler's back end and hand-written assembly both produce: fragments of instructions, labels and data.
 *
 * A fragment is the unit of linking. Labels are local to their fragment; symbols are global. Nothing here has an
 * address or a size yet: the encoder chooses compressed forms and the linker relaxes branches and calls.
 */
import type { Opcode } from "./opcodes";

/** A position inside one fragment: a basic block's number or a name. Numbers and strings never collide. */
export type Label = string | number;

/** Where an instruction came from, for diagnostics and listings. Lines and columns count from 1. */
export interface SourcePosition {
  file: string;
  line: number;
  column: number;
}

/**
 * How an instruction uses a symbol's address.
 * - `call`: with opcode `call` or `tail`, a jump to the symbol.
 * - `pcrel`: with opcode `la`, the 64-bit address, computed pc-relative (auipc + addi).
 * - `hi20` / `lo12`: the two halves of an absolute address in the sign-extended 32-bit range: `lui rd, hi20` then
 *   any I- or S-format instruction with `lo12` as its immediate. One instruction shorter than `la` before a load.
 */
export type SymbolUse = "call" | "pcrel" | "hi20" | "lo12";

/** A reference to a global symbol plus a constant number of bytes. */
export interface SymbolRef {
  name: string;
  use: SymbolUse;
  addend?: number;
}

/**
 * One machine instruction, or one of the pseudo-instructions `call`, `tail` and `la`, whose length depends on layout.
 * Register numbers are 0–31, those of floating-point registers 32–63; fields an opcode does not use are 0.
 *
 * `imm` holds: the sign-extended immediate (I, S), the shift amount, the CSR number (csr*), the upper 20 bits as a
 * signed or unsigned number (lui, auipc), the 4+4 pred/succ bits (`fence`), the ordering bits (atomics: aq = 2, rl = 1), or
 * the rounding mode (floating point: 0 is to nearest, ties to even).
 * For csr*i instructions the 5-bit immediate is in `rs1`.
 */
export interface Instruction {
  kind: "instruction";
  op: Opcode;
  rd: number;
  rs1: number;
  rs2: number;
  /** Third operand of fused multiply-add instructions. */
  rs3?: number;
  imm: number;
  /** Destination of conditional branches and of `jal`, a label of the same fragment. */
  target?: Label;
  symbol?: SymbolRef;
  position?: SourcePosition;
  /** Keeps the instruction in its 4-byte form, for code whose length matters (vector tables). */
  uncompressed?: boolean;
}

/** Defines a label at this place of the fragment. */
export interface LabelMark {
  kind: "label";
  label: Label;
}

/** Defines a further global symbol at this place (a second entry of a fragment). */
export interface SymbolMark {
  kind: "symbol";
  name: string;
}

/** Pads to a multiple of `bytes` (a power of two): with nops in code, with zeroes in data. */
export interface Align {
  kind: "align";
  bytes: number;
}

/** A word of data: a number, the address of a symbol, or the address of a label of this fragment. */
export interface DataWord {
  kind: "data";
  /** Size in bytes. Addresses need 4 (the sign-extended low half, as `lw` loads it) or 8. */
  size: 1 | 2 | 4 | 8;
  value: bigint | { symbol: string; addend?: number } | { label: Label };
}

/** One item of a fragment's stream. */
export type Item = Instruction | LabelMark | SymbolMark | Align | DataWord;

/**
 * A table of code addresses in the read-only area after the text: 4 bytes an entry, the low half of the address,
 * so that `lw` gives the address. `symbol` names the table for `la` or hi20/lo12.
 */
export interface JumpTable {
  symbol: string;
  targets: Label[];
}

/** A piece of code or data that the linker places as a whole. */
export interface Fragment {
  /** Global symbol at the fragment's first byte. */
  name: string;
  /** `code` goes to the text, `rodata` behind it (same read-execute segment), `data` to the writable segment. */
  section: "code" | "rodata" | "data";
  /** Alignment of the first byte in bytes, a power of two; at least 2 for code. */
  alignment: number;
  items: Item[];
  jumpTables: JumpTable[];
  /** Source file of the whole fragment, for diagnostics about undefined symbols. */
  file?: string;
}

/** Makes an instruction with unused fields 0. */
export function instruction(op: Opcode, fields: Partial<Omit<Instruction, "kind" | "op">> = {}): Instruction {
  return { kind: "instruction", op, rd: 0, rs1: 0, rs2: 0, imm: 0, ...fields };
}

/** Makes an empty fragment. Code is aligned to 4 bytes unless the caller changes it. */
export function fragment(name: string, section: Fragment["section"] = "code"): Fragment {
  return { name, section, alignment: section === "code" ? 4 : 8, items: [], jumpTables: [] };
}
