/** Turns allocated, laid-out machine code into the fragment that assembler and linker understand. */
import { loadImmediate } from "../assembler/immediate";
import {
  type Fragment,
  fragment,
  type Instruction,
  instruction,
  type SourcePosition,
  type SymbolRef,
} from "../assembler/instruction";
import { OPCODES, type Opcode } from "../assembler/opcodes";
import { REGISTER_NAMES, reg } from "../assembler/registers";
import { loadFloat } from "./float-constant";
import { Frame } from "./frame";
import {
  invert,
  isTerminator,
  type MachineBlock,
  type MachineFunction,
  type MachineInstruction,
} from "./machine";
import { isMachineFloat } from "./registers";

/** What emission needs besides the code. */
export interface EmissionOptions {
  bitmanip: boolean;
  locate(wasmOffset: number): SourcePosition | undefined;
}

class FragmentWriter {
  readonly result: Fragment;
  private readonly frame: Frame;
  private retries = 0;
  private block: MachineBlock | null = null;

  constructor(
    private readonly fn: MachineFunction,
    private readonly options: EmissionOptions,
  ) {
    this.result = fragment(fn.name);
    this.frame = new Frame(fn);
  }

  write(): Fragment {
    const { blocks } = this.fn;
    const targets = branchTargets(blocks);
    if (!this.fn.frameStart) this.writeAll(this.frame.prologue());
    for (const [index, block] of blocks.entries()) {
      if (targets.has(block)) this.result.items.push({ kind: "label", label: block.id });
      const next = blocks[index + 1];
      this.block = block;
      if (block === this.fn.frameStart) this.writeAll(this.frame.prologue());
      this.writeAll(block.instructions, next);
      const last = block.instructions[block.instructions.length - 1];
      const falls = !last || !isTerminator(last.op);
      if (falls && block.successors[0] !== next) this.jump(block.successors[0]!);
    }
    return this.result;
  }

  private push(...items: Instruction[]): void {
    this.result.items.push(...items);
  }

  private jump(target: MachineBlock): void {
    this.push(instruction("jal", { target: target.id }));
  }

  private writeAll(instructions: MachineInstruction[], next?: MachineBlock): void {
    for (const item of instructions) this.instruction(item, next);
  }

  private instruction(item: MachineInstruction, next?: MachineBlock): void {
    const expansion = this.expand(item);
    if (expansion) for (const part of expansion) this.instruction(part);
    else if (item.op === "branch") this.branch(item, next);
    else if (item.op === "compareExchange") this.compareExchange(item);
    else if (item.op === "waitWhileEqual") this.waitWhileEqual(item);
    else this.push(...this.encode(item));
  }

  /** What a pseudo-instruction that needs the frame stands for. */
  private expand({ op, rd, uses, imm }: MachineInstruction): MachineInstruction[] | null {
    const { frame } = this;
    if (op === "loadSlot") return frame.load(rd, frame.slotOffset(imm));
    if (op === "storeSlot") return frame.store(uses[0]!, frame.slotOffset(imm));
    if (op === "loadArgument") return frame.load(rd, frame.argumentOffset(imm));
    if (op === "loadSingleArgument") return frame.load(rd, frame.argumentOffset(imm), "flw");
    return null;
  }

  private encode(item: MachineInstruction): Instruction[] {
    const { op, rd, uses } = item;
    switch (op) {
      case "mv":
        if (isMachineFloat(rd)) return [instruction("fsgnj.d", { rd, rs1: uses[0]!, rs2: uses[0]! })];
        return [instruction("addi", { rd, rs1: uses[0]! })];
      case "li":
        return loadImmediate(rd, item.constant!, this.options);
      case "lf":
        return loadFloat(item, this.options);
      case "jumpTable":
        this.result.jumpTables.push({
          symbol: item.symbol!,
          targets: item.targets!.map((target) => target.id),
        });
        return [instruction("jalr", { rs1: uses[0]! })];
      case "return":
        this.leaveFrame();
        return [instruction("jalr", { rs1: reg.ra })];
      case "tail":
        this.leaveFrame();
        return [this.plain("tail", item)];
      case "callSwitch": {
        const symbol = { name: switchHelper(uses[0]!, uses[1]!), use: "call" } as const;
        return [instruction("call", { rd: reg.ra, symbol })];
      }
      case "switchStack":
        this.leaveFrame();
        return switchInstructions(uses[0]!, uses[1]!);
      case "callRegister":
        return [instruction("jalr", { rd: reg.ra, rs1: uses[uses.length - 1]! })];
      default:
        return [this.plain(op as Opcode, item)];
    }
  }

  private leaveFrame(): void {
    if (!this.block!.frameless) this.writeAll(this.frame.epilogue());
  }

  private plain(op: Opcode, item: MachineInstruction): Instruction {
    const { uses, imm, constant, symbol } = item;
    // Calls list the argument registers they read, which are no operands.
    const isCall = op === "call" || op === "tail" || op === "ecall";
    const fields: Partial<Instruction> = { rd: op === "call" ? reg.ra : Math.max(item.rd, 0), imm };
    if (!isCall)
      Object.assign(fields, {
        rs1: constant === undefined ? (uses[0] ?? 0) : Number(constant),
        rs2: uses[1] ?? 0,
      });
    const { format } = OPCODES[op];
    if (format === "store") Object.assign(fields, { rs1: uses[1]!, rs2: uses[0]! });
    if (symbol !== undefined) fields.symbol = this.symbolRef(op, item);
    const position = item.position ? this.options.locate(item.position) : undefined;
    if (position) fields.position = position;
    return instruction(op, fields);
  }

  private symbolRef(op: Opcode, { symbol, symbolUse, addend }: MachineInstruction): SymbolRef {
    const use = symbolUse ?? (op === "la" ? "pcrel" : "call");
    return { name: symbol!, use, ...(addend ? { addend } : {}) };
  }

  private branch(item: MachineInstruction, next?: MachineBlock): void {
    let [then, otherwise] = item.targets as [MachineBlock, MachineBlock];
    let condition = item.condition!;
    const runsMore = otherwise.depth > then.depth || (then.cold && !otherwise.cold);
    if (then === next || (otherwise !== next && runsMore)) {
      condition = invert(condition);
      [then, otherwise] = [otherwise, then];
    }
    this.push(instruction(condition, { rs1: item.uses[0]!, rs2: item.uses[1]!, target: then.id }));
    if (otherwise !== next) this.jump(otherwise);
  }

  /** lr / bne / sc / bnez, sequentially consistent (unprivileged spec, table A.6). */
  private compareExchange({ rd, uses, imm, defs }: MachineInstruction): void {
    const [address, expected, replacement] = uses as [number, number, number];
    const scratch = defs![0]!;
    const width = imm === 8 ? "d" : "w";
    const retry = `retry ${this.retries}`;
    const done = `done ${this.retries++}`;
    this.result.items.push({ kind: "label", label: retry });
    this.push(instruction(`lr.${width}`, { rd, rs1: address, imm: 3 }));
    this.push(instruction("bne", { rs1: rd, rs2: expected, target: done }));
    this.push(instruction(`sc.${width}`, { rd: scratch, rs1: address, rs2: replacement, imm: 1 }));
    this.push(instruction("bne", { rs1: scratch, rs2: 0, target: retry }));
    this.result.items.push({ kind: "label", label: done });
  }

  /** Zawrs: waits until the reservation is lost, an interrupt is pending, or a short time has passed. */
  private waitWhileEqual({ rd, uses }: MachineInstruction): void {
    const [address, value] = uses as [number, number];
    const done = `done ${this.retries++}`;
    this.push(instruction("lr.w", { rd, rs1: address }));
    this.push(instruction("bne", { rs1: rd, rs2: value, target: done }));
    this.push(instruction("wrs.sto"));
    this.result.items.push({ kind: "label", label: done });
  }
}

const SWITCH_HELPER = /^__switchStack (\w+) (\w+)$/;

/** Symbol of the run-time helper that switches stacks, given the registers that hold `from` and `to`. */
const switchHelper = (from: number, to: number): string =>
  `__switchStack ${REGISTER_NAMES[from]} ${REGISTER_NAMES[to]}`;

/** The registers that a helper's name tells, or null if it is no name of such a helper. */
export function registersOfSwitchHelper(name: string): { from: number; to: number } | null {
  const [, from, to] = SWITCH_HELPER.exec(name) ?? [];
  return from && to ? { from: REGISTER_NAMES.indexOf(from), to: REGISTER_NAMES.indexOf(to) } : null;
}

/** Leaves this stack for another: its ra and sp at register `from`, the other's at `to`. */
export function switchInstructions(from: number, to: number): Instruction[] {
  return [
    instruction("sd", { rs2: reg.ra, rs1: from }),
    instruction("ld", { rd: reg.ra, rs1: to }),
    instruction("sd", { rs2: reg.sp, rs1: from, imm: 8 }),
    instruction("ld", { rd: reg.sp, rs1: to, imm: 8 }),
    instruction("jalr", { rs1: reg.ra }),
  ];
}

/** Blocks that something other than falling through leads to. */
function branchTargets(blocks: MachineBlock[]): Set<MachineBlock> {
  const targets = new Set<MachineBlock>();
  for (const [index, block] of blocks.entries()) {
    for (const target of block.instructions[block.instructions.length - 1]?.targets ?? [])
      targets.add(target);
    for (const successor of block.successors) if (successor !== blocks[index + 1]) targets.add(successor);
  }
  return targets;
}

/** Writes a function's code as a fragment named like the function. */
export function writeFragment(fn: MachineFunction, options: EmissionOptions): Fragment {
  return new FragmentWriter(fn, options).write();
}
