/**
 * The same random module in Node's WebAssembly and as RISC-V code on our machine: every call must return the same value
 * or trap in both, and leave the same memory and globals.
 *
 * REL4_FUZZ_RUNS sets how many modules are tried (default 12, and 6 with floating point), REL4_FUZZ_SEED the first seed (default 1).
 */
import { describe, expect, it } from "vitest";
import { compileWasm } from "../src";
import { bareMetalOptions, bootable, HIGH, LOW, type Outcome, parseReports } from "./bare-metal";
import { optimizeWithBinaryen } from "./binaryen-optimize";
import { type RandomModule, randomModule } from "./random-module";
import { runOnMachine } from "./run-image";

const RUNS = Number(process.env.REL4_FUZZ_RUNS ?? 12);
const FLOAT_RUNS = Number(process.env.REL4_FUZZ_RUNS ?? 6);
const FIRST_SEED = Number(process.env.REL4_FUZZ_SEED ?? 1);

function outcomesInNode({ wasm, calls }: RandomModule): Outcome[] {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
    rv: { unlikely: (condition: number) => condition },
  });
  const exports = instance.exports as Record<string, () => bigint>;
  return calls.map((name) => {
    try {
      return exports[name]!();
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) return "trap";
      throw error;
    }
  });
}

/** Every seed is one combination of layout, instruction set, optimisation, and shape of the wasm. */
function variantOf(seed: number) {
  return {
    layout: seed & 1 ? LOW : HIGH,
    isa: { bitmanip: (seed & 2) !== 0, compressed: (seed & 4) !== 0 },
    optimize: seed % 5 !== 0,
    binaryen: seed % 3 === 0,
  };
}

async function compare(seed: number, floats: boolean): Promise<void> {
  const { layout, isa, optimize, binaryen } = variantOf(seed);
  const module = randomModule({ seed, windowBase: layout.windowBase, functions: 8, runs: 12, floats });
  if (binaryen) module.wasm = optimizeWithBinaryen(module.wasm);
  const expected = outcomesInNode(module);
  const target = bareMetalOptions(layout, module.calls, { ...isa, floatingPoint: floats });
  const program = compileWasm(module.wasm, { ...target, memoryPages: module.pages, optimize });
  const { outcomes } = parseReports(await runOnMachine(bootable(program.elf, layout)));
  module.calls.forEach((name, index) => {
    expect(outcomes[index], `REL4_FUZZ_SEED=${seed} REL4_FUZZ_RUNS=1: ${name}`).toEqual(expected[index]);
  });
}

describe("random modules", () => {
  it.each([
    ["integers", false, RUNS],
    ["floating point", true, FLOAT_RUNS],
  ])(
    `of %s behave on the machine as in Node (from seed ${FIRST_SEED})`,
    {
      timeout: 30_000 + 10_000 * RUNS,
    },
    async (_, floats, runs) => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + runs; seed++) await compare(seed, floats);
    },
  );

  it("are the same for the same seed, and so is their machine code", () => {
    const options = { seed: 7, windowBase: LOW.windowBase, functions: 4, runs: 2 };
    const [a, b] = [randomModule(options), randomModule(options)];
    expect(a.wasm).toEqual(b.wasm);
    const target = bareMetalOptions(LOW, a.calls, { bitmanip: true, compressed: true });
    const build = () => compileWasm(a.wasm, { ...target, memoryPages: a.pages }).elf;
    expect(build()).toEqual(build());
  });
});
