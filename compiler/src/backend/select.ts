/** Instruction selection: SSA IR → machine IR over virtual registers. See `selector.ts` for how it works. */

import { reg } from "../assembler/registers";
import { analyseControlFlow } from "../ir/control-flow";
import { type Block, countUses, type IRFunction, type Value } from "../ir/ir";
import { effectOf } from "../ir/operations";
import type { MachineFunction } from "./machine";
import { NONE } from "./registers";
import { ArithmeticSelector } from "./select-arithmetic";
import { CallSelector } from "./select-calls";
import { ControlSelector } from "./select-control";
import { MemorySelector } from "./select-memory";
import { type SelectionOptions, Selector } from "./selector";

class FunctionSelector {
  private readonly selector: Selector;
  private readonly arithmetic: ArithmeticSelector;
  private readonly memory: MemorySelector;
  private readonly calls: CallSelector;
  private readonly control: ControlSelector;

  constructor(
    private readonly fn: IRFunction,
    private readonly options: SelectionOptions,
  ) {
    const flow = analyseControlFlow(fn);
    this.selector = new Selector(fn, flow, options, countUses(fn));
    const addressUses = countAddressUses(fn);
    const { uses } = this.selector;
    this.arithmetic = new ArithmeticSelector(
      this.selector,
      (value) => addressUses[value.id] === uses[value.id],
    );
    this.memory = new MemorySelector(this.selector);
    this.calls = new CallSelector(this.selector);
    this.control = new ControlSelector(this.selector);
  }

  select(): MachineFunction {
    const { fn, selector } = this;
    for (const block of [...fn.blocks].reverse()) {
      selector.beginBlock(block);
      const tail = this.terminator(block);
      for (let i = block.instructions.length - 1 - (tail ? 1 : 0); i >= 0; i--)
        this.value(block.instructions[i]!);
      if (block === fn.entry) {
        selector.beginGroup();
        this.calls.parameters(block.instructions.filter((value) => value.op === "param"));
      }
      selector.endBlock();
    }
    return selector.machine;
  }

  /** Selects a block's end. Returns true if the block's last instruction was selected with it, as a tail call. */
  private terminator(block: Block): boolean {
    const { selector } = this;
    const { kind, args, targets, cases } = block.terminator;
    if (kind === "jump") this.control.phiCopies(block);
    else if (kind === "branch") this.control.branch(args[0]!, targets[0]!, targets[1]!);
    else if (kind === "trap") selector.emit("unimp", NONE, []);
    else if (kind === "table") this.jumpTable(block, args[0]!, cases);
    else if (kind === "return") return this.returnFrom(block, args[0]);
    else throw new Error(`terminator ${kind} was not lowered`);
    return false;
  }

  private returnFrom(block: Block, value: Value | undefined): boolean {
    const last = block.instructions[block.instructions.length - 1];
    const isTail = last && this.calls.canBeTail(last) && (value === last || (!value && last.type === null));
    if (isTail) this.calls.tailCall(last);
    else this.calls.returnValue(value);
    return isTail === true;
  }

  private jumpTable(block: Block, index: Value, cases: number[]): void {
    const { selector } = this;
    const symbol = `${this.fn.name} table ${block.id}`;
    const address = this.calls.codeAddress(selector.newRegister(), symbol, index);
    const targets = cases.map((target) => selector.machineBlock(block.successors[target]!));
    selector.emit("jumpTable", NONE, [address], 0, { symbol, targets });
  }

  private value(value: Value): void {
    const { selector } = this;
    if (value.op === "param" || value.op === "ecallResult") return;
    if (effectOf(value.op) === "pure" && !selector.isNeeded(value)) return;
    selector.beginGroup();
    switch (value.op) {
      case "load":
        if (!selector.isNeeded(value)) return;
        return this.memory.load(value);
      case "volatileLoad":
        return this.memory.load(value);
      case "store":
      case "volatileStore":
        return this.memory.store(value);
      case "atomicLoad":
        return this.memory.atomicLoad(value);
      case "atomicStore":
        return this.memory.atomicStore(value);
      case "atomicUpdate":
        return this.memory.atomicUpdate(value);
      case "atomicCompareExchange":
        return this.memory.compareExchange(value);
      case "globalGet":
        return this.memory.globalGet(value);
      case "globalSet":
        return this.memory.globalSet(value);
      default:
        this.rareValue(value);
    }
  }

  private rareValue(value: Value): void {
    const { selector, memory, calls } = this;
    switch (value.op) {
      case "call":
        return calls.call(value);
      case "callIndirect":
        return calls.callIndirect(value);
      case "ecall":
        return calls.ecall(value);
      case "functionAddress":
        return calls.functionAddress(value);
      case "symbolAddress":
        selector.emit("la", selector.resultRegister(value), [], 0, {
          symbol: value.symbol,
          position: value.position,
        });
        return;
      case "fence":
        selector.emit("fence", NONE, [], value.index);
        return;
      case "csrUpdate":
        return memory.csrUpdate(value);
      case "csrRead":
        return memory.csrRead(value);
      case "machine":
        return memory.machineInstruction(value);
      case "threadPointer":
        if (selector.isNeeded(value)) selector.emit("addi", selector.resultRegister(value), [reg.tp]);
        return;
      case "setThreadPointer":
        selector.emit("addi", reg.tp, [selector.register(value.args[0]!)]);
        return;
      case "clz":
      case "ctz":
      case "popcnt":
        if (!this.options.bitmanip) return calls.countBits(value);
        return this.arithmetic.select(value);
      default:
        this.arithmetic.select(value);
    }
  }
}

/** How often each value is used as the address of a memory access. */
function countAddressUses(fn: IRFunction): Int32Array {
  const counts = new Int32Array(fn.valueCount);
  for (const block of fn.blocks)
    for (const value of block.instructions)
      if (value.op === "load" || value.op === "store") counts[value.args[0]!.id]!++;
  return counts;
}

/**
 * Selects instructions for a function. Selects and switches must have been lowered and critical edges split.
 */
export function selectInstructions(fn: IRFunction, options: SelectionOptions): MachineFunction {
  return new FunctionSelector(fn, options).select();
}
