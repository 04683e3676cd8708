/**
 * Which functions may suspend: run `switchStack`, so that other stacks run before they return. Calls of these lose all
 * registers, so the whole program has to agree on the answer. It is found in the wasm code, before anything is compiled.
 */
import { InstructionReader } from "./instruction-reader";
import { signatureText, type WasmFunction, type WasmModule } from "./module";
import { OP } from "./opcodes";

/** The functions, and the signatures of indirect calls, that may suspend. */
export interface Suspension {
  functions: ReadonlySet<WasmFunction>;
  /** As `signatureText` writes them. */
  signatures: ReadonlySet<string>;
}

/** What a function calls. */
interface Calls {
  functions: Set<number>;
  signatures: Set<string>;
}

const isIntrinsic = ({ import: from }: WasmFunction, name: string): boolean =>
  from?.module === "rv" && from.name === name;

/** Scans a body up to its end or the first instruction that cannot be compiled anyway. */
export function callsOf(module: WasmModule, source: WasmFunction): Calls {
  const calls: Calls = { functions: new Set(), signatures: new Set() };
  const reader = new InstructionReader(module, source.bodyStart);
  reader.locals();
  while (reader.position < source.bodyEnd) {
    const instruction = reader.next();
    if (!instruction) break;
    if (instruction.opcode === OP.call) calls.functions.add(instruction.index);
    else if (instruction.opcode === OP.callIndirect)
      calls.signatures.add(signatureText(module.types[instruction.index]!));
  }
  return calls;
}

/** Spreads from callees to callers; an indirect call reaches the functions of its signature that are in the table. */
class SuspensionSearch {
  private readonly functions = new Set<WasmFunction>();
  private readonly signatures = new Set<string>();
  private readonly callers = new Map<number, WasmFunction[]>();
  private readonly indirectCallers = new Map<string, WasmFunction[]>();
  private readonly inTable: ReadonlySet<number | null>;
  private readonly pending: WasmFunction[] = [];

  constructor(module: WasmModule) {
    this.inTable = new Set(module.table);
    for (const source of module.functions) {
      if (source.import) continue;
      const { functions, signatures } = callsOf(module, source);
      for (const index of functions) this.callers.set(index, [...(this.callers.get(index) ?? []), source]);
      for (const signature of signatures)
        this.indirectCallers.set(signature, [...(this.indirectCallers.get(signature) ?? []), source]);
    }
  }

  run(start: WasmFunction): Suspension {
    this.addAll(this.callers.get(start.index));
    for (let next = this.pending.pop(); next; next = this.pending.pop()) {
      this.addAll(this.callers.get(next.index));
      const signature = signatureText(next.type);
      if (!this.inTable.has(next.index) || this.signatures.has(signature)) continue;
      this.signatures.add(signature);
      this.addAll(this.indirectCallers.get(signature));
    }
    return { functions: this.functions, signatures: this.signatures };
  }

  private addAll(functions: readonly WasmFunction[] = []): void {
    for (const found of functions) {
      if (this.functions.has(found)) continue;
      this.functions.add(found);
      this.pending.push(found);
    }
  }
}

/** Finds what may suspend; nothing, at no cost, in a module that does not import `switchStack`. */
export function findSuspension(module: WasmModule): Suspension {
  const start = module.functions.find((target) => isIntrinsic(target, "switchStack"));
  if (!start) return { functions: new Set(), signatures: new Set() };
  return new SuspensionSearch(module).run(start);
}

/**
 * Functions that may suspend and that something besides compiled code can call: through an export, the start function, or
 * an address from `functionAddress`. They need an entry that preserves s0–s11.
 */
export function outsideEntries(module: WasmModule, { functions }: Suspension): Set<WasmFunction> {
  const known = new Set<number | null>(module.exports.values());
  known.add(module.start);
  if (module.functions.some((target) => isIntrinsic(target, "functionAddress")))
    for (const index of module.table) known.add(index);
  return new Set([...functions].filter(({ index }) => known.has(index)));
}
