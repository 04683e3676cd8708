import { describe, expect, it } from "vitest";
import { configurationOverrides, DEFAULT_CONFIGURATION } from "./kernel-configuration";

describe("a kernel configuration", () => {
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
