/**
 * Machine IR: RISC-V instructions over virtual registers, in basic blocks. Instruction selection makes it, register
 * allocation replaces the virtual registers, layout and `fragment.ts` turn it into a linkable fragment.
 *
 * A block's last instruction may be a control transfer (`branch`, `jumpTable`, `return`, `tail`, `switchStack`, `unimp`); a
 * block without one continues at its only successor.
 */
import type { Opcode } from "../assembler/opcodes";
import { REGISTER_NAMES } from "../assembler/registers";
import { FIRST_VIRTUAL, isMachineFloat, NONE } from "./registers";

/**
 * Pseudo-instructions besides the assembler's.
 * - `mv`: copy between registers of one class. · `li`: load `constant`.
 * - `lf`: load the floating-point number with the bits `constant`, of `imm` bytes; scratch in defs.
 * - `branch`: compare uses[0] and uses[1] by `condition`; targets[0] if it holds, else targets[1].
 * - `jumpTable`: jump to the address in uses[0]; `targets` are the table's entries.
 * - `return` · `callRegister`: jalr through the last of `uses`.
 * - `loadSlot` / `storeSlot`: spill slot `imm`. · `loadArgument`, `loadSingleArgument`: incoming stack argument `imm`.
 * - `compareExchange`: LR/SC loop; rd = old value, scratch in defs, uses = address, expected, replacement.
 * - `waitWhileEqual`: reserve, compare, wait; rd = scratch, uses = address, value.
 * - `switchStack`: leave the frame, save ra and sp at uses[0], continue with those at uses[1].
 * - `callSwitch`: the same, to be continued behind it.
 */
export type MachineOp =
  | Opcode
  | "mv"
  | "li"
  | "lf"
  | "branch"
  | "jumpTable"
  | "return"
  | "callRegister"
  | "loadSlot"
  | "storeSlot"
  | "loadArgument"
  | "loadSingleArgument"
  | "compareExchange"
  | "waitWhileEqual"
  | "switchStack"
  | "callSwitch";

export type BranchCondition = "beq" | "bne" | "blt" | "bge" | "bltu" | "bgeu";

/** One machine instruction. */
export interface MachineInstruction {
  op: MachineOp;
  /** Register written, or NONE. */
  rd: number;
  /** Registers read: rs1, rs2, then implicit ones. */
  uses: number[];
  imm: number;
  /** Further registers written or destroyed. */
  defs?: readonly number[];
  /** The results may not share a register with an operand. */
  earlyClobber?: boolean;
  /** `li`, `lf`: the value; csr*i: the 5-bit immediate. */
  constant?: bigint;
  /** A call during which other stacks may run: no register but sp, gp and tp survives it. */
  suspends?: boolean;
  symbol?: string;
  /** Bytes added to the symbol's address. */
  addend?: number;
  /** How `symbol` is used when the opcode alone does not tell. */
  symbolUse?: "hi20" | "lo12";
  condition?: BranchCondition;
  targets?: MachineBlock[];
  /** Byte offset in the wasm file, for diagnostics about symbols. */
  position?: number;
}

/** A basic block of machine code. */
export interface MachineBlock {
  id: number;
  instructions: MachineInstruction[];
  successors: MachineBlock[];
  /** Number of loops around it. */
  depth: number;
  /** Ends in a trap or is otherwise not expected to run. */
  cold: boolean;
  /** Runs before the frame is set up: its exits restore nothing. */
  frameless?: boolean;
}

/** A function of machine code. */
export interface MachineFunction {
  name: string;
  blocks: MachineBlock[];
  /** One past the largest register number in use. */
  registerCount: number;
  /** The virtual registers that are floating-point ones. */
  floatRegisters: Set<number>;
  /** Bytes of stack arguments for the calls it makes. */
  outgoingBytes: number;
  /** Whether it contains a call that returns. */
  hasCall: boolean;
  /** Whether other stacks may run before it returns: it preserves no registers, and its callers know. */
  suspends: boolean;
  /** Spill slots of 8 bytes. */
  slots: number;
  /** Callee-saved registers it uses, set by the register allocator. */
  savedRegisters: number[];
  /** Block that sets up the frame, if it is not the first. */
  frameStart?: MachineBlock;
}

/** Makes a virtual register. */
export function addRegister(fn: MachineFunction, isFloat: boolean): number {
  const register = fn.registerCount++;
  if (isFloat) fn.floatRegisters.add(register);
  return register;
}

/** Whether a register, of the machine or virtual, is a floating-point one. */
export function isFloatRegister(fn: MachineFunction, register: number): boolean {
  return isMachineFloat(register) || fn.floatRegisters.has(register);
}

/** Makes a virtual register of another's class. */
export function addRegisterLike(fn: MachineFunction, register: number): number {
  return addRegister(fn, isFloatRegister(fn, register));
}

/** An instruction that computes the same again, with scratch registers of its own. */
export function repeat(fn: MachineFunction, instruction: MachineInstruction): MachineInstruction {
  const { uses, defs } = instruction;
  const scratch = (register: number): number =>
    register < FIRST_VIRTUAL ? register : addRegisterLike(fn, register);
  return { ...instruction, uses: [...uses], ...(defs && { defs: defs.map(scratch) }) };
}

const TERMINATORS: ReadonlySet<MachineOp> = new Set<MachineOp>([
  "branch",
  "jumpTable",
  "return",
  "tail",
  "switchStack",
  "unimp",
]);

/** Whether control never continues behind this instruction. */
export function isTerminator(op: MachineOp): boolean {
  return TERMINATORS.has(op);
}

const INVERSE: Record<BranchCondition, BranchCondition> = {
  beq: "bne",
  bne: "beq",
  blt: "bge",
  bge: "blt",
  bltu: "bgeu",
  bgeu: "bltu",
};

/** The condition that holds exactly when this one does not. */
export const invert = (condition: BranchCondition): BranchCondition => INVERSE[condition];

/** Every register an instruction writes, implicit ones included. */
export function* definitions(instruction: MachineInstruction): Generator<number> {
  if (instruction.rd > 0) yield instruction.rd;
  if (instruction.defs) yield* instruction.defs;
}

function registerName(register: number): string {
  return register < FIRST_VIRTUAL ? REGISTER_NAMES[register]! : `%${register - FIRST_VIRTUAL}`;
}

/** One instruction as text, for dumps and tests. */
export function printMachineInstruction(instruction: MachineInstruction): string {
  const { op, rd, uses, imm, constant, symbol, condition, targets } = instruction;
  const operands = uses.map(registerName);
  if (imm !== 0) operands.push(String(imm));
  if (constant !== undefined) operands.push(String(constant));
  if (symbol !== undefined)
    operands.push(instruction.symbolUse ? `%${instruction.symbolUse}(${symbol})` : symbol);
  for (const target of targets ?? []) operands.push(`b${target.id}`);
  const result = rd === NONE ? "" : `${registerName(rd)} = `;
  return `${result}${condition ?? op} ${operands.join(", ")}`.trimEnd();
}

/** The whole function as text. */
export function printMachineFunction(fn: MachineFunction): string {
  const lines = [`machine ${JSON.stringify(fn.name)} {`];
  for (const block of fn.blocks) {
    lines.push(`b${block.id}:${block.depth > 0 ? ` ; depth ${block.depth}` : ""}`);
    for (const instruction of block.instructions) lines.push(`  ${printMachineInstruction(instruction)}`);
    const last = block.instructions[block.instructions.length - 1];
    if (block.successors.length === 1 && !(last && isTerminator(last.op)))
      lines.push(`  -> b${block.successors[0]!.id}`);
  }
  return `${lines.join("\n")}\n}\n`;
}
