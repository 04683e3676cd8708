// Whatever a user gives, the answer is a short message that says what and where, and an exit code other than 0.
import { afterAll, describe, expect, it } from "vitest";
import { type Outcome, Workbench } from "./rel4";

const bench = new Workbench();
afterAll(() => bench.remove());

const ELF_HEADER = 64;
/** The header of an ELF64 RISC-V executable, with bytes replaced. */
function elfHeader(changes: Record<number, number> = {}): Uint8Array {
  const header = new Uint8Array(ELF_HEADER);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.set([2, 0, 243, 0, 1, 0, 0, 0], 16);
  header[32] = ELF_HEADER;
  header[52] = ELF_HEADER;
  header[54] = 56;
  for (const [offset, value] of Object.entries(changes)) header[Number(offset)] = value;
  return header;
}

/** One screen, an exit code, and nothing of our insides. */
function expectRefusal({ code, stderr }: Outcome, ...parts: (string | RegExp)[]): void {
  for (const part of parts) expect(stderr).toMatch(part);
  expect(stderr.split("\n").length).toBeLessThan(24);
  expect(stderr).not.toMatch(/\n\s+at .*\(?.*:\d+:\d+\)?/);
  expect(code).not.toBe(0);
  expect(code).not.toBeNull();
}

describe("rel4 run", () => {
  it("says that a file is missing", () => {
    expectRefusal(bench.rel4("run", "nowhere.ts"), "nowhere.ts", "no such file");
  });

  it("says that a directory is no program", () => {
    expectRefusal(bench.rel4("run", "."), "is a directory");
  });

  it("says that a file is empty", () => {
    expectRefusal(bench.rel4("run", bench.write("empty.ts", "")), "empty");
  });

  it("refuses what is neither TypeScript nor ELF", () => {
    expectRefusal(bench.rel4("run", bench.write("notes.txt", "hello")), "neither TypeScript", "68 65 6c 6c");
  });

  it("refuses a truncated ELF file", () => {
    expectRefusal(bench.rel4("run", bench.write("short.elf", elfHeader().subarray(0, 40))), "64 bytes", "40");
  });

  it("refuses an ELF file for another processor", () => {
    expectRefusal(bench.rel4("run", bench.write("x86.elf", elfHeader({ 18: 62 }))), /RISC-V/);
  });

  it("refuses a 32-bit ELF file", () => {
    expectRefusal(bench.rel4("run", bench.write("rv32.elf", elfHeader({ 4: 1 }))), /32-bit|64-bit/);
  });

  it("names file and line of a type error", () => {
    const file = bench.write(
      "types.ts",
      'export function main(): i32 {\n  let x: i32 = "seven";\n  return x;\n}\n',
    );
    expectRefusal(bench.rel4("run", file), /types\.ts:2:/);
  });

  it("names file and line of syntax it cannot read", () => {
    const file = bench.write("syntax.ts", "export function main(: i32 {\n");
    expectRefusal(bench.rel4("run", file), /syntax\.ts:1:/);
  });

  it("says how main must be declared", () => {
    const file = bench.write("main.ts", "export function main(a: string): i32 {\n  return a.length;\n}\n");
    expectRefusal(bench.rel4("run", file), "main.ts", "main(): i32");
  });

  it("refuses what is no file at all", () => {
    expectRefusal(bench.rel4("run", ""), "empty");
    expectRefusal(bench.rel4("run", "/dev/null"), "not a file");
  });

  it("notices an image that can only fault", () => {
    // nothing but zeroes is loaded: the first instruction is illegal, and so is the trap vector's
    const image = elfHeader({ 24: 0, 27: 0x80, 32: ELF_HEADER, 56: 1 });
    const program = new Uint8Array(ELF_HEADER + 56 + 16);
    program.set(image);
    const header = new DataView(program.buffer, ELF_HEADER);
    header.setUint32(0, 1, true);
    header.setUint32(4, 5, true);
    header.setBigUint64(8, 120n, true);
    for (const field of [16, 24]) header.setBigUint64(field, 0x8000_0000n, true);
    for (const field of [32, 40]) header.setBigUint64(field, 16n, true);
    const outcome = bench.rel4("run", "--firmware", "none", bench.write("zeroes.elf", program));
    expectRefusal(outcome, "trap vector", "never go on");
    expect(outcome.code).toBe(125);
  });

  it("names an import that does not exist", () => {
    const file = bench.write(
      "import.ts",
      'import { nothing } from "./nothing";\nexport function main(): i32 { return nothing(); }\n',
    );
    expectRefusal(bench.rel4("run", file), "nothing");
  });

  it("refuses options it does not know, and shows the way to help", () => {
    const outcome = bench.rel4("run", "--warp", "9", "x.ts");
    expectRefusal(outcome, "--warp", "--help");
    expect(outcome.code).toBe(2);
  });

  it("refuses numbers out of range", () => {
    expectRefusal(bench.rel4("run", "--harts", "99", "x.ts"), "--harts", "1 to 8");
    expectRefusal(bench.rel4("run", "--memory", "lots", "x.ts"), "--memory", "64M");
  });
});

describe("a system description", () => {
  const describeSystem = (body: string) =>
    bench.write(
      "system.ts",
      `import { defineSystem } from "rel4/system";\nexport default defineSystem(${body});\n`,
    );

  it("is refused when a channel names an unknown program", () => {
    const file = describeSystem(
      '{ programs: { a: { source: "./a.ts" } }, channels: [{ from: "a", to: "b", kind: "endpoint" }] } as any',
    );
    expectRefusal(bench.rel4("run", file), /"?b"?/, /program/);
  });

  it("is refused when a channel has an unknown kind", () => {
    const file = describeSystem(
      '{ programs: { a: { source: "./a.ts" }, b: { source: "./a.ts" } }, channels: [{ from: "a", to: "b", kind: "carrier pigeon" }] } as any',
    );
    expectRefusal(bench.rel4("run", file), "carrier pigeon", "endpoint");
  });

  it("is refused when a program asks for a hart the machine lacks", () => {
    const file = describeSystem('{ machine: { harts: 2 }, programs: { a: { source: "./a.ts", hart: 5 } } }');
    expectRefusal(bench.rel4("run", file), "hart", "5");
  });

  it("is refused when a source is missing", () => {
    const file = describeSystem('{ programs: { a: { source: "./gone.ts" } } }');
    expectRefusal(bench.rel4("run", file), "gone.ts");
  });

  it("is refused when the machine has too little memory", () => {
    bench.write("a.ts", "export function main(): i32 { return 0; }\n");
    const file = describeSystem('{ machine: { memory: "2M" }, programs: { a: { source: "./a.ts" } } }');
    expectRefusal(bench.rel4("run", file), "memory", "2M");
  });

  it("is refused when it does not import defineSystem", () => {
    const body = '({ programs: { a: { source: "./a.ts" } } })';
    const calls = bench.write("no-import.ts", `export default defineSystem${body};\n`);
    expectRefusal(bench.rel4("run", calls), "no-import.ts:1", 'import { defineSystem } from "rel4/system"');
    const object = bench.write("object.ts", `// a system\nexport default ${body};\n`);
    expectRefusal(bench.rel4("build", object), "object.ts:2", 'import { defineSystem } from "rel4/system"');
  });

  it("is refused when it exports no description", () => {
    const begin = 'import { defineSystem } from "rel4/system";\n';
    const body = '({ programs: { a: { source: "./a.ts" } } });\n';
    for (const declaration of ["", "export const system = "]) {
      const file = bench.write("no-export.ts", `${begin}${declaration}defineSystem${body}`);
      expectRefusal(bench.rel4("run", file), "no-export.ts", "export default defineSystem");
    }
  });

  it("is refused with file and line when it is not TypeScript", () => {
    const file = bench.write(
      "broken-system.ts",
      'import { defineSystem } from "rel4/system";\nexport default defineSystem({\n',
    );
    expectRefusal(bench.rel4("run", file), /broken-system\.ts:\d/);
  });
});

describe("rel4 build", () => {
  it("refuses to build an image of an image", () => {
    expectRefusal(bench.rel4("build", bench.write("done.elf", elfHeader())), "already");
  });

  it("does not overwrite its source", () => {
    const file = bench.write("source.ts", "export function main(): i32 { return 0; }\n");
    expectRefusal(bench.rel4("build", file, "-o", "./source.ts"), "overwrite");
  });

  it("says why an image cannot be written", () => {
    const file = bench.write("fine.ts", "export function main(): i32 { return 0; }\n");
    expectRefusal(bench.rel4("build", file, "-o", "no/such/folder/image.elf"), "no such file");
  });
});

describe("--root-task and --kernel", () => {
  const NOTHING_TO_LOAD = /root\.elf: has nothing to load/;

  it.each([
    ["no ELF file", ["run", "--root-task", "text.elf"], /text\.elf: not an ELF file/],
    ["an ELF file without anything to load", ["run", "--root-task", "root.elf"], NOTHING_TO_LOAD],
    ["the same to build", ["build", "--root-task", "root.elf"], NOTHING_TO_LOAD],
    ["a program besides", ["run", "--root-task", "root.elf", "text.elf"], /runs root\.elf and nothing else/],
    ["options without a root task", ["run", "--kernel", "smp=off", "x.ts"], /--kernel goes with --root-task/],
    ["an unknown option", ["run", "--kernel", "cores=1"], /no option "cores"; it has smp/],
    ["a switch that is neither on nor off", ["run", "--kernel", "smp=maybe"], /smp=on or smp=off/],
    ["a number out of range", ["run", "--kernel", "harts=9"], /harts a whole number from 1 to 8/],
    ["an image that overwrites it", ["build", "--root-task", "root.elf", "-o", "root.elf"], /overwrite/],
  ])("are refused when given %s", (_, args, message) => {
    bench.write("text.elf", "no ELF");
    bench.write("root.elf", elfHeader());
    expectRefusal(bench.rel4(...args), message);
  });
});
