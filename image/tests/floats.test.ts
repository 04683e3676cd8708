/** Floating point in programs under the kernel. */
import { describe, expect, it } from "vitest";
import { compileProgram } from "../src/compile-program";
import { DEFAULT_CONFIGURATION } from "../src/kernel-configuration";
import { repositoryPath } from "../src/repository";
import { runChecks } from "./run-system";

describe("floating point", () => {
  it("computes and prints what Node does, in coroutines of programs that share a hart, and in two at once", async () => {
    const { output, end } = await runChecks({
      programs: {
        a: { source: "./floats.ts", hart: 0, coroutines: 8 },
        b: { source: "./floats.ts", hart: 0, coroutines: 8 },
        c: { source: "./floats.ts", hart: 1, coroutines: 8 },
      },
    });
    const text = `0 wrong, ${Math.sin(1)} 0.1 ${1 / 3} NaN -Infinity`;
    expect(output.trimEnd().split("\n").sort()).toEqual([`a: ${text}`, `b: ${text}`, `c: ${text}`]);
    expect(end).toBe(0);
  });

  it("is in the programs that compute with it, by their ELF flags, and in no others", async () => {
    const EF_RISCV_FLOAT_ABI_DOUBLE = 4;
    const usesFloats = async (name: string): Promise<boolean> => {
      const { elf } = await compileProgram(repositoryPath(`programs/${name}.ts`), 1 << 20, name);
      const flags = new DataView(elf.buffer, elf.byteOffset).getUint32(48, true);
      return (flags & EF_RISCV_FLOAT_ABI_DOUBLE) !== 0;
    };
    expect(await usesFloats("planets/planets")).toBe(true);
    expect(await usesFloats("hello/hello")).toBe(false);
    expect(await usesFloats("checks/handler")).toBe(false);
  });

  it("is refused in programs for a kernel without it, where others compile as ever", async () => {
    const configuration = { ...DEFAULT_CONFIGURATION, fpu: false };
    const compile = (name: string) =>
      compileProgram(repositoryPath(`programs/${name}.ts`), 1 << 20, name, { configuration });
    await expect(compile("checks/floats")).rejects.toThrow(
      /checks\/floats\.ts:\d+:\d+: this code is compiled for a target without floating point/,
    );
    expect((await compile("hello/hello")).text.length).toBeGreaterThan(0);
  });

  it("moves the planets as others do", async () => {
    const { output, end } = await runChecks({ programs: { planets: { source: "../planets/planets.ts" } } });
    expect(end).toBe(0);
    expect(output).toContain("energy after 1000 steps: -0.16908760523");
  });
});
