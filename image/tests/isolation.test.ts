import {
  CHANNEL_PAGES_BASE,
  PROGRAM_CNODE_BITS,
  SLOT_ASYNC_NOTIFICATION,
  SLOT_FAULT_HANDLER,
  SLOT_NOTIFICATION,
  SLOT_SERVICE_ENDPOINT,
  SLOT_SUPERVISOR,
} from "@rel4/abi";
import { describe, expect, it } from "vitest";
import { runCheck, runChecks } from "./run-system";

const FAULTED = 139;

describe("a program has only what it was given", () => {
  it("without channels, what it reaches the root server by and nothing else", async () => {
    const slots = Array.from({ length: 2 ** PROGRAM_CNODE_BITS }, (_, slot) => slot).filter(
      (slot) => slot !== SLOT_SUPERVISOR && slot !== SLOT_FAULT_HANDLER,
    );
    // the start-info page holds only so many arguments
    for (const part of [slots.slice(0, 128), slots.slice(128)]) {
      const { output, end } = await runCheck("use-capability", { arguments: part.map(String) });
      expect(output.trimEnd().split("\n")).toEqual(part.map((slot) => `${slot}: invalid capability`));
      expect(end).toBe(0);
    }
  });

  it("a server cannot call its own endpoint, nor signal its own notification", async () => {
    const own = [SLOT_SERVICE_ENDPOINT, SLOT_NOTIFICATION, SLOT_ASYNC_NOTIFICATION].map(String);
    const { output, end } = await runChecks({
      programs: {
        server: { source: "./use-capability.ts", arguments: own },
        client: { source: "./exit-code.ts", arguments: ["0"] },
      },
      channels: (["endpoint", "notification", "async"] as const).map((kind) => ({
        from: "client",
        to: "server",
        kind,
      })),
    });
    expect(output.trimEnd().split("\n")).toEqual(own.map((slot) => `${slot}: invalid capability`));
    expect(end).toBe(0);
  });

  it("no mapping of a page that others share", async () => {
    const { output, end } = await runChecks({
      programs: {
        one: { source: "./exit-code.ts", arguments: ["0"] },
        two: { source: "./exit-code.ts", arguments: ["0"] },
        // runs after the others, on a hart of its own
        thief: { source: "./steal-page.ts", hart: 1, arguments: [String(CHANNEL_PAGES_BASE)] },
      },
      channels: [{ from: "one", to: "two", kind: "async" }],
    });
    expect(output).toMatch(
      /program "thief" stopped: it read from address 0x60000000, where it has no such access/,
    );
    expect(end).toBe(FAULTED);
  });
});
