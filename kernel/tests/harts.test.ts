import {
  CNODE_DELETE,
  FEATURE_FLOATING_POINT,
  FEATURE_SYNC_IPC,
  FEATURE_USER_INTERRUPTS,
  FEATURE_WAIT_ON_RESERVATION,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_TCB,
  SYS_GET_FEATURES,
  SYS_SEND,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SET_PRIORITY,
  TCB_SUSPEND,
  TCB_WRITE_REGISTERS,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

let world: World;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World({ harts: 3 });
});

/** Harts that were sent a software interrupt by an action. */
function interrupted(action: () => void): number[] {
  const sent = world.kernel.hardware.softwareInterruptsSent;
  const before = sent.length;
  action();
  return sent.slice(before);
}

describe("several harts", () => {
  it("boot idle, but for the one with the root task", () => {
    expect([0, 1, 2].map((hart) => world.kernel.isIdle(hart))).toEqual([false, true, true]);
  });

  it.each([
    { userInterrupts: true, isa: "rv64imac_zicsr", features: FEATURE_USER_INTERRUPTS },
    { userInterrupts: false, isa: "rv64imac_zawrs_zba", features: FEATURE_WAIT_ON_RESERVATION },
    { userInterrupts: false, isa: "rv64imac_zba_zawrs", features: FEATURE_WAIT_ON_RESERVATION },
    { userInterrupts: false, isa: "rv64imac_zawrsx_xzawrs", features: 0 },
  ])("are counted for user programs, who also learn what harts of $isa can do", (options) => {
    const { features, ...hardware } = options;
    const thread = new World({ harts: 2, ...hardware }).thread();
    thread.systemCall(SYS_GET_FEATURES);
    expect([thread.register("a2"), thread.register("a3")]).toEqual([
      BigInt(FEATURE_SYNC_IPC + FEATURE_FLOATING_POINT + features),
      2n,
    ]);
  });

  it("run their own threads at the same time", () => {
    const threads = [0, 1, 2].map((hart) => world.thread({ hart }));
    world.letOthersRun();
    expect(threads.map((thread) => thread.runningOn)).toEqual([0, 1, 2]);
  });

  it("are interrupted when a thread gets ready on them", () => {
    const remote = world.thread({ hart: 1, start: false });
    expect(interrupted(() => world.must(remote.cap, TCB_RESUME))).toEqual([1]);
    expect(remote.runningOn).toBe(1);
  });

  it("are not interrupted for a thread less important than theirs", () => {
    world.thread({ hart: 1, priority: 50 });
    const low = world.thread({ hart: 1, priority: 40, start: false });
    expect(interrupted(() => world.must(low.cap, TCB_RESUME))).toEqual([]);
    expect(low.isRunning).toBe(false);
  });

  it("are interrupted for a more important thread, which then runs", () => {
    const low = world.thread({ hart: 1, priority: 40 });
    const high = world.thread({ hart: 1, priority: 50, start: false });
    expect(interrupted(() => world.must(high.cap, TCB_RESUME))).toEqual([1]);
    expect([high.runningOn, low.isRunning]).toEqual([1, false]);
  });

  it("start their timer when an equal thread gets ready", () => {
    const first = world.thread({ hart: 1, priority: 40 });
    const second = world.thread({ hart: 1, priority: 40 });
    expect(first.runningOn).toBe(1);
    for (let i = 0; i < 5; i++) world.kernel.tick(1);
    expect([first.runningOn, second.runningOn]).toEqual([undefined, 1]);
  });
});

describe("messages between harts", () => {
  it("wake a receiver on another hart, and answer the caller", () => {
    const endpoint = world.endpoint();
    const server = world.thread({ hart: 1 });
    server.receive(endpoint);
    expect(world.kernel.isIdle(1)).toBe(true);
    const client = world.thread();
    client.call(world.mint(endpoint, 5), { words: [1, 2, 3] });
    expect(server.runningOn).toBe(1);
    expect(server.received).toMatchObject({ badge: 5n, words: [1n, 2n, 3n] });
    expect(world.kernel.isIdle(0)).toBe(true);
    server.replyReceive(endpoint, { words: [4] });
    expect(client.runningOn).toBe(0);
    expect(client.received.words).toEqual([4n]);
  });

  it("signals wake a waiter on another hart", () => {
    const notification = world.notification();
    const waiter = world.thread({ hart: 2 });
    waiter.wait(notification);
    const signaller = world.thread();
    expect(interrupted(() => signaller.signal(world.mint(notification, 8)))).toContain(2);
    expect([waiter.runningOn, waiter.register("a0")]).toEqual([2, 8n]);
    expect(signaller.isRunning).toBe(true);
  });
});

describe("an operation on a thread that runs on another hart", () => {
  let remote: Thread;

  beforeEach(() => {
    remote = world.thread({ hart: 1, name: "remote" });
    remote.setRegister("pc", 0x1_0100);
  });

  it("suspends it", () => {
    world.must(remote.cap, TCB_SUSPEND);
    expect([remote.state, world.kernel.isIdle(1)]).toEqual(["inactive", true]);
    world.must(remote.cap, TCB_RESUME);
    expect([remote.runningOn, remote.register("pc")]).toEqual([1, 0x1_0100n]);
  });

  it("reads and writes its registers, and lets it go on", () => {
    world.must(remote.cap, TCB_WRITE_REGISTERS, [0, 2, 0x1_0200, 0x55]);
    expect([remote.runningOn, remote.register("pc"), remote.register("ra")]).toEqual([1, 0x1_0200n, 0x55n]);
  });

  it("changes its priority", () => {
    const other = world.thread({ hart: 1, priority: 50 });
    world.must(remote.cap, TCB_SET_PRIORITY, [10], [ROOT_SLOT_TCB]);
    expect([remote.isRunning, other.runningOn]).toEqual([false, 1]);
  });

  it("moves it to another hart", () => {
    world.must(remote.cap, TCB_SET_AFFINITY, [2]);
    expect([remote.runningOn, world.kernel.isIdle(1)]).toEqual([2, true]);
    expect(remote.register("pc")).toBe(0x1_0100n);
  });

  it("moves it to the hart of the caller", () => {
    world.must(remote.cap, TCB_SET_AFFINITY, [0]);
    world.letOthersRun();
    expect([remote.runningOn, world.kernel.isIdle(1)]).toEqual([0, true]);
  });

  it("deletes it", () => {
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [remote.cap, WORD_BITS]);
    expect([remote.state, world.kernel.isIdle(1)]).toEqual(["inactive", true]);
  });
});

describe("a thread that moves itself", () => {
  it("goes on on the other hart", () => {
    const mover = world.thread();
    const pc = mover.register("pc");
    mover.call(mover.cap, { label: TCB_SET_AFFINITY, words: [2] });
    expect([mover.runningOn, mover.received.label]).toEqual([2, 0]);
    expect(mover.register("pc")).toBe(pc + 4n);
    expect(world.kernel.isIdle(0)).toBe(true);
  });
});

describe("a thread that is taken away while its hart waits for the kernel lock", () => {
  it("has not made its system call, and makes it when it goes on", () => {
    const notification = world.notification();
    const remote = world.thread({ hart: 1 });
    const pc = remote.register("pc");
    world.bringRoot();
    remote.beginSystemCall(SYS_SEND, notification);
    world.must(remote.cap, TCB_SUSPEND);
    expect([remote.state, remote.register("pc")]).toEqual(["inactive", pc]);
    expect(signals(notification)).toBe(NOTIFICATION_IDLE);
    world.must(remote.cap, TCB_RESUME);
    expect([remote.runningOn, remote.register("pc")]).toEqual([1, pc]);
    remote.signal(notification);
    expect(signals(notification)).toBe(NOTIFICATION_ACTIVE);
  });

  it("is not disturbed by an operation on another thread", () => {
    const notification = world.notification();
    const remote = world.thread({ hart: 1 });
    const other = world.thread({ start: false });
    world.bringRoot();
    remote.beginSystemCall(SYS_SEND, notification);
    world.must(other.cap, TCB_SUSPEND);
    expect([remote.runningOn, signals(notification)]).toEqual([1, NOTIFICATION_ACTIVE]);
  });
});

const NOTIFICATION_IDLE = 0;
const NOTIFICATION_ACTIVE = 2;

/** State of a notification: have signals arrived that nobody took? */
function signals(notification: number): number {
  const { memory, layout } = world.kernel;
  return memory.read32(world.look(notification).object + layout.field("Notification_state"));
}
