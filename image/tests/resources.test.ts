// What a description gives a program beside its channels: coroutine stacks, kernel resources.
import { describe, expect, it } from "vitest";
import { runCheck } from "./run-system";

const FAULTED = 139;

describe("coroutine stacks", () => {
  it("are zero-filled memory of the program's own, as many and as large as described, and one for the executor", async () => {
    const { output, end } = await runCheck("coroutine-stacks", { coroutines: 4, coroutineStack: "12K" });
    expect(output).toBe("5 stacks of 12288 bytes, untouched\n");
    expect(end).toBe(0);
  });

  it("are none for a program that uses no coroutines", async () => {
    const { output } = await runCheck("coroutine-stacks");
    expect(output).toMatch(/^0 stacks of 8192 bytes/);
  });

  it("may be thousands", async () => {
    const settings = { memory: 64 * 2 ** 20 };
    const { output, end } = await runCheck(
      "coroutine-stacks",
      { coroutines: 4095, coroutineStack: "4K" },
      settings,
    );
    expect(output).toBe("4096 stacks of 4096 bytes, untouched\n");
    expect(end).toBe(0);
  });

  it("are guarded: the report of an overflow says which", async () => {
    const program = { coroutines: 4, coroutineStack: "12K", arguments: ["3"] };
    const { output, end } = await runCheck("coroutine-stacks", program);
    expect(output).toMatch(
      /program "coroutine-stacks" stopped: it wrote to address 0x3000cfff, below coroutine stack 3: a coroutine stack overflow \(12 KiB/,
    );
    expect(end).toBe(FAULTED);
  });
});

describe("a buffer for asynchronous system calls", () => {
  it.each([4, 8, 16, 4096])(
    "of rings of %i items is one frame that the kernel accepts",
    async (systemCalls) => {
      const { output, end } = await runCheck("system-call-buffer", { systemCalls });
      expect(output).toBe("no error\n");
      expect(end).toBe(0);
    },
  );
});

describe("a program with resources", () => {
  it("makes kernel objects of its own memory, in its own slots, and maps them", async () => {
    const { output, end } = await runCheck("resources", { resources: { untyped: "64K", slots: 300 } });
    expect(output).toBe("enough slots\nmapped 42\n");
    expect(end).toBe(0);
  });
});
