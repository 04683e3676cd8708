// rel4 run --check-invariants: the kernel is checked while it runs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readElf, writeElf } from "../../compiler/src";
import { exitingGuest } from "./guests";
import { Workbench } from "./rel4";

const bench = new Workbench();
afterAll(() => bench.remove());

const program = () =>
  bench.write("seven.ts", 'export function main(): i32 {\n  console.log("seven");\n  return 7;\n}\n');

/** The image with another value in the data of one of the kernel's variables. */
function withVariable(image: Uint8Array, variable: string, value: number): Uint8Array {
  const { entry, segments, symbols } = readElf(image);
  const { address } = symbols.find(({ name }) => name === variable)!;
  const data = segments.find(
    (each) => address >= each.address && address < each.address + BigInt(each.bytes.length),
  )!;
  new DataView(data.bytes.buffer).setUint32(Number(address - data.address), value, true);
  return writeElf({ entry: BigInt.asUintN(32, entry), segments, sections: [], symbols, compressed: true });
}

describe("rel4 run --check-invariants", () => {
  it("says how many kernel exits were checked; the run is as without it", () => {
    const { code, stdout, stderr } = bench.rel4("run", "--check-invariants", "1", program());
    expect(stderr).toMatch(/^checked: {2}(\d+) of \1 kernel exits, and every invariant held\n$/);
    expect({ code, stdout }).toEqual({
      code: 7,
      stdout: 'seven\nrel4: program "seven" ended with exit code 7\n',
    });
  });

  it("checks every n-th, also of an image", () => {
    bench.rel4("build", program(), "-o", "seven.elf");
    const { code, stderr } = bench.rel4("run", "--check-invariants", "100", "seven.elf");
    const [, checks, exits] = /^checked: {2}(\d+) of (\d+) kernel exits/.exec(stderr)!;
    expect(Number(checks)).toBe(Math.ceil(Number(exits) / 100));
    expect(code).toBe(7);
  });

  it("stops when something does not hold, and says what, where and when", () => {
    bench.rel4("build", program(), "-o", "seven.elf");
    const image = new Uint8Array(readFileSync(join(bench.folder, "seven.elf")));
    const broken = withVariable(image, "derivation-tree/DerivationTree.capabilities", 5);
    const { code, stderr } = bench.rel4("run", "--check-invariants", "1", bench.write("broken.elf", broken));
    expect(stderr).toMatch(
      /^stopped: broken invariant: the kernel counts its capabilities: \d+, there are \d+ \(after kernel exit 1, on hart 0, which has retired \d+ instructions, at cycle \d+\)\n$/,
    );
    expect(code).toBe(125);
  });

  it("refuses an image without our kernel, and a count that is none", () => {
    const other = bench.write("other.elf", exitingGuest("", 0));
    const { code, stderr } = bench.rel4("run", "--check-invariants", "1", other);
    expect(stderr).toMatch(
      /^error: other.elf: no ReL4 kernel that says where its objects are.*\nhint: .*rel4 build/,
    );
    expect(code).toBe(2);
    expect(bench.rel4("run", "--check-invariants", "0", other).stderr).toMatch(/Give a whole number from 1/);
  });
});
