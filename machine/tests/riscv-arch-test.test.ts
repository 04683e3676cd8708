// The public architecture tests (github.com/riscv-non-isa/riscv-arch-test), built by the reader and named by RISCV_ARCH_TESTS: a
// folder, searched to its depths, with pairs of a program (x.elf) and the signature a reference model has left
// (x.reference_output). A program is done when it has written to the word at the symbol `tohost` or powered off; what lies
// between `begin_signature` and `end_signature` then must be the reference's, 32-bit words in hexadecimal, one a line.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { ensureCore } from "../../tools/build-core";
import { Machine } from "../src/index";

const folder = process.env.RISCV_ARCH_TESTS;
const MOST_INSTRUCTIONS = 20_000_000;
const MEMORY = 64 << 20;

/** Paths, without their ending, of all programs that have a reference. */
function findTests(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".elf"))
    .map((name) => join(root, name.slice(0, -".elf".length)))
    .filter((path) => existsSync(`${path}.reference_output`))
    .sort();
}

function symbol(machine: Machine, name: string): bigint {
  const address = machine.symbols?.addressOf(name);
  if (address === undefined) throw new Error(`the program has no symbol ${name}`);
  return address;
}

async function signatureOf(path: string): Promise<string[]> {
  const core = await ensureCore();
  const machine = await Machine.create({ harts: 1, memory: MEMORY, core, firmware: "none", uintc: false });
  machine.loadElf(new Uint8Array(readFileSync(`${path}.elf`)));
  const done = symbol(machine, "tohost");
  const { reason } = machine.runSync({
    until: () => machine.memory.readU64(done) !== 0n,
    pollInterval: 1000,
    maxInstructions: MOST_INSTRUCTIONS,
  });
  if (reason !== "until" && reason !== "poweroff") throw new Error(`the program ended by "${reason}"`);
  const words: string[] = [];
  const end = symbol(machine, "end_signature");
  for (let address = symbol(machine, "begin_signature"); address < end; address += 4n)
    words.push(machine.memory.readU32(address).toString(16).padStart(8, "0"));
  return words;
}

/** The first word that differs, or null. */
function firstDifference(ours: string[], reference: string[]): string | null {
  if (ours.length !== reference.length)
    return `${ours.length} words here, ${reference.length} in the reference`;
  const index = ours.findIndex((word, at) => word !== reference[at]);
  return index < 0 ? null : `word ${index}: ${ours[index]} here, ${reference[index]} in the reference`;
}

describe("riscv-arch-test", () => {
  if (!folder) {
    it.skip(
      "needs RISCV_ARCH_TESTS, a folder with built programs and reference signatures (docs/machine.md)",
    );
    return;
  }
  const tests = findTests(folder);
  it("has found programs with references", () => {
    expect(tests.length).toBeGreaterThan(0);
  });
  for (const path of tests)
    it(`${relative(folder, path)} leaves the reference's signature`, async () => {
      const reference = readFileSync(`${path}.reference_output`, "utf8").trim().split(/\s+/);
      expect(firstDifference(await signatureOf(path), reference)).toBeNull();
    });
});
