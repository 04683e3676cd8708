/** Scheduling domains: whose threads run when, and the schedule. */
import {
  CNODE_DELETE,
  DOMAIN_SCHEDULE_CONFIGURE,
  DOMAIN_SCHEDULE_SET_START,
  DOMAIN_SET_SET,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  NO_ERROR,
  NOTIFICATION_REGISTER_ASYNC_SYSCALL,
  RANGE_ERROR,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_DOMAIN,
  TCB_RESUME,
  TCB_SUSPEND,
  TRUNCATED_MESSAGE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal } from "./harness/refusal";
import type { Thread } from "./harness/thread";
import { prepareOtherKernel, World } from "./harness/world";

const DOMAINS = 4;
const SCHEDULES = 100;

let world: World;

beforeAll(() => prepareOtherKernel({ domains: DOMAINS }));
beforeEach(() => {
  world = new World();
});

const configure = (...words: (number | bigint)[]) =>
  world.invoke(ROOT_SLOT_DOMAIN, DOMAIN_SCHEDULE_CONFIGURE, words);
const setStart = (...words: number[]) => world.invoke(ROOT_SLOT_DOMAIN, DOMAIN_SCHEDULE_SET_START, words);

/** A thread of a domain. */
function threadOf(domain: number, priority = 100): Thread {
  const thread = world.thread({ priority });
  world.must(thread.cap, TCB_SUSPEND);
  world.must(ROOT_SLOT_DOMAIN, DOMAIN_SET_SET, [domain], [thread.cap]);
  world.must(thread.cap, TCB_RESUME);
  return thread;
}

/** Domain 0 for two ticks, then 1 and 2 for three each, from now on. */
function schedule(): void {
  for (const [index, [domain, duration]] of [
    [0, 2],
    [1, 3],
    [2, 3],
  ].entries())
    expect(configure(index, domain!, duration!).error).toBe(NO_ERROR);
  expect(setStart(0).error).toBe(NO_ERROR);
}

/** Who runs after each of `count` ticks; undefined for nobody. */
function runningAfterTicks(count: number, threads: readonly Thread[]): (string | undefined)[] {
  return Array.from({ length: count }, () => {
    world.kernel.tick();
    return threads.find(({ isRunning }) => isRunning)?.name;
  });
}

describe("domains", () => {
  it("run for the time the schedule gives them, one after the other, whatever their threads' priorities", () => {
    const [zero, one, two] = [threadOf(0, 200), threadOf(1, 10), threadOf(2, 100)];
    schedule();
    world.letOthersRun();
    expect(zero.isRunning).toBe(true);
    const names = runningAfterTicks(9, [zero, one, two]);
    expect(names).toEqual([
      zero.name,
      ...[one.name, one.name, one.name],
      ...[two.name, two.name, two.name],
      ...[zero.name, zero.name],
    ]);
  });

  it("without a ready thread leave the hart idle for their time", () => {
    const zero = threadOf(0);
    schedule();
    world.letOthersRun();
    const names = runningAfterTicks(8, [zero]);
    expect(names).toEqual([zero.name, ...Array(6).fill(undefined), zero.name]);
  });

  it("take turns among equals as a single domain does", () => {
    const ones = [threadOf(1), threadOf(1)];
    configure(0, 1, 1000);
    setStart(0);
    const names = new Set(runningAfterTicks(20, ones));
    expect(names).toEqual(new Set(ones.map(({ name }) => name)));
  });

  it("do not see a thread that becomes ready in another one before its turn", () => {
    const one = threadOf(1, 250);
    expect(one.isRunning).toBe(false);
    expect(world.root.isRunning).toBe(true);
    schedule();
    world.letOthersRun();
    expect(runningAfterTicks(3, [one])).toEqual([undefined, one.name, one.name]);
  });

  it("lose a thread to another one at once, also the running one", () => {
    const zero = threadOf(0, 100);
    const other = threadOf(0, 50);
    world.letOthersRun();
    expect(zero.isRunning).toBe(true);
    world.must(ROOT_SLOT_DOMAIN, DOMAIN_SET_SET, [3], [zero.cap]);
    world.letOthersRun();
    expect([zero.isRunning, other.isRunning]).toEqual([false, true]);
    world.must(ROOT_SLOT_DOMAIN, DOMAIN_SET_SET, [0], [zero.cap]);
    world.letOthersRun();
    expect(zero.isRunning).toBe(true);
  });

  it("lose threads that are deleted while they wait for their turn", () => {
    const one = threadOf(1);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [one.cap, WORD_BITS]);
    schedule();
    world.letOthersRun();
    expect(runningAfterTicks(6, [one]).filter(Boolean)).toEqual([]);
  });

  it("pass no message by the fast path to a thread whose turn it is not", () => {
    const endpoint = world.endpoint();
    const server = threadOf(0, 120);
    server.receive(endpoint);
    world.must(ROOT_SLOT_DOMAIN, DOMAIN_SET_SET, [1], [server.cap]);
    const client = world.thread({ priority: 90 });
    const before = world.kernel.fastpathsTaken;
    client.call(endpoint, { words: [1n] });
    expect(world.kernel.fastpathsTaken).toBe(before);
    expect([server.state, server.isRunning, client.state]).toEqual(["running", false, "blocked on reply"]);
  });

  it("have no asynchronous system calls, which run whosever turn it is", () => {
    const [notification, frame] = [world.notification(), world.frame()];
    const call = () => world.invoke(notification, NOTIFICATION_REGISTER_ASYNC_SYSCALL, [5], [frame]);
    expectRefusal(world, call, ILLEGAL_OPERATION);
  });
});

describe("the schedule", () => {
  it("goes back to its start at an end, and can be changed while it runs", () => {
    const [one, two] = [threadOf(1), threadOf(2)];
    configure(10, 1, 1);
    configure(11, 2, 2);
    expect(setStart(10).error).toBe(NO_ERROR);
    expect(runningAfterTicks(6, [one, two])).toEqual([two, two, one, two, two, one].map(({ name }) => name));
    world.kernel.tick();
  });

  it("is refused nonsense in seL4's order", () => {
    expectRefusal(world, () => configure(0, 1), TRUNCATED_MESSAGE);
    expectRefusal(world, () => configure(SCHEDULES - 1, 99, 0), RANGE_ERROR, [0, SCHEDULES - 2]);
    expectRefusal(world, () => configure(1, DOMAINS, 2n ** 56n), RANGE_ERROR, [0, DOMAINS - 1]);
    expectRefusal(world, () => configure(1, 1, 2n ** 56n), INVALID_ARGUMENT, [2]);
    expectRefusal(world, () => configure(1, 1, 0), INVALID_ARGUMENT, [1]);
    expectRefusal(world, () => configure(0, 0, 0), INVALID_ARGUMENT, [2]);
    expectRefusal(world, () => setStart(), TRUNCATED_MESSAGE);
    expectRefusal(world, () => setStart(SCHEDULES), RANGE_ERROR, [0, SCHEDULES - 1]);
    expectRefusal(world, () => setStart(1), INVALID_ARGUMENT, [0]);
  });

  it("may have ends in the middle, to which domain 0 is no exception", () => {
    expect(configure(1, 0, 0).error).toBe(NO_ERROR);
    expect(configure(SCHEDULES - 2, 3, 2n ** 56n - 1n).error).toBe(NO_ERROR);
  });

  it("takes domains up to the last one", () => {
    const thread = world.thread();
    const set = (domain: number) => world.invoke(ROOT_SLOT_DOMAIN, DOMAIN_SET_SET, [domain], [thread.cap]);
    expect(set(DOMAINS - 1).error).toBe(NO_ERROR);
    expectRefusal(world, () => set(DOMAINS), INVALID_ARGUMENT, [0]);
  });
});
