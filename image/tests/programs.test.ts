import { describe, expect, it } from "vitest";
import type { SystemDescription } from "../src/index";
import { runCheck, runChecks, runExample } from "./run-system";

describe("a program", () => {
  it("prints, and ends with the exit code main returns", async () => {
    const { output, end } = await runChecks({ programs: { hello: { source: "../hello/hello.ts" } } });
    expect(output).toBe("Hello from hello, a TypeScript program in RISC-V user mode!\n");
    expect(end).toBe(0);
    expect((await runCheck("exit-code", { arguments: ["7"] })).end).toBe(7);
  });

  it("that returns a number whose low byte is 0 has not ended well", async () => {
    expect((await runCheck("exit-code", { arguments: ["256"] })).end).toBe(1);
    expect((await runCheck("exit-code", { arguments: ["-1"] })).end).toBe(255);
  });

  it("needs no main: its statements are the program", async () => {
    expect(await runCheck("top-level")).toMatchObject({ output: "sum 10\n", end: 0 });
  });

  it("runs on the hart it is placed on, and on one that also runs others", async () => {
    for (const hart of [0, 1, 3]) {
      const { end } = await runCheck("exit-code", { hart, arguments: ["9"] }, { harts: 4 });
      expect(end).toBe(9);
    }
  });

  it("prints whole lines, however long, when others print at the same time", async () => {
    const { output, end } = await runChecks({
      programs: {
        a: { source: "./chatter.ts", hart: 0, arguments: ["a"] },
        b: { source: "./chatter.ts", hart: 0, arguments: ["b"] },
        c: { source: "./chatter.ts", hart: 1, arguments: ["ü"] },
      },
    });
    expect(end).toBe(0);
    const lines = output.trimEnd().split("\n").sort();
    const expected = ["a", "b", "ü"].flatMap((letter) =>
      Array.from({ length: 10 }, () => letter.repeat(1500)),
    );
    expect(lines).toEqual(expected);
  });
});

describe("a system", () => {
  it("ends with the first exit code that is not 0", async () => {
    const { end } = await runChecks({
      programs: {
        good: { source: "./exit-code.ts", arguments: ["0"] },
        bad: { source: "./exit-code.ts", arguments: ["3"] },
      },
    });
    expect(end).toBe(3);
  });

  it("does not wait for background programs", async () => {
    expect((await runExample("mailbox/system.ts")).end).toBe(0);
  });

  it("is recognised as stuck when everybody waits for somebody", async () => {
    const { end } = await runChecks({
      programs: {
        one: { source: "./poke.ts", arguments: ["two"] },
        two: { source: "./exit-code.ts", arguments: ["0"] },
      },
      channels: [{ from: "one", to: "two", kind: "async" }],
    });
    expect(end).toBe("deadlock");
  });

  it("says which hart is missing, unless the program is optional", async () => {
    const far = { source: "./exit-code.ts", hart: 1, arguments: ["0"] };
    const { output, end } = await runChecks({ programs: { far } }, { harts: 1 });
    expect(output).toMatch(/program "far" is placed on hart 1, but harts 0 to 0 run/);
    expect(end).toBe(125);

    const near = { source: "./exit-code.ts", arguments: ["4"] };
    expect((await runChecks({ programs: { near, far: { ...far, optional: true } } }, { harts: 1 })).end).toBe(
      4,
    );
  });

  it("says when there is too little memory for a program", async () => {
    const { output, end } = await runCheck("exit-code", { memory: "24M" }, { memory: 16 * 2 ** 20 });
    expect(output).toMatch(
      /program "exit-code" cannot start: there is too little memory: give the machine more/,
    );
    expect(end).toBe(125);
  });

  it("uses memory beyond large pages' boundaries", async () => {
    expect((await runCheck("exit-code", { memory: "9M", arguments: ["5"] })).end).toBe(5);
  });
});

describe("a program with more channels than there are vectors", () => {
  it("hears of all of them, and more programs than bits reach the root server", async () => {
    const clients = Array.from({ length: 70 }, (_, index) => `client${index}`);
    const client = { source: "./sums.ts", memory: "256K", coroutines: 2, arguments: ["adder", "2", "5"] };
    const description: SystemDescription = {
      programs: {
        ...Object.fromEntries(clients.map((name, index) => [name, { ...client, hart: index & 1 }])),
        adder: { source: "./adder.ts", coroutines: 200, background: true },
      },
      channels: clients.map((from) => ({ from, to: "adder", kind: "async" })),
    };
    const { output, end } = await runChecks(description, { memory: 128 * 2 ** 20 });
    expect(output.trimEnd().split("\n")).toEqual(clients.map(() => "sums: 10 of 10 are right"));
    expect(end).toBe(0);
  });
});

describe("channels of every kind", () => {
  const letters = ["Ada", "Grace", "Katherine"];

  it.each([
    ["with user interrupts", { uintc: true }],
    ["without user interrupts", { uintc: false }],
    ["on four harts", { harts: 4 }],
  ])("carry the mailbox's letters %s", async (_, settings) => {
    const { output, end } = await runExample("mailbox/system.ts", settings);
    const lines = output.trimEnd().split("\n");
    expect(lines.filter((line) => line.startsWith("reader"))).toEqual(
      letters.map((name) => `reader: "Dear ${name}"`),
    );
    expect(lines.at(-1)).toBe("writer: all 3 letters were read");
    expect(end).toBe(0);
  });
});
