/**
 * Assembly written in TypeScript: one method an instruction, in the operand order of RISC-V assembly.
 *
 * Methods are named after the mnemonics, dots replaced by camel case: `a.addi(reg.sp, reg.sp, -16)`, `a.sextB(...)`,
 * `a.amoaddW(...)`, `a.sfenceVma()`, `a.uipiSend(...)`. The instruction methods come from the opcode table, so an
 * opcode that can be encoded can also be written here. Floating-point instructions round to nearest, ties to even, unless
 * their last operand says otherwise.
 */
import { loadImmediate } from "./immediate";
import { type Fragment, fragment, instruction, type Label } from "./instruction";
import { type Encoding, OPCODES, type Opcode, ROUNDING_MODES, type RoundingMode } from "./opcodes";
import { reg } from "./registers";

/** Ordering of an atomic instruction. */
export type Ordering = "relaxed" | "acquire" | "release" | "acquireRelease";

/** aq (2) and rl (1) bits of an ordering. */
export const ORDERING_BITS: Record<Ordering, number> = {
  relaxed: 0,
  acquire: 2,
  release: 1,
  acquireRelease: 3,
};

/** Operands of the method for each instruction format. */
interface Operands {
  R: [rd: number, rs1: number, rs2: number];
  unary: [rd: number, rs1: number];
  I: [rd: number, rs1: number, imm: number];
  load: [rd: number, base: number, offset: number];
  store: [value: number, base: number, offset: number];
  shift: [rd: number, rs1: number, amount: number];
  shiftW: [rd: number, rs1: number, amount: number];
  branch: [rs1: number, rs2: number, target: Label];
  U: [rd: number, upper: number];
  jump: [rd: number, target: Label];
  csr: [rd: number, csr: number, rs1: number];
  csrImm: [rd: number, csr: number, imm: number];
  atomic: [rd: number, value: number, address: number, ordering?: Ordering];
  loadReserved: [rd: number, address: number, ordering?: Ordering];
  rounded: [rd: number, rs1: number, rs2: number, rounding?: RoundingMode];
  roundedUnary: [rd: number, rs1: number, rounding?: RoundingMode];
  fused: [rd: number, rs1: number, rs2: number, rs3: number, rounding?: RoundingMode];
  fence: [predecessor: number, successor: number];
  address: [address?: number, asid?: number];
  rs1: [rs1: number];
  rd: [rd: number];
  none: [];
  pseudo: never;
}

type CamelCase<S extends string> = S extends `${infer Head}.${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;
type FormatOf<K extends Opcode> = (typeof OPCODES)[K]["format"];
type PseudoOpcode = { [K in Opcode]: FormatOf<K> extends "pseudo" ? K : never }[Opcode];
type InstructionMethods = {
  [K in Exclude<Opcode, PseudoOpcode> as CamelCase<K>]: (...operands: Operands[FormatOf<K>]) => void;
};

/** Fields of the instruction with opcode `op` and these operands. */
function operandFields(encoding: Encoding, operands: readonly unknown[]) {
  const [a = 0, b = 0, c = 0] = operands as number[];
  const ordering = (value: unknown) => ORDERING_BITS[(value as Ordering | undefined) ?? "relaxed"];
  const rounding = (value: unknown) => ROUNDING_MODES[(value as RoundingMode | undefined) ?? "rne"];
  switch (encoding.format) {
    case "R":
      return { rd: a, rs1: b, rs2: c };
    case "unary":
      return { rd: a, rs1: b };
    case "I":
    case "load":
    case "shift":
    case "shiftW":
      return { rd: a, rs1: b, imm: c };
    case "store":
      return { rs2: a, rs1: b, imm: c };
    case "branch":
      return { rs1: a, rs2: b, target: operands[2] as Label };
    case "U":
      return { rd: a, imm: b };
    case "jump":
      return { rd: a, target: operands[1] as Label };
    case "csr":
    case "csrImm":
      return { rd: a, imm: b, rs1: c };
    case "atomic":
      return { rd: a, rs2: b, rs1: c, imm: ordering(operands[3]) };
    case "loadReserved":
      return { rd: a, rs1: b, imm: ordering(operands[2]) };
    case "rounded":
      return { rd: a, rs1: b, rs2: c, imm: rounding(operands[3]) };
    case "roundedUnary":
      return { rd: a, rs1: b, imm: rounding(operands[2]) };
    case "fused":
      return { rd: a, rs1: b, rs2: c, rs3: operands[3] as number, imm: rounding(operands[4]) };
    case "fence":
      return { imm: (a << 4) | b };
    case "address":
      return { rs1: a, rs2: b };
    case "rs1":
      return { rs1: a };
    case "rd":
      return { rd: a };
    case "none":
    case "pseudo":
      return {};
  }
}

/** Holds the growing fragment; the instruction methods are added to its prototype from the opcode table. */
class FragmentBuilder {
  protected readonly fragment: Fragment;
  /** @param name global symbol of the fragment's first instruction */
  constructor(name: string) {
    this.fragment = fragment(name);
  }
  protected emit(op: Opcode, fields: Parameters<typeof instruction>[1]): void {
    this.fragment.items.push(instruction(op, fields));
  }
}

for (const [op, encoding] of Object.entries(OPCODES) as [Opcode, Encoding][]) {
  if (encoding.format === "pseudo") continue;
  const method = op.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase());
  Object.defineProperty(FragmentBuilder.prototype, method, {
    value(this: { emit: FragmentBuilder["emit"] }, ...operands: unknown[]) {
      this.emit(op, operandFields(encoding, operands));
    },
  });
}

const InstructionBuilder = FragmentBuilder as new (name: string) => FragmentBuilder & InstructionMethods;

/**
 * Builds one fragment of assembly.
 * @example
 * const a = new Assembler("exchange");
 * a.ld(reg.t0, reg.a0, 0);
 * a.sd(reg.a1, reg.a0, 0);
 * a.mv(reg.a0, reg.t0);
 * a.ret();
 * const fragment = a.finish();
 */
export class Assembler extends InstructionBuilder {
  private readonly labels = new Set<Label>();
  private pinned = false;

  /** Defines a label here; branches before and after it may use it. */
  label(name: Label): void {
    if (this.labels.has(name)) throw new Error(`${this.fragment.name}: label ${name} is defined twice`);
    this.labels.add(name);
    this.fragment.items.push({ kind: "label", label: name });
  }

  /** Defines a second global symbol here. */
  global(name: string): void {
    this.fragment.items.push({ kind: "symbol", name });
  }

  /** Pads with nops to a multiple of `bytes`, and aligns the fragment itself to it. */
  align(bytes: number): void {
    this.fragment.alignment = Math.max(this.fragment.alignment, bytes);
    this.fragment.items.push({ kind: "align", bytes });
  }

  /** While `pinned`, instructions keep their 4-byte forms (interrupt vector tables). */
  pin(pinned: boolean): void {
    this.pinned = pinned;
  }

  protected override emit(op: Opcode, fields: Parameters<typeof instruction>[1]): void {
    super.emit(op, this.pinned ? { ...fields, uncompressed: true } : fields);
  }

  /** A 32-bit word in the text. */
  word(value: number): void {
    this.fragment.items.push({ kind: "data", size: 4, value: BigInt.asUintN(32, BigInt(value)) });
  }

  /** A 64-bit word in the text: a number or the address of a symbol. */
  dword(value: bigint | string): void {
    const content = typeof value === "string" ? { symbol: value } : BigInt.asUintN(64, value);
    this.fragment.items.push({ kind: "data", size: 8, value: content });
  }

  /** Loads a 64-bit constant with the shortest known sequence of base instructions. */
  li(rd: number, value: bigint | number): void {
    for (const step of loadImmediate(rd, BigInt(value), { bitmanip: false })) this.fragment.items.push(step);
  }

  /** Address of a symbol (auipc + addi). */
  la(rd: number, symbol: string, addend = 0): void {
    this.emit("la", { rd, symbol: { name: symbol, use: "pcrel", addend } });
  }

  /** Calls a symbol, link in ra. */
  call(symbol: string): void {
    this.emit("call", { rd: reg.ra, symbol: { name: symbol, use: "call" } });
  }

  /** Jumps to a symbol; overwrites t1 when the symbol is more than 1 MiB away. */
  tail(symbol: string): void {
    this.emit("tail", { symbol: { name: symbol, use: "call" } });
  }

  /** Jumps to a label of this fragment. */
  j(target: Label): void {
    this.jal(reg.zero, target);
  }

  jr(rs1: number): void {
    this.jalr(reg.zero, rs1, 0);
  }

  ret(): void {
    this.jalr(reg.zero, reg.ra, 0);
  }

  nop(): void {
    this.addi(reg.zero, reg.zero, 0);
  }

  mv(rd: number, rs: number): void {
    this.addi(rd, rs, 0);
  }

  not(rd: number, rs: number): void {
    this.xori(rd, rs, -1);
  }

  neg(rd: number, rs: number): void {
    this.sub(rd, reg.zero, rs);
  }

  /** Sign-extends the low word. */
  sextW(rd: number, rs: number): void {
    this.addiw(rd, rs, 0);
  }

  seqz(rd: number, rs: number): void {
    this.sltiu(rd, rs, 1);
  }

  snez(rd: number, rs: number): void {
    this.sltu(rd, reg.zero, rs);
  }

  beqz(rs: number, target: Label): void {
    this.beq(rs, reg.zero, target);
  }

  bnez(rs: number, target: Label): void {
    this.bne(rs, reg.zero, target);
  }

  bltz(rs: number, target: Label): void {
    this.blt(rs, reg.zero, target);
  }

  bgez(rs: number, target: Label): void {
    this.bge(rs, reg.zero, target);
  }

  bgtz(rs: number, target: Label): void {
    this.blt(reg.zero, rs, target);
  }

  blez(rs: number, target: Label): void {
    this.bge(reg.zero, rs, target);
  }

  csrr(rd: number, csr: number): void {
    this.csrrs(rd, csr, reg.zero);
  }

  csrw(csr: number, rs: number): void {
    this.csrrw(reg.zero, csr, rs);
  }

  csrs(csr: number, rs: number): void {
    this.csrrs(reg.zero, csr, rs);
  }

  csrc(csr: number, rs: number): void {
    this.csrrc(reg.zero, csr, rs);
  }

  csrwi(csr: number, imm: number): void {
    this.csrrwi(reg.zero, csr, imm);
  }

  csrsi(csr: number, imm: number): void {
    this.csrrsi(reg.zero, csr, imm);
  }

  csrci(csr: number, imm: number): void {
    this.csrrci(reg.zero, csr, imm);
  }

  /** The finished fragment, for `compile({ assembly: [...] })`. Branches to labels nobody defined are refused. */
  finish(): Fragment {
    for (const item of this.fragment.items) {
      if (item.kind === "instruction" && item.target !== undefined && !this.labels.has(item.target)) {
        throw new Error(`${this.fragment.name}: label ${item.target} is not defined`);
      }
    }
    return this.fragment;
  }
}
