/** Domains: which one's threads run, for how long, and the invocations that say so. */
import {
  DOMAIN_SCHEDULE_CONFIGURE,
  DOMAIN_SCHEDULE_SET_START,
  DOMAIN_SCHEDULES,
  DOMAIN_SET_SET,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  NO_ERROR,
  RANGE_ERROR,
  ROOT_SLOT_DOMAIN,
  ROOT_SLOT_TCB,
  TCB_SET_PRIORITY,
  TRUNCATED_MESSAGE,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal } from "./harness/refusal";
import type { Thread } from "./harness/thread";
import { prepareKernelWith, World } from "./harness/world";

const DOMAINS = 3;
const LONGEST = 2n ** 56n - 1n;
const LAST = DOMAIN_SCHEDULES - 1;

let world: World;

beforeAll(() => prepareKernelWith({ harts: 1, domains: DOMAINS }));
beforeEach(() => {
  world = new World();
});

const invoke = (label: number, words: (number | bigint)[], caps: number[] = []) =>
  world.invoke(ROOT_SLOT_DOMAIN, label, words, caps);
const assign = (thread: Thread, domain: number) =>
  world.must(ROOT_SLOT_DOMAIN, DOMAIN_SET_SET, [domain], [thread.cap]);
const configure = (entry: number, domain: number, ticks: number | bigint) =>
  world.must(ROOT_SLOT_DOMAIN, DOMAIN_SCHEDULE_CONFIGURE, [entry, domain, ticks]);

/** A thread of each domain; the root task waits. */
function threads(): Thread[] {
  const all = Array.from({ length: DOMAINS }, (_, domain) => {
    const thread = world.thread({ name: `of domain ${domain}`, priority: 100 + domain });
    assign(thread, domain);
    return thread;
  });
  return all;
}

/** Number of the thread that runs after each of so many ticks; −1: none. */
function run(all: Thread[], ticks: number): number[] {
  return Array.from({ length: ticks }, () => {
    world.kernel.tick();
    return all.findIndex((thread) => thread.isRunning);
  });
}

describe("the schedule", () => {
  it("runs domain 0 for good at first", () => {
    const all = threads();
    world.letOthersRun();
    expect(all.map((thread) => thread.isRunning)).toEqual([true, false, false]);
  });

  it("gives each domain its ticks, in order, again and again", () => {
    const all = threads();
    configure(1, 1, 2);
    configure(2, 2, 1);
    configure(0, 0, 3);
    world.must(ROOT_SLOT_DOMAIN, DOMAIN_SCHEDULE_SET_START, [0]);
    world.letOthersRun();
    expect(run(all, 12)).toEqual([0, 0, 1, 1, 2, 0, 0, 0, 1, 1, 2, 0]);
  });

  it("starts at the entry it is told, at once", () => {
    const all = threads();
    configure(5, 2, 1);
    configure(6, 1, 1);
    world.letOthersRun();
    expect(all[0]!.isRunning).toBe(true);
    world.must(ROOT_SLOT_DOMAIN, DOMAIN_SCHEDULE_SET_START, [5]);
    expect(all[2]!.isRunning).toBe(true);
    expect(run(all, 4)).toEqual([1, 2, 1, 2]);
  });

  it("lets the hart idle in the time of a domain without ready threads", () => {
    const zero = world.thread();
    configure(1, 2, 1);
    configure(0, 0, 1);
    world.must(ROOT_SLOT_DOMAIN, DOMAIN_SCHEDULE_SET_START, [0]);
    world.letOthersRun();
    expect(run([zero], 4)).toEqual([-1, 0, -1, 0]);
  });
});

describe("a thread", () => {
  it("of another domain does not run, however important, until its time comes", () => {
    const [zero, one] = threads() as [Thread, Thread];
    const notification = world.notification();
    configure(1, 1, 1);
    configure(0, 0, 2);
    world.must(ROOT_SLOT_DOMAIN, DOMAIN_SCHEDULE_SET_START, [0]);
    world.letOthersRun();
    run([], 2);
    expect(one.isRunning).toBe(true);
    one.wait(notification);
    run([], 1);
    zero.signal(notification);
    expect([zero.isRunning, one.state]).toEqual([true, "running"]);
    expect(run([zero, one], 2)).toEqual([0, 1]);
  });

  it("belongs to the domain in whose time it was made", () => {
    expect(world.thread().field("domain")).toBe(0);
  });

  it("that runs stops when it is moved to another domain", () => {
    const [zero] = threads() as [Thread];
    world.letOthersRun();
    expect(zero.isRunning).toBe(true);
    assign(zero, 1);
    world.letOthersRun();
    expect([zero.isRunning, zero.state]).toEqual([false, "running"]);
    assign(zero, 0);
    world.letOthersRun();
    expect(zero.isRunning).toBe(true);
  });

  it("calls a server of another domain, which answers in its time", () => {
    const [zero, one] = threads() as [Thread, Thread];
    const endpoint = world.endpoint();
    configure(1, 1, 1);
    configure(0, 0, 1);
    world.must(ROOT_SLOT_DOMAIN, DOMAIN_SCHEDULE_SET_START, [0]);
    world.letOthersRun();
    run([], 1);
    one.receive(endpoint);
    run([], 1);
    zero.call(endpoint, { words: [7n] });
    expect([zero.state, one.isRunning]).toEqual(["blocked on reply", false]);
    run([], 1);
    expect([one.isRunning, one.received.words]).toEqual([true, [7n]]);
    one.replyReceive(endpoint, { words: [8n] });
    expect(zero.isRunning).toBe(false);
    run([], 1);
    expect([zero.isRunning, zero.received.words]).toEqual([true, [8n]]);
  });
});

describe("refused, with nothing changed:", () => {
  const refused = (
    label: number,
    words: (number | bigint)[],
    error: number,
    details: number[],
    caps?: number[],
  ) => expectRefusal(world, () => invoke(label, words, caps), error, details);

  it("Set of no domain, of one that there is not, of no thread, of what is none", () => {
    refused(DOMAIN_SET_SET, [], TRUNCATED_MESSAGE, [], [ROOT_SLOT_TCB]);
    refused(DOMAIN_SET_SET, [DOMAINS], INVALID_ARGUMENT, [0], [ROOT_SLOT_TCB]);
    refused(DOMAIN_SET_SET, [1], TRUNCATED_MESSAGE, []);
    refused(DOMAIN_SET_SET, [1], INVALID_ARGUMENT, [1], [ROOT_SLOT_DOMAIN]);
  });

  it("ScheduleConfigure with too few words, of a wrong entry, domain or length", () => {
    const label = DOMAIN_SCHEDULE_CONFIGURE;
    refused(label, [1, 0], TRUNCATED_MESSAGE, []);
    refused(label, [LAST, DOMAINS, 1], RANGE_ERROR, [0, LAST - 1]);
    refused(label, [1, DOMAINS, 0], RANGE_ERROR, [0, DOMAINS - 1]);
    refused(label, [1, 1, LONGEST + 1n], INVALID_ARGUMENT, [2]);
    refused(label, [0, 1, 0], INVALID_ARGUMENT, [1]);
    refused(label, [0, 0, 0], INVALID_ARGUMENT, [2]);
    expect(invoke(label, [1, 0, 0]).error).toBe(NO_ERROR);
    expect(invoke(label, [LAST - 1, DOMAINS - 1, LONGEST]).error).toBe(NO_ERROR);
  });

  it("ScheduleSetStart without an entry, beyond the schedule, at an end marker", () => {
    const label = DOMAIN_SCHEDULE_SET_START;
    refused(label, [], TRUNCATED_MESSAGE, []);
    refused(label, [LAST + 1], RANGE_ERROR, [0, LAST]);
    refused(label, [LAST], INVALID_ARGUMENT, [0]);
    refused(label, [1], INVALID_ARGUMENT, [0]);
  });

  it("anything else", () => refused(TCB_SET_PRIORITY, [0], ILLEGAL_OPERATION, [], [ROOT_SLOT_TCB]));
});
