/**
 * Translates one wasm function body to SSA: structured control flow becomes basic blocks, the operand stack
 * disappears, locals become SSA values (Braun's construction, `ir/ssa-builder.ts`).
 */

import { removeUnreachable } from "../ir/control-flow";
import {
  type Block,
  branch,
  type IRFunction,
  isConstant,
  jump,
  resolve,
  type Type,
  type Value,
} from "../ir/ir";
import { removeTrivialPhis } from "../ir/ssa-builder";
import { translateAtomic } from "./atomics";
import { FunctionEmitter, type TranslationContext } from "./emitter";
import { FLOATS } from "./floats";
import { InstructionReader, type WasmInstruction } from "./instruction-reader";
import { translateImport } from "./intrinsics";
import { type FunctionType, signatureText, type WasmFunction } from "./module";
import {
  ATOMICS,
  I64_EXTEND32,
  isFloatInstruction,
  LOADS,
  NUMERIC,
  type NumericInstruction,
  OP,
  STORES,
} from "./opcodes";

/** An open structured instruction. */
interface Frame {
  kind: "function" | "block" | "loop" | "if" | "else";
  /** Height of the operand stack below the parameters. */
  height: number;
  /** Variables that carry the results to `end`. */
  results: number[];
  /** Where branches to the end go, once there is one. */
  end: Block | null;
  /** `loop`: its first block, and the variables that carry its parameters. */
  header: Block | null;
  params: number[];
  /** `if`: the block of the else part, and the operands it starts with. */
  otherwise: Block | null;
  entryOperands: Value[];
}

class FunctionTranslator {
  private readonly emitter: FunctionEmitter;
  private readonly reader: InstructionReader;
  private readonly stack: Value[] = [];
  private readonly frames: Frame[] = [];
  private readonly locals: number[] = [];
  private readonly localTypes: Type[] = [];
  /** Nesting depth of structured instructions inside unreachable code. */
  private skipped = 0;

  constructor(context: TranslationContext, source: WasmFunction) {
    this.emitter = new FunctionEmitter(context, source);
    this.reader = new InstructionReader(context.module, source.bodyStart);
  }

  translate(): IRFunction {
    const { emitter, reader } = this;
    const { source } = emitter;
    this.declareLocals();
    this.openFrame("function", { params: [], results: source.type.results });
    while (reader.position < source.bodyEnd) {
      const instruction = reader.next();
      if (!instruction) this.refuseOpcode(reader.current.opcode, reader.current.position);
      else if (emitter.current) this.instruction(instruction);
      else this.unreachableInstruction(instruction);
    }
    removeUnreachable(emitter.fn);
    removeTrivialPhis(emitter.fn);
    return emitter.fn;
  }

  private refuseOpcode(opcode: number, position: number): never {
    const code = `0x${opcode.toString(16)}`;
    if (opcode >> 8 === 0xfd) this.emitter.refuse(`SIMD is not supported: instruction ${code}`, position);
    return this.emitter.refuse(`wasm instruction ${code} is not supported`, position);
  }

  private declareLocals(): void {
    const { emitter } = this;
    const { params } = emitter.source.type;
    emitter.resultType(emitter.source.type, emitter.source.bodyStart);
    for (const [index, type] of params.entries()) {
      const irType = this.declareLocal(emitter.type(type, emitter.source.bodyStart));
      emitter.builder.write(
        emitter.current!,
        this.locals[index]!,
        emitter.emit("param", irType, [], { index }),
      );
    }
    for (const { count, type } of this.reader.locals()) {
      // where a local is declared is no place in the source; its uses are
      const irType = type === "f32" || type === "f64" ? type : emitter.type(type, this.reader.position);
      for (let k = 0; k < count; k++) this.declareLocal(irType);
    }
  }

  private declareLocal(type: Type): Type {
    this.locals.push(this.emitter.builder.variable(type));
    this.localTypes.push(type);
    return type;
  }

  // Operand stack

  private pop(): Value {
    return resolve(this.stack.pop()!);
  }

  private popMany(count: number): Value[] {
    return count === 0 ? [] : this.stack.splice(this.stack.length - count).map(resolve);
  }

  private push(value: Value): void {
    this.stack.push(value);
  }

  // Structured control flow

  private variables(types: FunctionType["params"]): number[] {
    const { position } = this.reader.current;
    return types.map((type) => this.emitter.builder.variable(this.emitter.type(type, position)));
  }

  private openFrame(kind: Frame["kind"], type: FunctionType): Frame {
    const frame: Frame = {
      kind,
      height: this.stack.length - type.params.length,
      results: this.variables(type.results),
      end: null,
      header: null,
      params: [],
      otherwise: null,
      entryOperands: [],
    };
    this.frames.push(frame);
    return frame;
  }

  private openLoop(type: FunctionType): void {
    const { emitter } = this;
    const params = this.variables(type.params);
    this.writeTop(params);
    const header = emitter.fn.addBlock();
    emitter.jumpTo(header);
    emitter.current = header;
    emitter.lastEcall = null;
    const frame = this.openFrame("loop", type);
    frame.header = header;
    frame.params = params;
    this.stack.length = frame.height;
    for (const variable of params) this.push(emitter.builder.read(header, variable));
  }

  private openIf(type: FunctionType): void {
    const { emitter } = this;
    const condition = this.pop();
    const frame = this.openFrame("if", type);
    frame.entryOperands = this.stack.slice(frame.height);
    const then = emitter.newSealedBlock();
    const otherwise = emitter.fn.addBlock();
    const expectation = emitter.expectation(condition);
    then.cold = expectation === "rare";
    otherwise.cold = expectation === "usual";
    branch(emitter.current!, condition, then, otherwise);
    emitter.builder.seal(otherwise);
    frame.otherwise = otherwise;
    emitter.current = then;
  }

  private openElse(): void {
    const { emitter } = this;
    const frame = this.frames[this.frames.length - 1]!;
    if (emitter.current) this.leaveTo(frame);
    emitter.lastEcall = null;
    frame.kind = "else";
    this.stack.length = frame.height;
    this.stack.push(...frame.entryOperands);
    emitter.current = frame.otherwise;
  }

  /** Copies the top operands into variables; they stay on the stack. */
  private writeTop(variables: number[]): void {
    const base = this.stack.length - variables.length;
    for (const [k, variable] of variables.entries())
      this.emitter.builder.write(this.emitter.current!, variable, resolve(this.stack[base + k]!));
  }

  private endOf(frame: Frame): Block {
    frame.end ??= this.emitter.fn.addBlock();
    return frame.end;
  }

  /** Jumps to the end of a frame with its results. */
  private leaveTo(frame: Frame): void {
    this.writeTop(frame.results);
    this.emitter.jumpTo(this.endOf(frame));
  }

  private closeFrame(): void {
    const { emitter } = this;
    const frame = this.frames.pop()!;
    if (frame.kind === "if") this.closeIfWithoutElse(frame);
    if (frame.header) emitter.builder.seal(frame.header);
    if (!frame.end) {
      if (frame.kind === "function" && emitter.current) this.emitReturn();
      if (!emitter.current) this.stack.length = frame.height;
      return;
    }
    if (emitter.current) this.leaveTo(frame);
    emitter.builder.seal(frame.end);
    emitter.current = frame.end;
    emitter.lastEcall = null;
    this.stack.length = frame.height;
    for (const variable of frame.results) this.push(emitter.builder.read(frame.end, variable));
    if (frame.kind === "function") this.emitReturn();
  }

  private closeIfWithoutElse(frame: Frame): void {
    const { emitter } = this;
    if (emitter.current) this.leaveTo(frame);
    this.stack.length = frame.height;
    this.stack.push(...frame.entryOperands);
    emitter.current = frame.otherwise;
    this.leaveTo(frame);
  }

  private emitReturn(): void {
    const { emitter } = this;
    const args = this.popMany(emitter.source.type.results.length);
    emitter.current!.terminator = { kind: "return", args, targets: [], cases: [] };
    emitter.current = null;
  }

  /** Prepares a branch to the frame at this depth: operands go into its variables. */
  private branchTarget(depth: number): Block {
    const frame = this.frames[this.frames.length - 1 - depth]!;
    this.writeTop(frame.header ? frame.params : frame.results);
    return frame.header ?? this.endOf(frame);
  }

  private branchTo(depth: number): void {
    if (this.frames[this.frames.length - 1 - depth]!.kind === "function") this.emitReturn();
    else this.emitter.jumpTo(this.branchTarget(depth));
  }

  private branchIf(depth: number): void {
    const { emitter } = this;
    const condition = this.pop();
    const expectation = emitter.expectation(condition);
    const target = this.branchTarget(depth);
    const next = emitter.fn.addBlock();
    next.cold = expectation === "usual";
    if (expectation === "rare") this.branchRarely(condition, target, next);
    else branch(emitter.current!, condition, target, next);
    emitter.builder.seal(next);
    emitter.current = next;
  }

  /** A branch whose target others may reach more often: the way there gets a block of its own. */
  private branchRarely(condition: Value, target: Block, next: Block): void {
    const { emitter } = this;
    const way = emitter.fn.addBlock();
    way.cold = true;
    branch(emitter.current!, condition, way, next);
    emitter.builder.seal(way);
    jump(way, target);
  }

  private branchTable(depths: number[]): void {
    const { emitter } = this;
    const selector = this.pop();
    const from = emitter.current!;
    const destinations = depths.map((depth) => this.branchTarget(depth));
    const targets = [...new Set(destinations)];
    for (const target of targets) target.predecessors.push(from);
    if (targets.length === 1) from.terminator = { kind: "jump", args: [], targets, cases: [] };
    else {
      const cases = destinations.map((block) => targets.indexOf(block));
      from.terminator = { kind: "switch", args: [selector], targets, cases };
    }
    emitter.current = null;
  }

  /** Unreachable code is only scanned for the ends of structured instructions. */
  private unreachableInstruction({ opcode }: WasmInstruction): void {
    if (opcode === OP.block || opcode === OP.loop || opcode === OP.if) this.skipped++;
    else if (opcode === OP.end && this.skipped > 0) this.skipped--;
    else if (opcode === OP.end) this.closeFrame();
    else if (opcode === OP.else && this.skipped === 0) this.openElse();
  }

  // Instructions

  private instruction(instruction: WasmInstruction): void {
    const { opcode, index } = instruction;
    if (isFloatInstruction(opcode))
      this.emitter.requireFloatingPoint(`instruction 0x${opcode.toString(16)}`, instruction.position);
    const numeric = NUMERIC.get(opcode);
    const float = FLOATS.get(opcode);
    if (numeric) this.numeric(numeric);
    else if (float) this.push(float.translate(this.emitter, this.popMany(float.operands)));
    else if (opcode >= OP.localGet && opcode <= OP.globalSet)
      this.variable(opcode, index, instruction.position);
    else if (opcode === OP.i32Const) this.push(this.emitter.constant("i32", instruction.value));
    else if (opcode === OP.i64Const) this.push(this.emitter.constant("i64", instruction.value));
    else if (opcode === OP.f32Const) this.push(this.emitter.constant("f32", instruction.value));
    else if (opcode === OP.f64Const) this.push(this.emitter.constant("f64", instruction.value));
    else if (LOADS.has(opcode)) this.load(opcode, index);
    else if (STORES.has(opcode)) this.store(opcode, index);
    else if (opcode <= OP.return) this.control(instruction);
    else if (opcode === OP.call) this.call(index, instruction.position);
    else if (opcode === OP.callIndirect) this.callIndirect(index, instruction.position);
    else if (opcode >> 8 === 0xfe) this.atomic(instruction);
    else this.other(instruction);
  }

  private control(instruction: WasmInstruction): void {
    switch (instruction.opcode) {
      case OP.unreachable:
        this.emitter.current = null; // a new block's terminator is `trap`
        break;
      case OP.nop:
        break;
      case OP.block:
        this.openFrame("block", instruction.blockType);
        break;
      case OP.loop:
        this.openLoop(instruction.blockType);
        break;
      case OP.if:
        this.openIf(instruction.blockType);
        break;
      case OP.else:
        this.openElse();
        break;
      case OP.end:
        this.closeFrame();
        break;
      case OP.br:
        this.branchTo(instruction.index);
        break;
      case OP.brIf:
        this.branchIf(instruction.index);
        break;
      case OP.brTable:
        this.branchTable(instruction.depths);
        break;
      case OP.return:
        this.emitReturn();
        break;
      default:
        this.refuseOpcode(instruction.opcode, instruction.position);
    }
  }

  private numeric({ op, result, operands, swap }: NumericInstruction): void {
    const { emitter } = this;
    if (operands === 1) {
      this.push(emitter.emit(op, result, [this.pop()]));
      return;
    }
    const right = this.pop();
    const left = this.pop();
    if (op === "divs" || op === "divu" || op === "rems" || op === "remu")
      this.divisionChecks(op, left, right);
    this.push(emitter.emit(op, result, swap ? [right, left] : [left, right]));
  }

  /** wasm division traps for a zero divisor and for the overflow of signed division; the IR's does not. */
  private divisionChecks(op: string, left: Value, right: Value): void {
    const { emitter } = this;
    const type = right.type!;
    if (!isConstant(right) || right.constant === 0n) emitter.trapIf(emitter.emit("eqz", "i32", [right]));
    if (op !== "divs" || (isConstant(right) && right.constant !== -1n)) return;
    const minimum = emitter.constant(type, type === "i32" ? -(1n << 31n) : -(1n << 63n));
    const isMinimum = emitter.emit("eq", "i32", [left, minimum]);
    const isMinusOne = emitter.emit("eq", "i32", [right, emitter.constant(type, -1)]);
    emitter.trapIf(emitter.emit("and", "i32", [isMinimum, isMinusOne]));
  }

  private variable(opcode: number, index: number, position: number): void {
    const { emitter } = this;
    const block = emitter.current!;
    if (opcode !== OP.globalGet && opcode !== OP.globalSet) emitter.type(this.localTypes[index]!, position);
    if (opcode === OP.localGet) this.push(emitter.builder.read(block, this.locals[index]!));
    else if (opcode === OP.localSet) emitter.builder.write(block, this.locals[index]!, this.pop());
    else if (opcode === OP.localTee)
      emitter.builder.write(block, this.locals[index]!, resolve(this.stack[this.stack.length - 1]!));
    else this.global(opcode, index, position);
  }

  private global(opcode: number, index: number, position: number): void {
    const { emitter } = this;
    const global = emitter.context.module.globals[index]!;
    const type = emitter.type(global.type, position);
    if (opcode === OP.globalSet)
      emitter.emit("globalSet", null, [this.pop()], { index: emitter.context.globalSlot(index) });
    else if (global.mutable)
      this.push(emitter.emit("globalGet", type, [], { index: emitter.context.globalSlot(index) }));
    else this.push(emitter.constant(type, global.initial));
  }

  private load(opcode: number, offset: number): void {
    const { type, size, signed } = LOADS.get(opcode)!;
    this.push(this.emitter.emit("load", type, [this.pop()], { offset, size, signed }));
  }

  private store(opcode: number, offset: number): void {
    const { size } = STORES.get(opcode)!;
    const value = this.pop();
    this.emitter.emit("store", null, [this.pop(), value], { offset, size });
  }

  private atomic(instruction: WasmInstruction): void {
    const { emitter } = this;
    const atomic = ATOMICS.get(instruction.opcode);
    if (atomic) {
      const operands = atomic.kind === "load" ? 0 : atomic.kind === "exchange" ? 2 : 1;
      const args = this.popMany(operands);
      const result = translateAtomic(emitter, atomic, this.pop(), args, instruction.index);
      if (result) this.push(result);
    } else if (instruction.opcode === OP.atomicFence) emitter.emit("fence", null, [], { index: 0x33 });
    else emitter.refuse("memory.atomic.wait and notify are not supported", instruction.position);
  }

  private call(index: number, position: number): void {
    const { emitter } = this;
    const target = emitter.context.module.functions[index]!;
    const args = this.popMany(target.type.params.length);
    let result: Value | null;
    if (target.import) result = translateImport(emitter, target, args, position);
    else {
      const type = emitter.resultType(target.type, position);
      emitter.lastEcall = null;
      emitter.context.onCall(target);
      const symbol = emitter.context.symbolOf(target);
      const suspends = emitter.context.suspension.functions.has(target);
      const value = emitter.emit("call", type, args, { symbol, position, suspends });
      result = type ? value : null;
    }
    if (result) this.push(result);
  }

  private callIndirect(typeIndex: number, position: number): void {
    const { emitter } = this;
    const signature = emitter.context.module.types[typeIndex]!;
    for (const type of signature.params) emitter.type(type, position);
    const type = emitter.resultType(signature, position);
    const target = this.pop();
    const args = this.popMany(signature.params.length);
    const text = signatureText(signature);
    emitter.context.onTable(text);
    emitter.trapIf(
      emitter.emit("geu", "i32", [target, emitter.constant("i32", emitter.context.module.table.length)]),
    );
    emitter.lastEcall = null;
    const suspends = emitter.context.suspension.signatures.has(text);
    const value = emitter.emit("callIndirect", type, [target, ...args], { signature, position, suspends });
    if (type) this.push(value);
  }

  private other(instruction: WasmInstruction): void {
    const { emitter } = this;
    switch (instruction.opcode) {
      case OP.drop:
        this.pop();
        break;
      case OP.select:
      case OP.selectTyped: {
        const [ifTrue, ifFalse, condition] = this.popMany(3) as [Value, Value, Value];
        this.push(emitter.emit("select", ifTrue.type, [condition, ifTrue, ifFalse]));
        break;
      }
      case I64_EXTEND32:
        this.push(emitter.emit("exts", "i64", [emitter.emit("wrap", "i32", [this.pop()])]));
        break;
      case OP.memorySize:
        this.push(emitter.constant("i32", emitter.context.options.memoryPages));
        break;
      case OP.memoryGrow:
        this.memoryGrow();
        break;
      case OP.memoryCopy:
      case OP.memoryFill: {
        const symbol = instruction.opcode === OP.memoryCopy ? MEMORY_COPY : MEMORY_FILL;
        emitter.lastEcall = null;
        emitter.emit("call", null, this.popMany(3), { symbol, position: instruction.position });
        break;
      }
      default:
        this.refuseOpcode(instruction.opcode, instruction.position);
    }
  }

  /** Memory has a fixed size: growing by zero succeeds, everything else fails. */
  private memoryGrow(): void {
    const { emitter } = this;
    const pages = emitter.constant("i32", emitter.context.options.memoryPages);
    const condition = emitter.emit("eqz", "i32", [this.pop()]);
    this.push(emitter.emit("select", "i32", [condition, pages, emitter.constant("i32", -1)]));
  }
}

/** Symbols of the run-time helpers for bulk memory instructions: (destination, source or byte, bytes). */
export const MEMORY_COPY = "__memoryCopy";
export const MEMORY_FILL = "__memoryFill";

/**
 * Translates a defined function to SSA.
 * @throws CompileError for instructions outside the dialect
 */
export function translateFunction(context: TranslationContext, source: WasmFunction): IRFunction {
  return new FunctionTranslator(context, source).translate();
}
