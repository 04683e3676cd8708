// What a call is answered when the handler, or the caller, does something unusual.
import { describe, expect, it } from "vitest";
import type { SystemDescription } from "../src/index";
import { runChecks } from "./run-system";

const withServer = (client: string, hart = 0, args: string[] = []): SystemDescription => ({
  programs: {
    client: { source: `./${client}.ts`, arguments: args },
    "odd-server": { source: "./odd-server.ts", hart, background: true },
  },
  channels: [{ from: "client", to: "odd-server", kind: "async" }],
});

const ANSWERS = [
  "nothing: code 0xffffffff",
  "reply, then fail: code 0xfffffeff",
  "fail, then reply: 5 6 7 8 0 0 0 ",
  "seven words: 1 2 3 4 5 6 7 ",
  "unknown: code 0xffffff00",
  "nothing, late: code 0xffffffff",
  "ended early: code 0xffffffff",
  "seven words, late: 1 2 3 4 5 6 7 ",
];

describe("a handler", () => {
  it.each([
    ["on one hart, by calls and over the ring", 0],
    ["between harts", 1],
  ])(
    "that says nothing is not taken for one that answers, and the last answer counts: %s",
    async (_, hart) => {
      const { output, end } = await runChecks(withServer("answers", hart));
      expect(output.split("\n")).toEqual([...ANSWERS, ...ANSWERS, ""]);
      expect(end).toBe(0);
    },
  );

  it.each([
    [0, "0x0"],
    [0xffff_ff02, "0xffffff02"],
  ])("cannot fail a request with a code that is not the server's own: %i", async (code, shown) => {
    const { output, end } = await runChecks(withServer("odd-call", 0, ["7", `${code}`]));
    expect(output).toContain(`: request.fail(${shown}): a server's own codes are 0x1 to 0xfffffeff\n`);
    expect(end).toBe(134);
  });
});

describe("a caller", () => {
  it.each([64, 0x8000_0001])("learns that there is no label %i", async (label) => {
    const { output, end } = await runChecks(withServer("odd-call", 0, [`${label}`, "0"]));
    expect(output).toContain(`abort: AsyncClient.call(${label}, …): labels are 0 to 63`);
    expect(end).toBe(134);
  });
});
