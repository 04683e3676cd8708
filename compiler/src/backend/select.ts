/** Instruction selection: SSA IR → machine IR over virtual registers. See `selector.ts` for how it works. */

import { analyseControlFlow } from "../ir/control-flow";
import { type Block, countUses, type IRFunction, type Value } from "../ir/ir";
import { effectOf, isFloatOperation, type Operation } from "../ir/operations";
import { STACK_ENTRY } from "../wasm/intrinsics";
import type { MachineFunction } from "./machine";
import { NONE } from "./registers";
import { ArithmeticSelector } from "./select-arithmetic";
import { CallSelector, dispatchTable, FUNCTION_TABLE, HANDLER_TABLE } from "./select-calls";
import { ControlSelector } from "./select-control";
import { FloatSelector } from "./select-float";
import { MemorySelector } from "./select-memory";
import { type SelectionOptions, Selector } from "./selector";

class FunctionSelector {
  private readonly selector: Selector;
  private readonly arithmetic: ArithmeticSelector;
  private readonly memory: MemorySelector;
  private readonly calls: CallSelector;
  private readonly control: ControlSelector;
  private readonly floats: FloatSelector;
  private readonly handlers: Partial<Record<Operation, (value: Value) => void>>;

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
    this.floats = new FloatSelector(this.selector);
    this.handlers = this.makeHandlers();
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
    if (!isTail) this.calls.returnValue(value);
    else if (last.op === "switchStack") this.calls.tailSwitch(last);
    else this.calls.tailCall(last);
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
    const isRemovable = effectOf(value.op) === "pure" || value.op === "load";
    if (isRemovable && !selector.isNeeded(value)) return;
    selector.beginGroup();
    const handler = this.handlers[value.op];
    if (handler) handler(value);
    else if (isFloatOperation(value.op)) this.floats.select(value);
    else this.arithmetic.select(value);
  }

  /** How operations are selected; the ones that are not listed are arithmetic. */
  private makeHandlers(): Partial<Record<Operation, (value: Value) => void>> {
    const { selector, memory, calls, arithmetic } = this;
    const count = (value: Value): void => {
      if (this.options.bitmanip) arithmetic.select(value);
      else calls.countBits(value);
    };
    return {
      load: (value) => memory.load(value),
      volatileLoad: (value) => memory.load(value),
      store: (value) => memory.store(value),
      volatileStore: (value) => memory.store(value),
      atomicLoad: (value) => memory.atomicLoad(value),
      atomicStore: (value) => memory.atomicStore(value),
      atomicUpdate: (value) => memory.atomicUpdate(value),
      atomicCompareExchange: (value) => memory.compareExchange(value),
      globalGet: (value) => memory.globalGet(value),
      globalSet: (value) => memory.globalSet(value),
      csrUpdate: (value) => memory.csrUpdate(value),
      csrRead: (value) => memory.csrRead(value),
      machine: (value) => memory.machineInstruction(value),
      threadPointer: (value) => memory.threadPointer(value),
      setThreadPointer: (value) => memory.setThreadPointer(value),
      stackPointer: (value) => memory.stackPointer(value),
      waitWhileEqual: (value) => memory.waitWhileEqual(value),
      fence: (value) => void selector.emit("fence", NONE, [], value.index),
      call: (value) => calls.call(value),
      callIndirect: (value) => calls.callIndirect(value),
      switchStack: (value) => calls.switchStack(value),
      ecall: (value) => calls.ecall(value),
      functionAddress: (value) => calls.functionAddress(value, FUNCTION_TABLE),
      handlerAddress: (value) => calls.functionAddress(value, HANDLER_TABLE),
      stackEntry: (value) => calls.functionAddress(value, dispatchTable(STACK_ENTRY)),
      symbolAddress: (value) => calls.symbolAddress(value),
      clz: count,
      ctz: count,
      popcnt: count,
    };
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
