/**
 * The real ring code (runtime/src/async) in Node, beside peers that act between any two of its memory accesses: peers that keep
 * the rules get every call answered once and right; peers that keep none harm nobody but themselves.
 * REL4_RANDOM_RUNS sets how many runs are made, REL4_RANDOM_SEED where their seeds start.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { buildParty } from "./code/build";
import { type RunOptions, type RunResult, runClient } from "./code/client-run";
import { runServer } from "./code/server-run";

const RUNS = Number(process.env.REL4_RANDOM_RUNS ?? 20);
const FIRST_SEED = Number(process.env.REL4_RANDOM_SEED ?? 1);

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await buildParty();
});

function runs(
  run: (module: WebAssembly.Module, options: RunOptions) => RunResult,
  options: Omit<RunOptions, "seed">,
  code = module,
): RunResult {
  const sum: RunResult = { answered: 0, called: 0, failed: 0, sleeps: 0, interrupts: 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    let result: RunResult;
    try {
      result = run(code, { ...options, seed });
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
    sum.answered += result.answered;
    sum.called += result.called;
    sum.failed += result.failed;
    sum.sleeps += result.sleeps;
    sum.interrupts += result.interrupts;
  }
  return sum;
}

function expectVariety(result: RunResult): void {
  expect(result.sleeps).toBeGreaterThan(0);
  expect(result.interrupts).toBeGreaterThan(0);
}

describe("calls between programs that keep the rules", () => {
  it("are all answered, whatever order the client's servers and coroutines go on in", () => {
    const result = runs(runClient, { honest: 3, hostile: 0, calls: 12 });
    expect(result.answered).toBe(result.called);
    expectVariety(result);
  });

  it("are all answered when each wake-up counts, as there is one call at a time", () => {
    const result = runs(runClient, { honest: 1, hostile: 0, calls: 40 });
    expect(result.answered).toBe(result.called);
  });

  it("fail, or are answered right, when servers are ended and started again", () => {
    const result = runs(runClient, { honest: 2, restarts: 3, hostile: 0, calls: 30 });
    expect(result.answered).toBe(result.called);
    expect(result.failed).toBeGreaterThan(0);
  });

  it("may be given up: late responses find nobody, and no place in the ring is lost", () => {
    const result = runs(runClient, { honest: 2, timeouts: true, hostile: 0, calls: 20 });
    expect(result.answered).toBe(result.called);
    expect(result.failed).toBeGreaterThan(0);
  });

  it("reach the server at most once when clients are ended and started again", () => {
    expect(runs(runServer, { honest: 2, restarts: 3, hostile: 0, calls: 60 }).failed).toBeGreaterThan(0);
  });

  it("are all answered by the server, whatever order its clients go on in", () => {
    expectVariety(runs(runServer, { honest: 3, hostile: 0, calls: 60 }));
  });
});

describe("a hostile peer", () => {
  it("that is a server harms no calls to other servers", () => {
    const result = runs(runClient, { honest: 1, hostile: 1, calls: 12 });
    expect(result.answered).toBe(result.called);
  });

  it("can do nothing with responses to calls that wait for another: the test would notice", async () => {
    const believing = await buildParty({
      file: "runtime/src/async/async-client.ts",
      from: "answered.waiting == changetype<u32>(this)",
      to: "true",
    });
    expect(() => runs(runClient, { honest: 1, hostile: 1, calls: 12 }, believing)).toThrow(
      /is answered with/,
    );
  });

  it("that is a client harms no other client's calls", () => {
    runs(runServer, { honest: 1, hostile: 1, calls: 40 });
  });
});
