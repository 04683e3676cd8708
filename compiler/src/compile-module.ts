/**
 * The optimising compiler's front door: one wasm module in, RV64 fragments out.
 *
 * Pipeline (docs/compiler.md): decode → SSA → passes → instruction selection → register allocation → layout → fragment.
 * Encoding, relaxation, addresses and ELF belong to the assembler and linker.
 */
import { Assembler } from "./assembler/assembler";
import { type Fragment, fragment } from "./assembler/instruction";
import { stackArguments } from "./backend/calling-convention";
import { generateCode } from "./backend/generate";
import { dispatchTable, FUNCTION_TABLE, HANDLER_TABLE } from "./backend/select-calls";
import { type IRFunction, usesFloats } from "./ir/ir";
import { parseFunction } from "./ir/parser";
import { printFunction } from "./ir/printer";
import type { BackendOptions, ImportedFunction, ModuleObject } from "./link/module-object";
import { PIPELINE, runPipeline } from "./passes/pipeline";
import { assemblyHelper, irHelper, TRAP_FUNCTION } from "./runtime-helpers/helpers";
import { floatPreservingEntry, preservingEntry } from "./runtime-helpers/preserving-entry";
import { CallGraph } from "./wasm/call-graph";
import { decodeModule } from "./wasm/decoder";
import type { TranslationContext } from "./wasm/emitter";
import { signatureText, type WasmFunction, type WasmModule } from "./wasm/module";
import { isPushedAtSuspension } from "./wasm/suspended-pushes";
import { findSuspension, outsideEntries } from "./wasm/suspension";
import { translateFunction } from "./wasm/translator";

/** Signature of the functions that `handlerAddress` gives. */
const HANDLER_SIGNATURE = signatureText({ params: ["i64"], results: ["i64"] });

/** Symbol that runs the start function. */
const START = "__wasm_start";

/** Told the text of a function after each stage. */
type Observer = (stage: string, text: () => string) => void;

class ModuleCompiler {
  private readonly module: WasmModule;
  private readonly context: TranslationContext;
  private readonly pending: WasmFunction[] = [];
  private readonly queued = new Set<WasmFunction>();
  private readonly imports = new Map<string, ImportedFunction>();
  /** Tables that code refers to: symbol → signature, or null for the table of all functions. */
  private readonly tables = new Map<string, string | null>();
  private readonly fragments: Fragment[] = [];
  /** Whether any of the compiled functions uses floating-point registers. */
  private usesFloats = false;
  /** Functions that others enter by a fragment of its own, named like the function; code calls the body. */
  private readonly withEntry: ReadonlySet<WasmFunction>;
  private graph: CallGraph | undefined;

  constructor(
    wasm: Uint8Array,
    private readonly options: BackendOptions,
  ) {
    this.module = decodeModule(wasm);
    const mutable = this.module.globals.flatMap((global, index) => (global.mutable ? [index] : []));
    const slots = new Map(mutable.map((index, slot) => [index, slot]));
    const callGraph = () => this.callGraph();
    const suspension = findSuspension(this.module, callGraph);
    this.withEntry = outsideEntries(this.module, suspension);
    const pushed = new Map<number, boolean>();
    this.context = {
      callGraph,
      suspension,
      symbolOf: (target) => this.symbolOf(target),
      module: this.module,
      options,
      globalSlot: (index) => slots.get(index)!,
      isPushedAtSuspension: (slot) => {
        const known = pushed.get(slot) ?? isPushedAtSuspension(this.context, slot);
        pushed.set(slot, known);
        return known;
      },
      onCall: (target) => this.enqueue(target),
      onImport: (imported) => this.imports.set(imported.symbol, imported),
      onTable: (signature) => {
        const symbol = signature === null ? FUNCTION_TABLE : dispatchTable(signature);
        this.useTable(symbol, signature);
      },
      onHandlers: () => this.useTable(HANDLER_TABLE, HANDLER_SIGNATURE),
    };
  }

  compile(): ModuleObject {
    const { module } = this;
    for (const index of module.exports.values()) this.enqueue(module.functions[index]!);
    if (module.start !== null) this.enqueue(module.functions[module.start]!);
    for (let next = this.pending.pop(); next; next = this.pending.pop())
      this.fragments.push(this.function(next));
    this.fragments.push(...this.outsideEntries(), this.start(), ...this.dispatchTables());
    this.addHelpers();
    return {
      fragments: this.fragments,
      globals: module.globals.filter(({ mutable }) => mutable),
      data: module.data,
      imports: [...this.imports.values()],
      usesFloats: this.usesFloats,
      exports: new Map([...module.exports].map(([name, index]) => [name, module.functions[index]!.name])),
      exportedConstants: this.exportedConstants(),
      dumpIR: (name, stage) => this.dump(name, stage),
    };
  }

  /** Made when it is asked for: few modules need it. */
  private callGraph(): CallGraph {
    this.graph ??= new CallGraph(this.module);
    return this.graph;
  }

  private enqueue(target: WasmFunction): void {
    if (target.import || this.queued.has(target)) return;
    this.queued.add(target);
    this.pending.push(target);
  }

  private symbolOf(target: WasmFunction): string {
    return this.withEntry.has(target) ? `${target.name}.body` : target.name;
  }

  /** Functions of the table are compiled once a call could reach them. */
  private useTable(symbol: string, signature: string | null): void {
    if (this.tables.has(symbol)) return;
    this.tables.set(symbol, signature);
    for (const target of this.tableEntries(signature)) if (target) this.enqueue(target);
  }

  /** The functions of the table that have this signature; null elsewhere. */
  private tableEntries(signature: string | null): (WasmFunction | null)[] {
    return this.module.table.map((index) => {
      const target = index === null ? undefined : this.module.functions[index];
      if (!target || target.import) return null;
      return signature === null || signatureText(target.type) === signature ? target : null;
    });
  }

  private function(source: WasmFunction, observe?: Observer): Fragment {
    const fn = translateFunction(this.context, source);
    return this.generate(fn, undefined, observe);
  }

  private generate(fn: IRFunction, registers?: readonly number[], observe?: Observer): Fragment {
    const { options } = this;
    this.usesFloats ||= usesFloats(fn);
    const text = (): string => printFunction(fn);
    observe?.("ssa", text);
    const { bitmanip } = options.isa;
    runPipeline(fn, { bitmanip, optimize: options.optimize }, (pass) => observe?.(pass, text));
    return generateCode(fn, { bitmanip, locate: (offset) => options.locate(offset), registers, observe });
  }

  private start(): Fragment {
    const a = new Assembler(START);
    const index = this.module.start;
    if (index === null) a.ret();
    else a.tail(this.module.functions[index]!.name);
    return a.finish();
  }

  /** Entries of the compiled functions that callers outside compiled code cannot call as they are. */
  private outsideEntries(): Fragment[] {
    return [...this.queued]
      .filter((target) => this.withEntry.has(target))
      .map((target) => {
        const onStack = stackArguments(target.type.params);
        return preservingEntry(target.name, this.symbolOf(target), onStack, this.usesFloats);
      });
  }

  private dispatchTables(): Fragment[] {
    return [...this.tables].flatMap(([symbol, signature]) => {
      if (symbol === HANDLER_TABLE) return this.handlerTable();
      const isForCode = signature !== null;
      const symbols = this.tableEntries(signature).map((target) =>
        target && isForCode ? this.symbolOf(target) : target?.name,
      );
      return tableOf(symbol, symbols);
    });
  }

  /** The table of interrupt handlers, and entries for those that may use floating-point registers. */
  private handlerTable(): Fragment[] {
    const targets = this.tableEntries(HANDLER_SIGNATURE);
    const touching = this.callGraph().touchingFloats();
    const entryOf = (target: WasmFunction): string =>
      touching.has(target) ? `${target.name}.handler` : target.name;
    const entries = [...new Set(targets)].flatMap((target) =>
      target && touching.has(target) ? floatPreservingEntry(entryOf(target), target.name) : [],
    );
    return [
      ...entries,
      tableOf(
        HANDLER_TABLE,
        targets.map((target) => target && entryOf(target)),
      ),
    ];
  }

  /** Adds the helpers that the fragments so far, or other helpers, refer to. */
  private addHelpers(): void {
    const known = new Set(this.fragments.map(({ name }) => name));
    for (let i = 0; i < this.fragments.length; i++) {
      for (const name of referencedSymbols(this.fragments[i]!)) {
        if (known.has(name)) continue;
        known.add(name);
        const helper = irHelper(name);
        const added = helper
          ? this.generate(parseFunction(helper.text), helper.registers)
          : assemblyHelper(name, this.usesFloats);
        if (added) this.fragments.push(added);
      }
    }
  }

  private exportedConstants(): Map<string, bigint> {
    const constants = new Map<string, bigint>();
    for (const [name, index] of this.module.exportedGlobals) {
      const { mutable, initial } = this.module.globals[index]!;
      if (!mutable) constants.set(name, initial);
    }
    return constants;
  }

  private dump(name: string, stage: string): string {
    const source = this.module.functions.find((item) => item.name === name && !item.import);
    const helper = irHelper(name);
    if (!source && !helper) throw new Error(`no function named ${name}`);
    let result: string | undefined;
    const observe: Observer = (current, text) => {
      if (current === stage) result = text();
    };
    if (source) this.function(source, observe);
    else this.generate(parseFunction(helper!.text), helper!.registers, observe);
    if (result === undefined) throw new Error(`no stage named ${stage}; stages: ${STAGES.join(", ")}`);
    return result;
  }
}

/** A table of code addresses; entries without a symbol trap. */
function tableOf(name: string, symbols: readonly (string | null | undefined)[]): Fragment {
  const table = fragment(name, "rodata");
  for (const symbol of symbols)
    table.items.push({ kind: "data", size: 4, value: { symbol: symbol ?? TRAP_FUNCTION } });
  return table;
}

/** Stages that `dumpIR` can show, in order. */
export const STAGES: readonly string[] = [
  "ssa",
  ...PIPELINE.map((pass) => pass.name),
  "machine",
  "allocated",
  "layout",
];

function referencedSymbols(item: Fragment): string[] {
  return item.items.flatMap((entry) => {
    if (entry.kind === "instruction") return entry.symbol ? [entry.symbol.name] : [];
    return entry.kind === "data" && typeof entry.value === "object" && "symbol" in entry.value
      ? [entry.value.symbol]
      : [];
  });
}

/**
 * Compiles a wasm module.
 * @throws CompileError when the module uses something outside the dialect (SIMD, passive segments, …), or floating point
 *   where the target has none
 */
export function compileModule(wasm: Uint8Array, options: BackendOptions): ModuleObject {
  return new ModuleCompiler(wasm, options).compile();
}
