/** Instruction selection for memory accesses, atomics, globals and the machine's own registers. */
import { reg } from "../assembler/registers";
import { fitsImmediate, splitLow12 } from "../ir/bits";
import { isFloat, type Type, type Value } from "../ir/ir";
import type { MachineOp } from "./machine";
import { NONE } from "./registers";
import type { Selector } from "./selector";

/** Base register and signed 12-bit displacement. */
interface Address {
  base: number;
  displacement: number;
}

const LOADS: Record<string, MachineOp> = {
  "1s": "lb",
  "1u": "lbu",
  "2s": "lh",
  "2u": "lhu",
  "4s": "lw",
  "4u": "lwu",
  "8s": "ld",
  "8u": "ld",
};

const STORES: Record<number, MachineOp> = { 1: "sb", 2: "sh", 4: "sw", 8: "sd" };

const FLOAT_STORES: Record<number, MachineOp> = { 4: "fsw", 8: "fsd" };

const GLOBAL_LOADS: Record<Type, MachineOp> = { i32: "lw", i64: "ld", f32: "flw", f64: "fld" };
const GLOBAL_STORES: Record<Type, MachineOp> = { i32: "sw", i64: "sd", f32: "fsw", f64: "fsd" };

/** `fence` operand sets (predecessor << 4 | successor; r = 2, w = 1) of RVWMO's mapping for acquire and release. */
const FENCE_RW_RW = 0x33;
const FENCE_R_RW = 0x23;
const FENCE_RW_W = 0x31;

const RELEASE = 1;
const ACQUIRE = 2;
const SEQUENTIAL = 3;

/** Mutable globals reachable from gp: 8-byte slots from gp − 2048 on. */
const GP_BIAS = 2048;
const GLOBALS_NEAR_GP = 512;

/** Symbol of the first global's slot. */
const GLOBALS = "__globals";

export class MemorySelector {
  constructor(private readonly s: Selector) {}

  load(value: Value): void {
    const { s } = this;
    const { base, displacement } = this.address(value.args[0]!, value.offset);
    const rd = s.isNeeded(value) ? s.resultRegister(value) : 0;
    s.emit(this.loadOp(value), rd, [base], displacement);
  }

  store(value: Value): void {
    const { s } = this;
    const { base, displacement } = this.address(value.args[0]!, value.offset);
    const stored = value.args[1]!;
    const op = this.isStoredAsFloat(stored) ? FLOAT_STORES[value.size]! : STORES[value.size]!;
    s.emit(op, NONE, [this.stored(stored, value.size), base], displacement);
  }

  /** Constants are stored from an integer register if they are easily made there. */
  private isStoredAsFloat({ op, type, constant }: Value): boolean {
    return isFloat(type) && !(op === "const" && this.s.constantCost(constant) <= 1);
  }

  private loadOp({ size, signed, type }: Value): MachineOp {
    if (isFloat(type)) return type === "f32" ? "flw" : "fld";
    return LOADS[`${size}${signed || (size === 4 && type === "i32") ? "s" : "u"}`]!;
  }

  private stored(value: Value, size: number): number {
    if (isFloat(value.type))
      return this.isStoredAsFloat(value) ? this.s.register(value) : this.s.constantRegister(value.constant);
    return size <= 4 ? this.s.lowBits(value) : this.s.register(value);
  }

  /** Splits an address into base register and displacement. i32 addresses are sign-extended (the address rule). */
  private address(value: Value, offset: number): Address {
    const { s } = this;
    if (value.op === "const") {
      const sum = value.constant + BigInt(offset);
      const { high, low } = splitLow12(BigInt.asIntN(value.type === "i32" ? 32 : 64, sum));
      return { base: s.constantRegister(high), displacement: low };
    }
    if (!fitsImmediate(BigInt(offset))) {
      const { high, low } = splitLow12(BigInt(offset));
      return { base: s.emitTo("add", [s.register(value), s.constantRegister(high)]), displacement: low };
    }
    const constant = value.op === "add" && value.args[1]!.op === "const" ? value.args[1]!.constant : null;
    if (constant !== null && !s.isNeeded(value) && !fitsImmediate(constant)) {
      const { high, low } = splitLow12(constant + BigInt(offset));
      const base = s.emitTo("add", [s.register(value.args[0]!), s.constantRegister(high)]);
      return { base, displacement: low };
    }
    return { base: s.register(value), displacement: offset };
  }

  /** The address in one register, for instructions without displacement. */
  private plainAddress(value: Value, offset: number): number {
    const { base, displacement } = this.address(value, offset);
    return displacement === 0 ? base : this.s.emitTo("addi", [base], displacement);
  }

  atomicLoad(value: Value): void {
    const { s } = this;
    if (value.order === SEQUENTIAL) s.emit("fence", NONE, [], FENCE_RW_RW);
    this.load(value);
    if (value.order & ACQUIRE) s.emit("fence", NONE, [], FENCE_R_RW);
  }

  atomicStore(value: Value): void {
    if (value.order & RELEASE) this.s.emit("fence", NONE, [], FENCE_RW_W);
    this.store(value);
  }

  atomicUpdate(value: Value): void {
    const { s } = this;
    const address = this.plainAddress(value.args[0]!, value.offset);
    const op = `amo${value.symbol}.${value.size === 8 ? "d" : "w"}` as MachineOp;
    const rd = s.isNeeded(value) ? s.resultRegister(value) : 0;
    s.emit(op, rd, [address, this.stored(value.args[1]!, value.size)], value.order);
  }

  compareExchange(value: Value): void {
    const { s } = this;
    const address = this.plainAddress(value.args[0]!, value.offset);
    const uses = [address, s.register(value.args[1]!), this.stored(value.args[2]!, value.size)];
    const scratch = s.newRegister();
    s.emit("compareExchange", s.resultRegister(value), uses, value.size === 8 ? 8 : 4, {
      defs: [scratch],
      earlyClobber: true,
    });
  }

  waitWhileEqual(value: Value): void {
    const { s } = this;
    const address = this.plainAddress(value.args[0]!, value.offset);
    s.emit("waitWhileEqual", s.newRegister(), [address, s.register(value.args[1]!)], 0, {
      earlyClobber: true,
    });
  }

  globalGet(value: Value): void {
    const { s } = this;
    if (!s.isNeeded(value)) return;
    this.globalAccess(GLOBAL_LOADS[value.type!], s.resultRegister(value), [], value.index);
  }

  globalSet(value: Value): void {
    const source = value.args[0]!;
    this.globalAccess(GLOBAL_STORES[source.type!], NONE, [this.s.register(source)], value.index);
  }

  private globalAccess(op: MachineOp, rd: number, sources: number[], index: number): void {
    const { s } = this;
    if (index < GLOBALS_NEAR_GP) {
      s.emit(op, rd, [...sources, reg.gp], index * 8 - GP_BIAS);
      return;
    }
    const addend = index * 8;
    const base = s.symbolHighRegister(GLOBALS, addend);
    s.emit(op, rd, [...sources, base], 0, { symbol: GLOBALS, addend, symbolUse: "lo12" });
  }

  csrUpdate(value: Value): void {
    const { s } = this;
    const operand = value.args[0]!;
    const rd = value.type && s.isNeeded(value) ? s.resultRegister(value) : 0;
    const isShort = operand.op === "const" && operand.constant >= 0n && operand.constant < 32n;
    if (isShort) s.emit(`${value.symbol}i` as MachineOp, rd, [], value.index, { constant: operand.constant });
    else s.emit(value.symbol as MachineOp, rd, [s.register(operand)], value.index);
  }

  csrRead(value: Value): void {
    const { s } = this;
    s.emit("csrrs", s.isNeeded(value) ? s.resultRegister(value) : 0, [0], value.index);
  }

  machineInstruction(value: Value): void {
    const { s } = this;
    const rd = value.type ? (s.isNeeded(value) ? s.resultRegister(value) : 0) : NONE;
    s.emit(
      value.symbol as MachineOp,
      rd,
      value.args.map((arg) => s.register(arg)),
    );
  }

  threadPointer(value: Value): void {
    const { s } = this;
    if (s.isNeeded(value)) s.emit(value.type === "i32" ? "addiw" : "addi", s.resultRegister(value), [reg.tp]);
  }

  stackPointer(value: Value): void {
    const { s } = this;
    s.emit("addi", s.isNeeded(value) ? s.resultRegister(value) : 0, [reg.sp]);
  }

  setThreadPointer(value: Value): void {
    const { s } = this;
    s.emit("addi", reg.tp, [s.register(value.args[0]!)]);
  }
}
