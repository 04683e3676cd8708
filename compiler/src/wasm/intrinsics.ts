/**
 * Imports that are instructions or linker symbols rather than functions: modules "rv", "link" and "asm"
 * (declared in `compiler/lib/rv.ts`).
 */
import { isConstant, type Type, type Value } from "../ir/ir";
import type { Operation } from "../ir/operations";
import type { FunctionEmitter } from "./emitter";
import { signatureText, type WasmFunction } from "./module";

/** Memory orderings as bits: acquire 2, release 1. */
const ORDERS: Record<string, number> = { "": 0, Release: 1, Acquire: 2, AcqRel: 3 };

const COUNTERS: Record<string, number> = { rdcycle: 0xc00, rdtime: 0xc01, rdinstret: 0xc02 };

/** Signature of functions at which stacks begin. */
export const STACK_ENTRY = signatureText({ params: [], results: [] });

/** Intrinsics that are one machine instruction: opcode and result. */
const MACHINE: Record<string, { op: string; result: Type | null }> = {
  fenceI: { op: "fence.i", result: null },
  sfenceVma: { op: "sfence.vma", result: null },
  sfenceVmaAddress: { op: "sfence.vma", result: null },
  sfenceVmaAddressAsid: { op: "sfence.vma", result: null },
  wfi: { op: "wfi", result: null },
  pause: { op: "pause", result: null },
  breakpoint: { op: "ebreak", result: null },
  uipiSend: { op: "uipi.send", result: null },
  uipiRead: { op: "uipi.read", result: "i64" },
  uipiWrite: { op: "uipi.write", result: null },
  uipiActivate: { op: "uipi.activate", result: null },
  uipiDeactivate: { op: "uipi.deactivate", result: null },
};

/** CSR updates: instruction, and whether the old value is returned. */
const CSR_UPDATES: Record<string, { op: string; result: Type | null }> = {
  csrWrite: { op: "csrrw", result: null },
  csrSet: { op: "csrrs", result: null },
  csrClear: { op: "csrrc", result: null },
  csrSwap: { op: "csrrw", result: "i64" },
  csrSetRead: { op: "csrrs", result: "i64" },
  csrClearRead: { op: "csrrc", result: "i64" },
};

class IntrinsicTranslator {
  constructor(
    private readonly emitter: FunctionEmitter,
    private readonly name: string,
    private readonly args: Value[],
    private readonly position: number,
  ) {}

  translate(): Value | null {
    const { name } = this;
    return this.csr() ?? this.machine() ?? this.environment() ?? this.memory() ?? this.unknown(name);
  }

  private unknown(name: string): never {
    return this.emitter.refuse(`unknown intrinsic rv.${name}`, this.position);
  }

  /** An argument that must be a compile-time constant. */
  private constantArgument(index: number, what: string): number {
    const value = this.args[index]!;
    if (!isConstant(value))
      this.emitter.refuse(`${this.name}: ${what} must be a compile-time constant`, this.position);
    return Number(BigInt.asUintN(32, value.constant));
  }

  private emit(op: Operation, type: Type | null, args: Value[], attributes: Partial<Value> = {}): Value {
    return this.emitter.emit(op, type, args, attributes);
  }

  private csr(): Value | undefined {
    const { name } = this;
    if (name in COUNTERS) return this.emit("csrRead", "i64", [], { index: COUNTERS[name]! });
    if (name === "csrRead")
      return this.emit("csrRead", "i64", [], { index: this.constantArgument(0, "the CSR number") });
    const update = CSR_UPDATES[name];
    if (!update) return undefined;
    const index = this.constantArgument(0, "the CSR number");
    return this.emit("csrUpdate", update.result, [this.args[1]!], { symbol: update.op, index });
  }

  private machine(): Value | undefined {
    if (this.name === "sfenceVmaAsid")
      return this.emit("machine", null, [this.emitter.constant("i64", 0), this.args[0]!], {
        symbol: "sfence.vma",
      });
    const instruction = MACHINE[this.name];
    return instruction && this.emit("machine", instruction.result, this.args, { symbol: instruction.op });
  }

  private environment(): Value | undefined {
    const { emitter, args } = this;
    switch (this.name) {
      case "fence": {
        const index =
          (this.constantArgument(0, "the predecessor set") << 4) |
          this.constantArgument(1, "the successor set");
        return this.emit("fence", null, [], { index });
      }
      case "ecall":
        return this.ecall();
      case "ecallResult":
        return this.ecallResult();
      case "threadPointer":
        return this.emit("threadPointer", "i64", []);
      case "setThreadPointer":
        return this.emit("setThreadPointer", null, args);
      case "unlikely":
        return this.unlikely();
      case "stackPointer":
        return this.emit("stackPointer", "i64", []);
      case "switchStack":
        emitter.lastEcall = null;
        return this.emit("switchStack", null, args);
      case "isPushedAtSuspension":
        return this.isPushedAtSuspension();
      case "waitWhileEqual32":
        return this.emit("waitWhileEqual", null, args);
      case "functionAddress":
        return this.functionAddress("functionAddress", null);
      case "stackEntry":
        return this.functionAddress("stackEntry", STACK_ENTRY);
      case "handlerAddress":
        emitter.context.onHandlers();
        return this.tableAddress("handlerAddress");
      case "contextSwitch":
        emitter.lastEcall = null;
        return this.emit("call", null, args, { symbol: CONTEXT_SWITCH, position: this.position });
      default:
        return undefined;
    }
  }

  private isPushedAtSuspension(): Value {
    const [pointer] = this.args;
    if (pointer!.op !== "globalGet")
      this.emitter.refuse(`${this.name}: the argument must be a mutable global`, this.position);
    return this.emitter.constant("i32", this.emitter.context.isPushedAtSuspension(pointer!.index) ? 1 : 0);
  }

  private functionAddress(op: Operation, signature: string | null): Value {
    this.emitter.context.onTable(signature);
    return this.tableAddress(op);
  }

  private tableAddress(op: Operation): Value {
    const { emitter, args } = this;
    const size = this.emitter.constant("i32", emitter.context.module.table.length);
    emitter.trapIf(this.emit("geu", "i32", [args[0]!, size]));
    return this.emit(op, "i64", args);
  }

  private unlikely(): Value {
    const condition = this.args[0]!;
    if (!isConstant(condition)) this.emitter.unlikely.add(condition);
    return condition;
  }

  private ecall(): Value {
    const value = this.emit("ecall", "i64", this.args);
    this.emitter.lastEcall = value;
    return value;
  }

  private ecallResult(): Value {
    const { emitter } = this;
    const index = this.constantArgument(0, "the register's index");
    if (index < 1 || index > 5) emitter.refuse("ecallResult: the index must be 1 to 5", this.position);
    const ecall = emitter.lastEcall;
    if (ecall) return this.emit("ecallResult", "i64", [ecall], { index });
    return emitter.refuse(
      "ecallResult must follow an ecall in the same basic block, without a call in between",
      this.position,
    );
  }

  private memory(): Value | undefined {
    const { name, args } = this;
    const volatile = /^(load|store)(8|16|32|64)$/.exec(name);
    if (volatile) {
      const size = Number(volatile[2]) / 8;
      if (volatile[1] === "store") return this.emit("volatileStore", null, args, { size });
      return this.emit("volatileLoad", size === 8 ? "i64" : "i32", args, { size, signed: size >= 4 });
    }
    const ordered = /^(loadAcquire|storeRelease)(32|64)$/.exec(name);
    if (ordered) {
      const size = Number(ordered[2]) / 8;
      if (ordered[1] === "storeRelease") return this.emit("atomicStore", null, args, { size, order: 1 });
      return this.emit("atomicLoad", size === 8 ? "i64" : "i32", args, { size, signed: true, order: 2 });
    }
    const update = /^amo(Swap|Add|And|Or|Xor)(32|64)(|Acquire|Release|AcqRel)$/.exec(name);
    if (!update) return undefined;
    const size = Number(update[2]) / 8;
    const attributes = { symbol: update[1]!.toLowerCase(), size, order: ORDERS[update[3]!]! };
    return this.emit("atomicUpdate", size === 8 ? "i64" : "i32", args, attributes);
  }
}

/** Symbol of the run-time helper behind `contextSwitch`. */
export const CONTEXT_SWITCH = "__contextSwitch";

/**
 * Translates a call of an imported function.
 * @returns its result, or null
 */
export function translateImport(
  emitter: FunctionEmitter,
  target: WasmFunction,
  args: Value[],
  position: number,
): Value | null {
  const { module, name } = target.import!;
  const result = emitter.resultType(target.type, position);
  if (module === "rv") {
    const value = new IntrinsicTranslator(emitter, name, args, position).translate();
    return value?.type ? value : null;
  }
  const symbol = module === "asm" || module === "link" ? name : `${module}.${name}`;
  emitter.context.onImport({ symbol, module, name });
  if (module === "link") return emitter.emit("symbolAddress", "i64", [], { symbol, position });
  emitter.lastEcall = null;
  const value = emitter.emit("call", result, args, { symbol, position });
  return result ? value : null;
}
