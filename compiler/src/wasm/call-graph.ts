/**
 * Who calls whom in a module, read from the wasm code before anything is compiled, for what the whole program has to agree
 * on: a property of some functions spreads to all that may call them.
 */
import { InstructionReader } from "./instruction-reader";
import { signatureText, type WasmFunction, type WasmModule } from "./module";
import { isFloatInstruction, OP } from "./opcodes";

/** Functions, and the signatures of indirect calls that may reach one of them. */
export interface Reach {
  functions: ReadonlySet<WasmFunction>;
  /** As `signatureText` writes them. */
  signatures: ReadonlySet<string>;
}

/** What is known of a function's body. */
interface Body {
  functions: Set<number>;
  signatures: Set<string>;
  usesFloats: boolean;
}

const isFloat = (type: string): boolean => type === "f32" || type === "f64";

/** Whether a function is the intrinsic `rv.name`. */
export const isIntrinsic = ({ import: from }: WasmFunction, name: string): boolean =>
  from?.module === "rv" && from.name === name;

/** Scans a body up to its end or the first instruction that cannot be compiled anyway. */
function scan(module: WasmModule, source: WasmFunction): Body {
  const { params, results } = source.type;
  const body: Body = {
    functions: new Set(),
    signatures: new Set(),
    usesFloats: [...params, ...results].some(isFloat),
  };
  const reader = new InstructionReader(module, source.bodyStart);
  if (reader.locals().some(({ type }) => isFloat(type))) body.usesFloats = true;
  while (reader.position < source.bodyEnd) {
    const instruction = reader.next();
    if (!instruction) break;
    if (instruction.opcode === OP.call) body.functions.add(instruction.index);
    else if (instruction.opcode === OP.callIndirect)
      body.signatures.add(signatureText(module.types[instruction.index]!));
    else if (isFloatInstruction(instruction.opcode)) body.usesFloats = true;
  }
  return body;
}

export class CallGraph {
  private readonly callees = new Map<number, ReadonlySet<number>>();
  private readonly callers = new Map<number, WasmFunction[]>();
  private readonly indirectCallers = new Map<string, WasmFunction[]>();
  private readonly inTable: ReadonlySet<number | null>;
  private readonly usingFloats: WasmFunction[] = [];

  constructor(readonly module: WasmModule) {
    this.inTable = new Set(module.table);
    for (const source of module.functions) {
      if (source.import) continue;
      const { functions, signatures, usesFloats } = scan(module, source);
      this.callees.set(source.index, functions);
      for (const index of functions) this.callers.set(index, [...(this.callers.get(index) ?? []), source]);
      for (const signature of signatures)
        this.indirectCallers.set(signature, [...(this.indirectCallers.get(signature) ?? []), source]);
      if (usesFloats) this.usingFloats.push(source);
    }
  }

  /** Everything that may call one of `targets`; an indirect call reaches the functions of its signature in the table. */
  callersOf(targets: readonly WasmFunction[]): Reach {
    const functions = new Set<WasmFunction>();
    const signatures = new Set<string>();
    const pending: WasmFunction[] = [];
    const add = (found: readonly WasmFunction[] = []): void => {
      for (const caller of found) {
        if (functions.has(caller)) continue;
        functions.add(caller);
        pending.push(caller);
      }
    };
    for (const { index } of targets) add(this.callers.get(index));
    this.addIndirect(targets, signatures, add);
    for (let next = pending.pop(); next; next = pending.pop()) {
      add(this.callers.get(next.index));
      this.addIndirect([next], signatures, add);
    }
    return { functions, signatures };
  }

  private addIndirect(
    targets: readonly WasmFunction[],
    signatures: Set<string>,
    add: (found?: readonly WasmFunction[]) => void,
  ): void {
    for (const target of targets) {
      const signature = signatureText(target.type);
      if (!this.inTable.has(target.index) || signatures.has(signature)) continue;
      signatures.add(signature);
      add(this.indirectCallers.get(signature));
    }
  }

  /** What may run on a stack of its own: whatever the function table's entries call. */
  onNewStacks(): ReadonlySet<WasmFunction> {
    const found = new Set<WasmFunction>();
    const pending = [...this.inTable];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      const target = index === null ? undefined : this.module.functions[index]!;
      if (!target || target.import || found.has(target)) continue;
      found.add(target);
      pending.push(...this.callees.get(target.index)!);
    }
    return found;
  }

  /** The functions during whose execution floating-point registers may change. */
  touchingFloats(): ReadonlySet<WasmFunction> {
    return new Set([...this.usingFloats, ...this.callersOf(this.usingFloats).functions]);
  }
}
