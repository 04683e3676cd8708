// The public riscv-tests (github.com/riscv-software-src/riscv-tests), built by the reader and named by RISCV_TESTS: programs of
// one hart in physical memory (p) and in user mode on page tables (v).
// A test writes its result to the word at the symbol `tohost`: 1 = passed, else the number of the failed case * 2 + 1.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensureCore } from "../../tools/build-core";
import { Machine } from "../src/index";

const folder = process.env.RISCV_TESTS;
const SUITES = /^rv64(ui|um|ua|uc|uf|ud|mi|si|mzicbo|ssvnapot|uzba|uzbb|uzbs)-[pv]-[a-z0-9_-]+$/;
const MOST_INSTRUCTIONS = 2_000_000;

async function runTest(path: string): Promise<{ tohost: bigint; reason: string }> {
  const machine = await Machine.create({
    harts: 1,
    memory: 1 << 24,
    core: await ensureCore(),
    firmware: "none",
  });
  machine.loadElf(new Uint8Array(readFileSync(path)));
  const address = machine.symbols?.addressOf("tohost");
  if (address === undefined) throw new Error(`${path} has no symbol tohost`);
  const result = machine.runSync({
    until: () => machine.memory.readU64(address) !== 0n,
    pollInterval: 1000,
    maxInstructions: MOST_INSTRUCTIONS,
  });
  return { tohost: machine.memory.readU64(address), reason: result.reason };
}

describe("riscv-tests", () => {
  if (!folder) {
    it.skip("need RISCV_TESTS, the folder with the built rv64*-p-* and rv64*-v-* programs (docs/machine.md)");
    return;
  }
  for (const name of readdirSync(folder).filter((file) => SUITES.test(file)))
    it(`${name} passes`, async () => {
      expect(await runTest(join(folder, name))).toEqual({ tohost: 1n, reason: "until" });
    });
});
