import { describe, expect, it } from "vitest";
import { configurationOverrides, DEFAULT_CONFIGURATION, kernelConfiguration } from "./kernel-configuration";

describe("a kernel configuration", () => {
  it("has one hart without SMP, and must have it for several domains", () => {
    expect(kernelConfiguration({ smp: false, domains: 4 })).toMatchObject({ harts: 1, domains: 4 });
    expect(kernelConfiguration({ harts: 1, domains: 4 }).smp).toBe(true);
    expect(() => kernelConfiguration({ domains: 4 })).toThrow("4 domains has one hart: add smp=off");
  });

  it("that is the default one is compiled from the repository's files as they are", () => {
    expect(configurationOverrides(DEFAULT_CONFIGURATION)).toEqual({});
  });

  it("replaces only the constants it sets", () => {
    const [[path, text] = ["", ""]] = Object.entries(
      configurationOverrides({ ...DEFAULT_CONFIGURATION, syncIpc: false, fastpath: false, fpu: false }),
    );
    expect(path).toMatch(/abi\/src\/config\.ts$/);
    expect(text).toContain("export const SYNC_IPC = 0;\n");
    expect(text).toContain("export const FASTPATH = 0;\n");
    expect(text).toContain("export const FPU = 0;\n");
    expect(text).toContain("export const DEBUG = 1;\n");
  });
});
