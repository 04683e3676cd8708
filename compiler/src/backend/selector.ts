/**
 * The state that instruction selection shares between its parts: virtual registers of values, the code being emitted,
 * and where constants are materialised.
 *
 * Selection runs bottom-up: blocks in reverse order, values from last to first. A pure value is emitted only if something
 * selected before (that is, later in the program) asked for its register, so whatever was folded into its users costs
 * nothing. The code of one value is a *group*; groups are put in order when the block is done.
 *
 * Registers hold i32 values sign-extended to 64 bits. `register` gives a value in that form; `lowBits` gives a register of
 * which only the low 32 bits (or fewer) are right, for the users that look no further.
 */
import { loadImmediate } from "../assembler/immediate";
import { type ControlFlow, coldBlocks, type Loop } from "../ir/control-flow";
import {
  type Block,
  type FloatType,
  type IRFunction,
  isFloat,
  sizeOfType,
  usesFloats,
  type Value,
} from "../ir/ir";
import { isNonNegative } from "../ir/value-range";
import {
  addRegister,
  addRegisterLike,
  type MachineBlock,
  type MachineFunction,
  type MachineInstruction,
  type MachineOp,
} from "./machine";
import { FIRST_VIRTUAL, NONE } from "./registers";

/** What selection needs to know about the target. */
export interface SelectionOptions {
  bitmanip: boolean;
}

type Group = MachineInstruction[];

/** A constant or symbol address that a block materialises once, in front of its first use. */
interface Materialized {
  register: number;
  instruction: MachineInstruction;
  /** The first group (in program order) that uses it; null means in front of the terminator. */
  before: Group | null;
}

/** Whether a block contains a call during which other stacks may run. */
const hasSuspension = ({ instructions }: Block): boolean =>
  instructions.some(({ op, suspends }) => suspends || op === "switchStack");

/** Constants of a class hoisted out of one loop at most. */
const MAX_HOISTED = 8;

export class Selector {
  readonly machine: MachineFunction;
  /** Block being selected. */
  block!: Block;
  private group: Group = [];
  private groups: Group[] = [];
  private readonly registers: Int32Array;
  private readonly machineBlocks = new Map<Block, MachineBlock>();
  private readonly cold: ReadonlySet<Block>;
  private readonly materialized = new Map<Block, Map<string, Materialized>>();
  private readonly loopsAround: Loop[][];
  private readonly hoisted = { integer: new Map<Loop, number>(), float: new Map<Loop, number>() };
  /** Whether floating-point values may be live across a call. */
  readonly usesFloats: boolean;

  constructor(
    readonly fn: IRFunction,
    readonly flow: ControlFlow,
    readonly options: SelectionOptions,
    /** How often each value is used, by value number. */
    readonly uses: Int32Array,
  ) {
    this.registers = new Int32Array(fn.valueCount);
    this.usesFloats = usesFloats(fn);
    this.cold = coldBlocks(fn);
    this.machine = {
      name: fn.name,
      blocks: [],
      registerCount: FIRST_VIRTUAL,
      floatRegisters: new Set(),
      outgoingBytes: 0,
      hasCall: false,
      suspends: false,
      slots: 0,
      savedRegisters: [],
    };
    // No register survives a loop that suspends: constants would only be computed again in it.
    const loops = flow.loops.filter(({ body }) => ![...body].some(hasSuspension));
    this.loopsAround = fn.blocks.map((block) => loops.filter((loop) => loop.body.has(block)));
    for (const block of fn.blocks) this.addMachineBlock(block);
    for (const block of fn.blocks)
      this.machineBlock(block).successors = block.successors.map((successor) => this.machineBlock(successor));
  }

  private addMachineBlock(block: Block): void {
    const machineBlock: MachineBlock = {
      id: block.id,
      instructions: [],
      successors: [],
      depth: this.flow.depth[block.order]!,
      cold: this.cold.has(block),
    };
    this.machineBlocks.set(block, machineBlock);
    this.materialized.set(block, new Map());
    this.machine.blocks.push(machineBlock);
  }

  machineBlock(block: Block): MachineBlock {
    return this.machineBlocks.get(block)!;
  }

  // Code

  /** Appends an instruction to the current group and returns its result register. */
  emit(op: MachineOp, rd: number, uses: number[], imm = 0, extra: Partial<MachineInstruction> = {}): number {
    this.group.push({ op, rd, uses, imm, ...extra });
    return rd;
  }

  /** Appends an instruction whose result goes to a fresh register. */
  emitTo(op: MachineOp, uses: number[], imm = 0, extra: Partial<MachineInstruction> = {}): number {
    return this.emit(op, this.newRegister(), uses, imm, extra);
  }

  /** A fresh integer register. */
  newRegister(): number {
    return addRegister(this.machine, false);
  }

  /** A copy of a register, in a fresh one of its class. */
  copy(register: number): number {
    return this.emit("mv", addRegisterLike(this.machine, register), [register]);
  }

  /** Starts the code of the next value (which runs before everything selected so far in this block). */
  beginGroup(): void {
    this.group = [];
    this.groups.push(this.group);
  }

  beginBlock(block: Block): void {
    this.block = block;
    this.groups = [];
    this.beginGroup();
    for (const entry of this.materialized.get(block)!.values()) entry.before ??= this.group;
  }

  endBlock(): void {
    const code = this.machineBlock(this.block).instructions;
    const entries = [...this.materialized.get(this.block)!.values()];
    for (const group of this.groups.reverse()) {
      for (const entry of entries) if (entry.before === group) code.push(entry.instruction);
      for (const instruction of group) code.push(instruction);
    }
  }

  // Values

  /** Whether something needs this value in a register. */
  isNeeded(value: Value): boolean {
    return this.registers[value.id] !== 0;
  }

  /** The register a value's definition must write. */
  resultRegister(value: Value): number {
    const known = this.registers[value.id]!;
    if (known !== 0) return known;
    const fresh = addRegister(this.machine, isFloat(value.type));
    this.registers[value.id] = fresh;
    return fresh;
  }

  /** Looks through conversions that leave the register unchanged. */
  strip(value: Value): Value {
    let current = value;
    for (;;) {
      const source = current.args[0];
      const free = current.op === "exts" || (current.op === "extu" && isNonNegative(source!));
      if (!free) return current;
      current = source!;
    }
  }

  /** A register holding the whole value. */
  register(value: Value): number {
    const source = this.strip(value);
    if (source.op !== "const") return this.resultRegister(source);
    if (isFloat(source.type)) return this.floatConstantRegister(source.type, source.constant);
    return this.constantRegister(source.constant);
  }

  /** A register whose low 32 bits are the value's. */
  lowBits(value: Value): number {
    let current = value;
    for (;;) {
      const mask = current.args[1];
      const isLowMask =
        current.op === "and" &&
        current.type === "i64" &&
        mask!.op === "const" &&
        mask!.constant === 0xffffffffn;
      if (current.op !== "wrap" && current.op !== "extu" && current.op !== "exts" && !isLowMask)
        return this.register(current);
      current = current.args[0]!;
    }
  }

  /** A register whose bits up to number `bit` are the value's. */
  lowBitsOrRegister(value: Value, bit: number): number {
    return bit < 32 ? this.lowBits(value) : this.register(value);
  }

  // Constants

  /** A register holding a constant. Constants used in loops are materialised in front of the outermost loop. */
  constantRegister(constant: bigint): number {
    if (constant === 0n) return 0;
    return this.materialize(`#${constant}`, { op: "li", rd: NONE, uses: [], imm: 0, constant });
  }

  /** A floating-point register holding a constant. */
  private floatConstantRegister(type: FloatType, bits: bigint): number {
    return this.materialize(`${type}#${bits}`, this.floatLoad(NONE, type, bits));
  }

  private floatLoad(rd: number, type: FloatType, bits: bigint): MachineInstruction {
    const load = { op: "lf", rd, uses: [], imm: sizeOfType(type), constant: bits } as const;
    return { ...load, uses: [], ...(bits !== 0n && { defs: [this.newRegister()] }) };
  }

  /** Loads a constant into a given register of its class. */
  emitConstant(rd: number, { type, constant }: Value): void {
    if (isFloat(type)) this.group.push(this.floatLoad(rd, type, constant));
    else this.emit("li", rd, [], 0, { constant });
  }

  /** A register holding the upper part of a symbol's address, to be completed by a `lo12` use. */
  symbolHighRegister(symbol: string, addend = 0): number {
    const instruction = { op: "lui", rd: NONE, uses: [], imm: 0, symbol, addend, symbolUse: "hi20" } as const;
    return this.materialize(`@${symbol}+${addend}`, { ...instruction, uses: [] });
  }

  private materialize(key: string, instruction: MachineInstruction): number {
    const hoisted = this.hoisted[instruction.op === "lf" ? "float" : "integer"];
    const loop = this.hoistingLoop(hoisted);
    const home = loop ? loop.preheader! : this.block;
    const known = this.materialized.get(home)!;
    let entry = known.get(key);
    if (!entry) {
      const register = addRegister(this.machine, instruction.op === "lf");
      entry = { register, instruction: { ...instruction, rd: register }, before: null };
      known.set(key, entry);
      if (loop) hoisted.set(loop, (hoisted.get(loop) ?? 0) + 1);
    }
    if (home === this.block) entry.before = this.group;
    return entry.register;
  }

  /** The outermost loop around the current block if constants can still be moved out of it. */
  private hoistingLoop(hoisted: ReadonlyMap<Loop, number>): Loop | null {
    const loops = this.loopsAround[this.block.order]!;
    if (loops.length === 0) return null;
    for (const loop of loops) if (!loop.preheader || (hoisted.get(loop) ?? 0) >= MAX_HOISTED) return null;
    return loops[0]!;
  }

  /** Instructions needed to materialise a constant. */
  constantCost(constant: bigint): number {
    return constant === 0n ? 0 : loadImmediate(1, constant, this.options).length;
  }
}
