import { describe, expect, it } from "vitest";
import { randomModule } from "../../tests/random-module";
import type { IRFunction } from "../ir/ir";
import { parseFunction } from "../ir/parser";
import { printFunction } from "../ir/printer";
import { verify } from "../ir/verifier";
import { CallGraph } from "../wasm/call-graph";
import { decodeModule } from "../wasm/decoder";
import type { TranslationContext } from "../wasm/emitter";
import { translateFunction } from "../wasm/translator";
import { runPipeline } from "./pipeline";

/** Every function of a random module as SSA; every second module uses floating point. */
function functionsOf(seed: number): IRFunction[] {
  const floats = seed % 2 === 0;
  const { wasm } = randomModule({ seed, windowBase: 0x8020_0000, functions: 6, runs: 2, floats });
  const module = decodeModule(wasm);
  const context: TranslationContext = {
    module,
    options: {
      isa: { bitmanip: false, compressed: true, floatingPoint: true },
      memoryPages: 1,
      optimize: true,
      locate: () => undefined,
    },
    callGraph: () => new CallGraph(module),
    suspension: { functions: new Set(), signatures: new Set() },
    isPushedAtSuspension: () => false,
    symbolOf: (target) => target.name,
    globalSlot: (index) => index,
    onCall: () => undefined,
    onImport: () => undefined,
    onTable: () => undefined,
    onHandlers: () => undefined,
  };
  return module.functions
    .filter((source) => !source.import)
    .map((source) => translateFunction(context, source));
}

describe("the pipeline", () => {
  for (const bitmanip of [false, true]) {
    it(`leaves every function well formed, printable and parsable after each pass, ${bitmanip ? "with" : "without"} Zba`, () => {
      for (let seed = 1; seed <= 12; seed++) {
        for (const fn of functionsOf(seed)) {
          const check = (stage: string): void => {
            expect(verify(fn), `seed ${seed}, ${fn.name} after ${stage}`).toEqual([]);
            const text = printFunction(fn);
            expect(printFunction(parseFunction(text)), `seed ${seed}, ${fn.name} after ${stage}`).toBe(text);
          };
          check("ssa");
          runPipeline(fn, { bitmanip, optimize: true }, check);
        }
      }
    });
  }
});
