/** When asynchronous handlers run, on which hart, and for whom they make way. */
import {
  ALL_RIGHTS,
  ASYNC_PUT_CHAR,
  CAP_ZOMBIE,
  CNODE_COPY,
  CNODE_DELETE,
  NO_ERROR,
  PAGE_GET_ADDRESS,
  PEER_AWAKE,
  PEER_BLOCKED,
  RING_SERVER_STATE_AT,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_TCB,
  SYS_CALL,
  SYS_RECV,
  SYS_WAKE_ASYNC_HANDLER,
  TCB_RESUME,
  TCB_SET_PRIORITY,
  TCB_SUSPEND,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { AsyncCalls } from "./harness/async-calls";
import { LOCK } from "./harness/kernel";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

const CNODE = ROOT_SLOT_CNODE;
const NEVER = 2n ** 64n - 1n;
const RING_ITEMS = 8;

let world: World;
let thread: Thread;
let calls: AsyncCalls;
let frame: number;

beforeAll(prepareKernel);

function start(options: { harts?: number; priority?: number; hart?: number } = {}): void {
  const { harts = 1, ...threadOptions } = options;
  world = new World({ harts });
  thread = world.thread({ name: "client", ...threadOptions });
  frame = world.frame();
  calls = AsyncCalls.register(world, thread);
}

const ask = () => calls.push(frame, { label: PAGE_GET_ADDRESS });
const print = (character: string) =>
  calls.push(0, { label: ASYNC_PUT_CHAR, words: [character.charCodeAt(0)] });

/** Asks for the deletion of a CNode with 128 capabilities, more than are deleted without a look for others. */
function askForLongDeletion(): number {
  const node = world.cnode(7);
  const slots = Array.from({ length: 128 }, (_, index) => [index, 7, frame, WORD_BITS, ALL_RIGHTS]);
  for (const words of slots) world.must(node, CNODE_COPY, words, [CNODE]);
  world.letOthersRun();
  calls.push(CNODE, { label: CNODE_DELETE, words: [node, WORD_BITS] });
  const { memory, layout } = world.kernel;
  memory.write32(layout.hart(0) + layout.field("Hart_workUnits"), 0);
  return node;
}

/** A thread that runs on a hart and never waits. */
function busy(hart: number, priority: number): Thread {
  const other = world.thread({ name: `busy ${priority}`, hart, priority });
  world.letOthersRun();
  return other;
}

describe("the wake-up call", () => {
  it("returns at once; the handler runs when its thread waits, without a tick", () => {
    start();
    ask();
    calls.wake();
    expect([thread.isRunning, calls.take()]).toEqual([true, []]);
    expect(ask()).toBe(2);
    calls.awaitResponses();
    expect(thread.isRunning).toBe(true);
    expect(calls.take().map(({ id, error }) => [id, error])).toEqual([
      [1, NO_ERROR],
      [2, NO_ERROR],
    ]);
    expect(calls.serverState).toBe(PEER_BLOCKED);
  });

  it("is not needed by a thread that waits", () => {
    start();
    ask();
    calls.awaitResponses();
    expect([thread.isRunning, calls.take().length]).toEqual([true, 1]);
  });

  it("serves a client that never waits at the next tick", () => {
    start();
    ask();
    calls.sayHowToWake(PEER_AWAKE);
    calls.wake();
    world.kernel.tick();
    expect(calls.take()).toHaveLength(1);
    expect(world.kernel.hardware.harts[0]!.timerDeadline).toBe(NEVER);
  });

  it("without requests does nothing, and without a handler neither", () => {
    start();
    thread.systemCall(SYS_WAKE_ASYNC_HANDLER);
    thread.wait(world.notification());
    expect(calls.take()).toEqual([]);
    world.thread({ priority: 50 }).systemCall(SYS_WAKE_ASYNC_HANDLER);
  });

  it("wakes the handler again after it went to sleep", () => {
    start();
    for (let round = 0; round < 3 * RING_ITEMS; round++) {
      expect(calls.invoke(frame, PAGE_GET_ADDRESS)).toMatchObject({ id: round + 1, error: NO_ERROR });
    }
  });

  it("is not lost when a request comes while the handler finds nothing and goes to sleep", () => {
    start();
    calls.sayHowToWake(PEER_AWAKE);
    ask();
    let late = 0;
    calls.beforeControlWrite(RING_SERVER_STATE_AT, (state) => {
      // Another hart still sees that the handler is awake, and so does not wake it.
      if (state !== PEER_BLOCKED || late !== 0) return;
      expect(calls.serverState).toBe(PEER_AWAKE);
      late = ask();
    });
    calls.wake();
    world.kernel.tick();
    expect(calls.take().map(({ id }) => id)).toEqual([1, late]);
  });
});

describe("the choice of a hart", () => {
  it("is an idle one, which serves at once", () => {
    start({ harts: 2 });
    calls.sayHowToWake(PEER_AWAKE);
    ask();
    calls.wake();
    expect([thread.isRunning, calls.take().length, world.kernel.isIdle(1)]).toEqual([true, 1, true]);
  });

  it("is one whose thread is less important, the least important of several; an idle one before all", () => {
    start({ harts: 4, priority: 100 });
    const sent = world.kernel.hardware.softwareInterruptsSent;
    const chosen = () => {
      sent.length = 0;
      ask();
      calls.sayHowToWake(PEER_AWAKE);
      calls.wake();
      expect(calls.take()).toHaveLength(1);
      return [...sent];
    };
    expect(chosen()).toEqual([1]);
    busy(1, 90);
    expect(chosen()).toEqual([2]);
    busy(2, 80);
    busy(3, 99);
    expect(chosen()).toEqual([2]);
    expect(world.threads.map((each) => each.isRunning)).toEqual([true, true, true, true]);
  });

  it("is none whose thread is as important or more: seL4's larger numbers are more important", () => {
    start({ harts: 3, priority: 100 });
    busy(1, 100);
    busy(2, 101);
    world.kernel.hardware.softwareInterruptsSent.length = 0;
    ask();
    calls.sayHowToWake(PEER_AWAKE);
    calls.wake();
    expect([world.kernel.hardware.softwareInterruptsSent, calls.take()]).toEqual([[], []]);
    world.kernel.tick(0);
    expect(calls.take()).toHaveLength(1);
  });

  it("may be made by any hart that changes threads first", () => {
    start({ harts: 2, priority: 100 });
    const notification = world.notification();
    const other = busy(1, 150);
    ask();
    calls.sayHowToWake(PEER_AWAKE);
    calls.wake();
    expect(calls.take()).toEqual([]);
    other.wait(notification);
    expect([calls.take().length, thread.isRunning]).toEqual([1, true]);
  });
});

describe("a handler makes way", () => {
  it("for more important threads of its hart, until they wait", () => {
    start({ priority: 100 });
    const notification = world.notification();
    const important = world.thread({ name: "important", priority: 150 });
    important.wait(notification);
    ask();
    calls.wake();
    thread.signal(notification);
    expect([important.isRunning, calls.take()]).toEqual([true, []]);
    important.wait(notification);
    expect([thread.isRunning, calls.take().length]).toEqual([true, 1]);
  });

  it("between two requests for a more important thread that the first has woken", () => {
    start({ priority: 100 });
    const important = world.thread({ name: "important", priority: 150 });
    const [endpoint, notification] = [world.endpoint(), world.notification()];
    important.receive(endpoint);
    calls.push(CNODE, { label: CNODE_DELETE, words: [endpoint, WORD_BITS] });
    ask();
    calls.wake();
    calls.awaitResponses();
    expect([important.isRunning, calls.take().length]).toEqual([true, 1]);
    important.wait(notification);
    expect([thread.isRunning, calls.take().length]).toEqual([true, 1]);
  });

  it("but not for less important ones, and runs before those of its priority", () => {
    start({ priority: 100 });
    const notification = world.notification();
    const others = [90, 100].map((priority) => world.thread({ priority, start: false }));
    for (const other of others) thread.call(other.cap, { label: TCB_RESUME });
    ask();
    calls.wake();
    thread.wait(notification);
    expect([calls.take().length, others[1]!.isRunning]).toEqual([1, true]);
  });

  it("for interrupts, after each request, and goes on afterwards", () => {
    start();
    const hart = world.kernel.hardware.harts[0]!;
    const log: string[] = [];
    let deadline = NEVER;
    Object.defineProperty(hart, "timerDeadline", {
      get: () => deadline,
      set: (value: bigint) => {
        if (value === NEVER && deadline === 0n) log.push("interrupt served");
        deadline = value;
      },
    });
    Object.defineProperty(world.kernel.hardware, "console", {
      get: () => "",
      set: (character: string) => {
        log.push(character);
        if (character === "x") deadline = 0n;
      },
    });
    for (const character of "axby") print(character);
    calls.wake();
    calls.awaitResponses();
    expect(log).toEqual(["a", "x", "interrupt served", "b", "y"]);
    expect(calls.take().map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  });

  it("in long operations, whose request is answered once, when it is done", () => {
    start();
    const node = askForLongDeletion();
    const last = ask();
    const { hardware } = world.kernel;
    let beginnings = 0;
    calls.beforeControlWrite(RING_SERVER_STATE_AT, (state) => {
      if (state !== PEER_AWAKE) return;
      beginnings++;
      // The timer strikes when the handler has begun, and is noticed in the middle of the request.
      hardware.time += 1n;
    });
    hardware.harts[0]!.timerDeadline = hardware.time + 1n;
    calls.awaitResponses();
    expect(beginnings).toBe(2);
    expect(calls.take().map(({ id, error }) => [id, error])).toEqual([
      [1, NO_ERROR],
      [last, NO_ERROR],
    ]);
    expect([world.look(node).type, hardware.harts[0]!.timerDeadline]).toEqual([0, NEVER]);
  });
});

describe("a hart that has begun to serve", () => {
  /** The harts on which requests to print were served; `meanwhile` happens during the first. */
  function harts(meanwhile: () => void): { served: number[]; finish: () => void } {
    const served: number[] = [];
    const { hardware, memory } = world.kernel;
    Object.defineProperty(hardware, "console", {
      get: () => "",
      set: () => {
        served.push(hardware.running.id);
        if (served.length > 1) return;
        const { running } = hardware;
        meanwhile();
        hardware.running = running;
      },
    });
    // Another hart always waits for the kernel lock.
    memory.write32(LOCK, 2);
    return { served, finish: () => memory.write32(LOCK, 0) };
  }

  it("goes on after others have had the kernel, which an interrupt brought into it", () => {
    start({ harts: 2 });
    calls.sayHowToWake(PEER_AWAKE);
    for (const character of "abc") print(character);
    const { served, finish } = harts(() => {
      world.kernel.hardware.harts[0]!.timerDeadline = 0n;
    });
    calls.wake();
    expect([served, calls.take().length, thread.isRunning]).toEqual([[1, 1, 1], 3, true]);
    finish();
  });

  it("goes on with a long operation after others have had the kernel", () => {
    start({ harts: 2 });
    calls.sayHowToWake(PEER_AWAKE);
    const node = askForLongDeletion();
    const atBeginnings: number[] = [];
    calls.beforeControlWrite(RING_SERVER_STATE_AT, (state) => {
      if (state === PEER_AWAKE) atBeginnings.push(world.look(node).type);
    });
    const { finish } = harts(() => undefined);
    calls.wake();
    finish();
    expect(atBeginnings).toContain(CAP_ZOMBIE);
    expect([calls.take().map(({ error }) => error), world.look(node).type]).toEqual([[NO_ERROR], 0]);
    expect(thread.isRunning).toBe(true);
  });

  it("goes on after the client has begun to wait", () => {
    start({ harts: 2 });
    const notification = world.notification();
    calls.sayHowToWake(PEER_AWAKE);
    for (const character of "abc") print(character);
    const { served, finish } = harts(() => thread.beginSystemCall(SYS_RECV, notification));
    calls.wake();
    expect([served, calls.take().length, thread.state]).toEqual([[1, 1, 1], 3, "blocked on notification"]);
    finish();
  });

  it("has no claim to handlers any more when its own was taken away meanwhile", () => {
    world = new World({ harts: 2 });
    thread = world.thread();
    const notification = world.notification();
    calls = AsyncCalls.register(world, thread, { notification });
    world.must(CNODE, CNODE_DELETE, [notification, WORD_BITS]);
    world.letOthersRun();
    calls.sayHowToWake(PEER_AWAKE);
    for (const character of "abc") print(character);
    const last = { label: CNODE_DELETE, words: [calls.replies, WORD_BITS] };
    const { served, finish } = harts(() => thread.beginSystemCall(SYS_CALL, CNODE, last));
    calls.wake();
    finish();
    expect(served).toEqual([1]);
    frame = world.frame();
    calls = AsyncCalls.register(world, thread);
    busy(1, 200);
    expect(calls.invoke(frame, PAGE_GET_ADDRESS).error).toBe(NO_ERROR);
  });
});

describe("several handlers", () => {
  it("run in the order of their threads' priorities, also after those have changed", () => {
    world = new World();
    const clients = [110, 100, 90].map((priority) => world.thread({ priority }));
    const registered = clients.map((client) => {
      const each = AsyncCalls.register(world, client);
      each.push(0, { label: ASYNC_PUT_CHAR, words: [97 + clients.indexOf(client)] });
      world.must(client.cap, TCB_SUSPEND);
      return each;
    });
    for (const client of clients) world.must(client.cap, TCB_RESUME);
    world.must(clients[2]!.cap, TCB_SET_PRIORITY, [120], [ROOT_SLOT_TCB]);
    const { hardware } = world.kernel;
    const [a, b, c] = clients as [Thread, Thread, Thread];
    const notification = world.notification();
    world.letOthersRun();
    expect([c.isRunning, hardware.console]).toEqual([true, "c"]);
    c.wait(notification);
    expect([a.isRunning, hardware.console]).toEqual([true, "ca"]);
    a.wait(notification);
    expect([b.isRunning, hardware.console]).toEqual([true, "cab"]);
    expect(registered.map((each) => each.take().length)).toEqual([1, 1, 1]);
  });
});

describe("the fast paths", () => {
  it("make way for handlers as important as the thread they would change to", () => {
    start({ priority: 100 });
    const endpoint = world.endpoint();
    const server = world.thread({ name: "server", priority: 100 });
    server.receive(endpoint);
    thread.call(endpoint);
    server.replyReceive(endpoint);
    const before = world.kernel.fastpathsTaken;
    expect(before).toBeGreaterThan(0);
    ask();
    calls.wake();
    thread.call(endpoint);
    expect([world.kernel.fastpathsTaken, calls.take().length, server.isRunning]).toEqual([before, 1, true]);
    server.replyReceive(endpoint);
    expect(world.kernel.fastpathsTaken).toBe(before + 1);
  });
});
