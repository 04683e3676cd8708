/** Scenarios that are played with and without the fast paths, and must leave the same memory. */
import { expect } from "vitest";
import { hex } from "../../inspection/require";
import { CSR_SATP } from "../../src/riscv/csr";
import { differences } from "./memory";
import type { Message, Thread } from "./thread";
import { World } from "./world";

/** Two threads and an endpoint between them. The server runs first; when it waits, the client does. */
export interface Stage {
  world: World;
  endpoint: number;
  server: Thread;
  client: Thread;
}

export interface Scenario {
  name: string;
  /** System calls of the scenario that the fast paths serve. */
  fast: number;
  /** Recvs of threads (not of root) that begin to wait on the fast path, where a scenario is about that. */
  waits?: number;
  /** Signals that the fast path serves, where a scenario is about that. */
  signals?: number;
  harts?: number;
  play(stage: Stage): void;
}

const words = (count: number) => Array.from({ length: count }, (_, index) => BigInt(0x100 + index));
export const message = (count: number, label = 7): Message => ({ label, words: words(count) });

/** A thread in no ready queue keeps links of its last one, which mean nothing. */
function forgetOldLinks({ kernel }: World, thread: Thread): void {
  if (thread.field("queued") !== 0) return;
  for (const link of ["Tcb_readyNext", "Tcb_readyPrevious"])
    kernel.memory.write32(thread.address + kernel.layout.field(link), 0);
}

/** Plays a scenario; returns what is left in memory and in the harts. */
function play({ harts, play: scene }: Scenario, fastpath: boolean) {
  const world = new World({ harts, fastpath });
  const endpoint = world.endpoint();
  const server = world.thread({ priority: 120, name: "server" });
  const client = world.thread({ priority: 100, name: "client" });
  scene({ world, endpoint, server, client });
  for (const thread of [world.root, ...world.threads]) forgetOldLinks(world, thread);
  const satp = world.kernel.hardware.harts.map((hart) => hart.readCsr(CSR_SATP));
  const { memory, fastpathsTaken, fastWaitsTaken, fastSignalsTaken } = world.kernel;
  return { memory, copy: memory.copy(), satp, fastpathsTaken, fastWaitsTaken, fastSignalsTaken };
}

/** Plays a scenario with and without the fast paths and expects the same memory of both. */
export function compare(scenario: Scenario): void {
  const slow = play(scenario, false);
  const fast = play(scenario, true);
  expect(fast.fastpathsTaken, "system calls the fast paths served").toBe(scenario.fast);
  if (scenario.waits !== undefined) expect(fast.fastWaitsTaken, "fast waits").toBe(scenario.waits);
  if (scenario.signals !== undefined) expect(fast.fastSignalsTaken, "fast signals").toBe(scenario.signals);
  expect(fast.satp).toEqual(slow.satp);
  expect(differences(slow.copy, fast.memory).map(hex), "words of memory that differ").toEqual([]);
}
