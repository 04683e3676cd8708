/** Instruction selection for calls (psABI), environment calls, parameters and returns. */
import { reg } from "../assembler/registers";
import { isFloat, type Value } from "../ir/ir";
import { signatureText } from "../wasm/module";
import { argumentPlaces, resultRegister, stackArguments } from "./calling-convention";
import type { MachineInstruction, MachineOp } from "./machine";
import {
  ARGUMENT_REGISTERS,
  CALLER_SAVED,
  FLOAT_CALLER_SAVED,
  FLOAT_REGISTERS,
  isMachineFloat,
  NONE,
  SUSPENSION_CLOBBERS,
} from "./registers";
import type { Selector } from "./selector";

/** Symbol of the table that holds the functions of one signature; every other entry is the trap function. */
export const dispatchTable = (signature: string): string => `__functions ${signature}`;

/** Symbol of the table of all functions in the function table. */
export const FUNCTION_TABLE = "__functions";

/** Symbol of the table of interrupt handlers. */
export const HANDLER_TABLE = "__handlers";

/** Registers the bit-counting helpers may change. */
export const HELPER_CLOBBERS: readonly number[] = [reg.ra, reg.a0, reg.t0, reg.t1, reg.t2];

export class CallSelector {
  private readonly ecallResults = new Map<Value, Value[]>();

  constructor(private readonly s: Selector) {
    for (const block of s.fn.blocks)
      for (const value of block.instructions) {
        if (value.op !== "ecallResult") continue;
        const ecall = value.args[0]!;
        this.ecallResults.set(ecall, [...(this.ecallResults.get(ecall) ?? []), value]);
      }
  }

  /** Copies incoming parameters to their registers; belongs to the start of the entry block. */
  parameters(params: Value[]): void {
    const { s } = this;
    const places = argumentPlaces(s.fn.type.params);
    for (const param of params) {
      if (!s.isNeeded(param)) continue;
      const rd = s.resultRegister(param);
      const place = places[param.index]!;
      if ("slot" in place)
        s.emit(param.type === "f32" ? "loadSingleArgument" : "loadArgument", rd, [], place.slot);
      else if (isFloat(param.type) && !isMachineFloat(place.register))
        s.emit(param.type === "f32" ? "fmv.w.x" : "fmv.d.x", rd, [place.register]);
      else s.emit("mv", rd, [place.register]);
    }
  }

  returnValue(value: Value | undefined): void {
    const { s } = this;
    const register = value ? resultRegister(value.type!) : NONE;
    if (value) this.moveTo(register, value);
    s.emit("return", NONE, value ? [register] : []);
  }

  private moveTo(register: number, value: Value): void {
    const { s } = this;
    const source = s.strip(value);
    const isBits = isFloat(source.type) && !isMachineFloat(register);
    if (source.op === "const" && isBits) s.emit("li", register, [], 0, { constant: source.constant });
    else if (source.op === "const") s.emitConstant(register, source);
    else if (isBits) s.emit(source.type === "f32" ? "fmv.x.w" : "fmv.x.d", register, [s.register(source)]);
    else s.emit("mv", register, [s.register(source)]);
  }

  /** Puts arguments where the psABI wants them; returns the registers used. */
  private arguments(args: Value[]): number[] {
    const { s } = this;
    const places = argumentPlaces(args.map(({ type }) => type!));
    const inRegisters: { register: number; arg: Value }[] = [];
    for (const [k, place] of places.entries()) {
      if ("register" in place) inRegisters.push({ register: place.register, arg: args[k]! });
      else this.store(args[k]!, place.slot * 8);
    }
    // Constants last, so that they occupy an argument register only where nothing else needs one.
    const isConstant = (arg: Value): boolean => s.strip(arg).op === "const";
    for (const { register, arg } of inRegisters) if (!isConstant(arg)) this.moveTo(register, arg);
    for (const { register, arg } of inRegisters) if (isConstant(arg)) this.moveTo(register, arg);
    return inRegisters.map(({ register }) => register);
  }

  /** Stores an outgoing argument `offset` bytes above sp. */
  private store(arg: Value, offset: number): void {
    const { s } = this;
    const op = arg.type === "f32" ? "fsw" : arg.type === "f64" ? "fsd" : "sd";
    s.machine.outgoingBytes = Math.max(s.machine.outgoingBytes, offset + 8);
    s.emit(op, NONE, [s.register(arg), reg.sp], offset);
  }

  private emitCall(op: MachineOp, uses: number[], extra: Partial<MachineInstruction>): void {
    const { machine } = this.s;
    machine.hasCall = true;
    if (extra.suspends) machine.suspends = true;
    const defs = extra.suspends ? SUSPENSION_CLOBBERS : CALLER_SAVED;
    const floats = extra.suspends ? FLOAT_REGISTERS : FLOAT_CALLER_SAVED;
    this.s.emit(op, NONE, uses, 0, { defs: this.s.usesFloats ? [...defs, ...floats] : defs, ...extra });
  }

  private takeResult(value: Value): void {
    if (value.type && this.s.isNeeded(value))
      this.s.emit("mv", this.s.resultRegister(value), [resultRegister(value.type)]);
  }

  call(value: Value): void {
    const { symbol, position, suspends } = value;
    const uses = this.arguments(value.args);
    this.emitCall("call", uses, { symbol, position, suspends });
    this.takeResult(value);
  }

  /** Whether a call may reuse this function's frame: nothing of it is passed on the stack. */
  canBeTail(value: Value): boolean {
    const types = value.args.map(({ type }) => type!);
    return value.op === "switchStack" || (value.op === "call" && stackArguments(types) === 0);
  }

  tailCall(value: Value): void {
    const { s } = this;
    const uses = this.arguments(value.args);
    if (value.suspends) s.machine.suspends = true;
    s.emit("tail", NONE, uses, 0, { symbol: value.symbol, position: value.position });
  }

  switchStack({ args }: Value): void {
    const uses = args.map((arg) => this.s.register(arg));
    this.emitCall("callSwitch", uses, { suspends: true });
  }

  /** The other stack returns to this function's caller. */
  tailSwitch({ args }: Value): void {
    const { s } = this;
    s.machine.suspends = true;
    s.emit(
      "switchStack",
      NONE,
      args.map((arg) => s.register(arg)),
    );
  }

  callIndirect(value: Value): void {
    const [index, ...args] = value.args as [Value, ...Value[]];
    const target = this.codeAddress(
      this.s.newRegister(),
      dispatchTable(signatureText(value.signature!)),
      index,
    );
    const uses = this.arguments(args);
    this.emitCall("callRegister", [...uses, target], { suspends: value.suspends });
    this.takeResult(value);
  }

  functionAddress(value: Value, table: string): void {
    if (this.s.isNeeded(value)) this.codeAddress(this.s.resultRegister(value), table, value.args[0]!);
  }

  symbolAddress(value: Value): void {
    const { symbol, position } = value;
    this.s.emit("la", this.s.resultRegister(value), [], 0, { symbol, position });
  }

  /** rd = entry `index` of a table of 4-byte code addresses. */
  codeAddress(rd: number, table: string, index: Value): number {
    const { s } = this;
    const high = s.symbolHighRegister(table);
    let place: number;
    if (s.options.bitmanip) place = s.emitTo("sh2add", [s.register(index), high]);
    else place = s.emitTo("add", [s.emitTo("slli", [s.register(index)], 2), high]);
    return s.emit("lw", rd, [place], 0, { symbol: table, symbolUse: "lo12" });
  }

  ecall(value: Value): void {
    const { s } = this;
    const uses = this.arguments(value.args);
    s.emit("ecall", NONE, uses, 0, { defs: ARGUMENT_REGISTERS.slice(0, 6) });
    this.takeResult(value);
    for (const result of this.ecallResults.get(value) ?? [])
      if (s.isNeeded(result)) s.emit("mv", s.resultRegister(result), [ARGUMENT_REGISTERS[result.index]!]);
  }

  /** A bit-counting operation as a call of a helper that changes few registers. */
  countBits(value: Value): void {
    const { s } = this;
    const operand = value.args[0]!;
    const wide = operand.type === "i64";
    s.emit("mv", reg.a0, [wide ? s.register(operand) : s.lowBits(operand)]);
    this.emitCall("call", [reg.a0], { symbol: countHelper(value.op, wide), defs: HELPER_CLOBBERS });
    s.emit("mv", s.resultRegister(value), [reg.a0]);
  }
}

/** Symbol of the helper for clz, ctz or popcnt on machines without Zbb. */
export function countHelper(op: string, wide: boolean): string {
  return `__${op}${wide ? 64 : 32}`;
}
