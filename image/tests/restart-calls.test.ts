// Asynchronous calls to a server that is started again.
import { describe, expect, it } from "vitest";
import type { SystemDescription } from "../src/index";
import { type RunSettings, runChecks } from "./run-system";

const SETTINGS: RunSettings = { memory: 64 * 2 ** 20 };

describe("an asynchronous call whose server ends meanwhile", () => {
  it.each([
    ["from another hart", 0],
    ["from the same hart", 1],
  ])("fails, and later ones are answered by the server's second run: %s", async (_, hart) => {
    const description: SystemDescription = {
      programs: {
        patient: { source: "./patient.ts", hart },
        killer: { source: "./killer.ts", hart: 1, arguments: ["stuck-server"], ends: ["stuck-server"] },
        "stuck-server": { source: "./stuck-server.ts", hart: 1, restart: true, background: true },
      },
      channels: [
        { from: "patient", to: "stuck-server", kind: "async" },
        { from: "stuck-server", to: "killer", kind: "notification" },
      ],
    };
    expect(await runChecks(description, SETTINGS)).toMatchObject({
      output: "patient: some failed, answered by run 2\n",
      end: 0,
    });
  });
});
