/** What asynchronous handlers and their clients tell each other, what they may see meanwhile, and how it ends. */
import {
  ALL_RIGHTS,
  ASYNC_PUT_CHAR,
  CNODE_COPY,
  CNODE_DELETE,
  CNODE_REVOKE,
  PAGE_GET_ADDRESS,
  PAGE_MAP,
  PAGE_UNMAP,
  PEER_ARMED,
  PEER_AWAKE,
  PEER_BLOCKED,
  RING_CLIENT_STATE_AT,
  RING_RESPONSE_TAIL_AT,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_TCB,
  ROOT_SLOT_VSPACE,
  SYSTEM_CALL_ITEM_BYTES,
  TCB_BIND_NOTIFICATION,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SUSPEND,
  UNTYPED_RETYPE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { AsyncCalls } from "./harness/async-calls";
import type { Thread } from "./harness/thread";
import { makeReceiver } from "./harness/user-interrupts";
import { prepareKernel, World } from "./harness/world";

const CNODE = ROOT_SLOT_CNODE;
const PLACE = 0x50_0000;
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

/** A thread that runs on a hart and never waits. */
function busy(hart: number, priority: number): Thread {
  const other = world.thread({ name: `busy ${priority}`, hart, priority });
  world.letOthersRun();
  return other;
}

describe("the client is told", () => {
  const badge = 1n << 9n;

  it("nothing while it is awake", () => {
    start();
    calls.sayHowToWake(PEER_AWAKE);
    ask();
    calls.wake();
    thread.nonBlockingReceive(world.notification());
    world.kernel.tick();
    thread.nonBlockingReceive(calls.replies);
    expect([thread.register("a0"), calls.take().length]).toEqual([0n, 1]);
  });

  it("by one signal for all responses of a batch when it waits in the kernel", () => {
    world = new World();
    thread = world.thread();
    calls = AsyncCalls.register(world, thread, { badge });
    frame = world.frame();
    for (let i = 0; i < 5; i++) ask();
    calls.awaitResponses();
    expect([thread.register("a0"), calls.clientState, calls.take().length]).toEqual([badge, PEER_AWAKE, 5]);
    thread.nonBlockingReceive(calls.replies);
    expect(thread.register("a0")).toBe(0n);
  });

  it("by one user interrupt when it takes those", () => {
    world = new World({ harts: 2 });
    const receiver = makeReceiver(world, { hart: 0, priority: 100 });
    thread = receiver.thread;
    calls = AsyncCalls.register(world, thread, { badge, notification: receiver.notification });
    frame = world.frame();
    world.letOthersRun();
    calls.sayHowToWake(PEER_ARMED);
    ask();
    ask();
    calls.wake();
    expect(world.kernel.userInterrupt(0)).toBe(badge);
    expect([calls.clientState, calls.take().length]).toEqual([PEER_AWAKE, 2]);
  });

  it("by a signal when it says that it takes user interrupts, but is not registered for them", () => {
    start();
    calls.sayHowToWake(PEER_ARMED);
    ask();
    thread.wait(calls.replies);
    expect([thread.isRunning, thread.register("a0")]).toEqual([true, 1n]);
  });

  it("as it asks at last, when it goes to wait while the handler looks at its state", () => {
    world = new World();
    const receiver = makeReceiver(world);
    thread = receiver.thread;
    calls = AsyncCalls.register(world, thread, { badge, notification: receiver.notification });
    frame = world.frame();
    ask();
    world.letOthersRun();
    calls.sayHowToWake(PEER_ARMED);
    const { memory, hardware } = world.kernel;
    const read = memory.read32.bind(memory);
    let looks = 0;
    memory.read32 = (address) => {
      const state = read(address);
      if (address === calls.base + calls.ringBytes + RING_CLIENT_STATE_AT && looks++ === 0)
        calls.sayHowToWake(PEER_BLOCKED);
      return state;
    };
    thread.wait(calls.replies);
    expect([thread.isRunning, thread.register("a0"), calls.clientState]).toEqual([true, badge, PEER_AWAKE]);
    expect(hardware.userInterrupts!.entries.every(({ pending }) => pending === 0n)).toBe(true);
  });

  it("while it waits on an endpoint, with the notification bound", () => {
    world = new World();
    thread = world.thread();
    const notification = world.notification();
    world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [notification]);
    calls = AsyncCalls.register(world, thread, { badge, notification });
    frame = world.frame();
    const endpoint = world.endpoint();
    ask();
    calls.sayHowToWake(PEER_BLOCKED);
    thread.receive(endpoint);
    expect([thread.isRunning, thread.register("a0"), calls.take().length]).toEqual([true, badge, 1]);
  });
});

describe("a full response ring", () => {
  it("stops the handler, which loses nothing and goes on when there is room", () => {
    start();
    const rounds = RING_ITEMS - 1;
    const ids = Array.from({ length: rounds }, ask);
    calls.awaitResponses();
    expect(calls.serverState).toBe(PEER_BLOCKED);
    ids.push(...Array.from({ length: rounds }, ask));
    calls.wake();
    thread.wait(world.notification());
    expect([calls.serverState, thread.state]).toEqual([PEER_BLOCKED, "blocked on notification"]);
    const first = calls.take();
    expect(first).toHaveLength(rounds);
    world.must(thread.cap, TCB_SUSPEND);
    world.must(thread.cap, TCB_RESUME);
    world.letOthersRun();
    expect([...first, ...calls.take()].map(({ id }) => id)).toEqual(ids);
  });
});

describe("translations", () => {
  const flushes = () => world.kernel.hardware.flushes;

  /** The flushes of a batch, which must all have happened when its responses can be seen. */
  function flushesOf(batch: () => void): typeof world.kernel.hardware.flushes {
    flushes().length = 0;
    let atPublication = -1;
    calls.beforeControlWrite(RING_RESPONSE_TAIL_AT, () => {
      atPublication = flushes().length;
    });
    batch();
    calls.awaitResponses();
    expect(calls.take().map(({ error }) => error)).not.toContain(undefined);
    expect(atPublication).toBe(flushes().length);
    return [...flushes()];
  }

  const mapAndUnmap = (pages: number[]) => {
    pages.forEach((page, index) => {
      const words = [PLACE + index * 4096, ALL_RIGHTS, 0];
      calls.push(page, { label: PAGE_MAP, words, caps: [ROOT_SLOT_VSPACE] });
    });
    for (const page of pages) calls.push(page, { label: PAGE_UNMAP });
  };

  it("are flushed once a batch, on this hart and on each other, before the responses are seen", () => {
    start({ harts: 3 });
    busy(1, 200);
    busy(2, 200);
    const pages = [world.frame(), world.frame(), world.frame()];
    world.letOthersRun();
    const seen = flushesOf(() => mapAndUnmap(pages));
    expect(seen.map(({ hart, address, asid }) => [hart, address, asid])).toEqual([
      [0, undefined, 1n],
      [1, undefined, 1n],
      [2, undefined, 1n],
    ]);
  });

  it("of one page are flushed by its address", () => {
    start();
    const page = world.frame();
    world.letOthersRun();
    const seen = flushesOf(() => mapAndUnmap([page]));
    expect(seen.map(({ address, asid }) => [address, asid])).toEqual([[BigInt(PLACE), 1n]]);
  });

  it("that were added for a client of another hart are flushed there too", () => {
    start({ harts: 2, hart: 1 });
    const page = world.frame();
    calls.sayHowToWake(PEER_AWAKE);
    flushes().length = 0;
    calls.push(page, { label: PAGE_MAP, words: [PLACE, ALL_RIGHTS, 0], caps: [ROOT_SLOT_VSPACE] });
    world.letOthersRun();
    calls.wake();
    expect(calls.take()).toHaveLength(1);
    expect(flushes().map(({ hart }) => hart)).toEqual([0, 1]);
  });

  it("are flushed before anything else is done with memory", () => {
    start();
    const [page, child] = [world.frame(), world.slot()];
    world.must(page, PAGE_MAP, [PLACE, ALL_RIGHTS, 0], [ROOT_SLOT_VSPACE]);
    world.letOthersRun();
    flushes().length = 0;
    const before: number[] = [];
    calls.push(page, { label: PAGE_UNMAP });
    print("1");
    calls.push(CNODE, { label: CNODE_REVOKE, words: [page, WORD_BITS] });
    print("2");
    calls.push(world.untyped, { label: UNTYPED_RETYPE, words: [1, 0, 0, 0, child, 1], caps: [CNODE] });
    Object.defineProperty(world.kernel.hardware, "console", {
      get: () => "",
      set: () => before.push(flushes().length),
    });
    calls.awaitResponses();
    expect(calls.take().map(({ error }) => error)).toEqual([0, 0, 0, 0, 0]);
    expect(before).toEqual([0, 1]);
  });
});

describe("a thread's end, or its buffer's, in the middle of its requests", () => {
  const ends: [string, (notification: number) => [number, number]][] = [
    ["its thread", () => [CNODE_DELETE, thread.cap]],
    ["its buffer", () => [CNODE_REVOKE, calls.frame]],
    ["its notification", (notification) => [CNODE_REVOKE, notification]],
    ["its CSpace's last CNode, and everything else", () => [CNODE_REVOKE, CNODE]],
  ];

  it.each(ends)("%s: what follows is not served", (_, end) => {
    world = new World();
    thread = world.thread();
    const notification = world.notification();
    calls = AsyncCalls.register(world, thread, { notification });
    const [label, slot] = end(notification);
    const untouched = world.slot();
    calls.push(CNODE, { label, words: [slot, WORD_BITS] });
    if (label === CNODE_REVOKE && slot === notification)
      calls.push(CNODE, { label: CNODE_DELETE, words: [slot, WORD_BITS] });
    const last = calls.push(CNODE, {
      label: CNODE_COPY,
      words: [untouched, WORD_BITS, ROOT_SLOT_TCB, WORD_BITS, ALL_RIGHTS],
      caps: [CNODE],
    });
    calls.wake();
    thread.wait(notification);
    const answered = calls.take().map(({ id }) => id);
    if (slot !== CNODE) expect([answered.includes(last), world.look(untouched).type]).toEqual([false, 0]);
  });

  it("a suspended thread's handler waits until it is resumed", () => {
    start();
    ask();
    calls.wake();
    world.must(thread.cap, TCB_SUSPEND);
    world.letOthersRun();
    expect(calls.take()).toEqual([]);
    world.must(thread.cap, TCB_RESUME);
    world.letOthersRun();
    expect(calls.take()).toHaveLength(1);
  });

  it("a thread that moves to another hart keeps its handler", () => {
    start({ harts: 2, priority: 100 });
    busy(1, 120);
    ask();
    calls.wake();
    world.must(thread.cap, TCB_SET_AFFINITY, [1]);
    world.letOthersRun();
    expect([calls.take().length, thread.state]).toEqual([1, "running"]);
  });
});

it("items are 128 bytes, and the last one's successor is the first", () => {
  start();
  expect(calls.ringBytes).toBe(RING_ITEMS * SYSTEM_CALL_ITEM_BYTES);
  for (let round = 0; round < 5; round++) {
    const ids = Array.from({ length: RING_ITEMS - 1 }, ask);
    calls.awaitResponses();
    expect(calls.take().map(({ id }) => id)).toEqual(ids);
  }
});
