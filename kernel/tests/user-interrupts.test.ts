/**
 * U-notifications: signals that the user-interrupt hardware delivers without the kernel (architecture, decisions 1–3
 * and 6), and what the kernel does so that they always arrive and never reach anybody else.
 */
import {
  CNODE_COPY,
  CNODE_DELETE,
  CNODE_REVOKE,
  NOTIFICATION_REGISTER_RECEIVER,
  NOTIFICATION_REGISTER_SENDER,
  ROOT_SLOT_CNODE,
  TCB_BIND_NOTIFICATION,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SUSPEND,
  TCB_UNBIND_NOTIFICATION,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  CSR_SIDELEG,
  CSR_SUIRS,
  CSR_SUIST,
  CSR_UEPC,
  CSR_USCRATCH,
  CSR_USTATUS,
  CSR_UTVEC,
} from "../src/riscv/csr";
import type { Thread } from "./harness/thread";
import { makeReceiver, registerSender } from "./harness/user-interrupts";
import { prepareKernel, World } from "./harness/world";

const VECTOR = 5;
const BADGE = 1n << BigInt(VECTOR);

let world: World;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World({ harts: 3 });
});

const receiver = (options: Parameters<typeof makeReceiver>[1] = {}) => makeReceiver(world, options);
const register = (thread: Thread, notification: number, badge = BADGE) =>
  registerSender(world, thread, notification, badge);

function send(thread: Thread, index: bigint): void {
  world.letOthersRun();
  world.kernel.sendUserInterrupt(thread.runningOn!, index);
}

/** Vectors for which a thread that runs is about to enter its handler. */
const arriving = (thread: Thread) => world.kernel.userInterrupt(thread.runningOn!);
const entryOf = (thread: Thread) =>
  world.kernel.hardware.userInterrupts!.entries[thread.field("receiverIndex")]!;

describe("a user interrupt", () => {
  it("reaches a receiver that runs on another hart without any kernel entry", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    const index = register(sender, notification);
    world.letOthersRun();
    const { entries } = world.kernel;
    send(sender, index);
    expect(arriving(thread)).toBe(BADGE);
    expect(world.kernel.entries).toBe(entries);
  });

  it.each([0, 31, 32, 63])("has the vector of the badge's only bit (%i)", (vector) => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    send(sender, register(sender, notification, 1n << BigInt(vector)));
    expect(arriving(thread)).toBe(1n << BigInt(vector));
  });

  it("from several senders arrives as the union of their badges", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const [first, second] = [world.thread({ hart: 2 }), world.thread({ hart: 0 })];
    const index = register(first, notification, 1n);
    send(second, register(second, notification, 2n));
    send(first, index);
    expect(arriving(thread)).toBe(3n);
  });

  it("waits while its receiver does not run, and disturbs nobody meanwhile", () => {
    const { thread, notification } = receiver({ hart: 1, priority: 50 });
    const sender = world.thread({ hart: 2 });
    const index = register(sender, notification);
    const other = world.thread({ hart: 1, priority: 60, name: "other" });
    expect([other.runningOn, thread.isRunning]).toEqual([1, false]);
    send(sender, index);
    expect([other.runningOn, arriving(other)]).toEqual([1, 0n]);
    world.must(other.cap, TCB_SUSPEND);
    expect([thread.runningOn, arriving(thread)]).toEqual([1, BADGE]);
  });

  it("follows its receiver to another hart", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 0 });
    const index = register(sender, notification);
    world.must(thread.cap, TCB_SUSPEND);
    world.must(thread.cap, TCB_SET_AFFINITY, [2]);
    send(sender, index);
    world.must(thread.cap, TCB_RESUME);
    expect([thread.runningOn, arriving(thread)]).toEqual([2, BADGE]);
    expect(entryOf(thread).hart).toBe(2);
  });

  it("stays pending over a system call of its receiver", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    send(sender, register(sender, notification));
    thread.yield();
    expect(arriving(thread)).toBe(BADGE);
  });

  it("is not sent through an entry that was not given to the sender", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    register(sender, notification);
    send(sender, 1n);
    send(sender, 511n);
    send(sender, 512n);
    expect(arriving(thread)).toBe(0n);
  });
});

describe("on every kernel entry of a receiver the kernel", () => {
  it("deactivates its entry first and activates it last", () => {
    const { thread } = receiver({ hart: 1 });
    const index = thread.field("receiverIndex");
    const { writes } = world.kernel.hardware.userInterrupts!;
    const before = writes.length;
    thread.yield();
    const made = writes.slice(before).filter(({ entry }) => entry === index);
    expect(made[0]).toMatchObject({ register: "ACTIVE", value: 0n });
    expect(made.at(-1)).toMatchObject({ register: "ACTIVE", value: 1n });
    expect(made.at(-2)).toMatchObject({ register: "LOW" });
  });

  it("keeps each receiver's user trap registers apart", () => {
    const first = receiver({ hart: 1, priority: 50 }).thread;
    const hart = world.kernel.hardware.harts[1]!;
    hart.writeCsr(CSR_UTVEC, 0x1111_0000n);
    hart.writeCsr(CSR_USCRATCH, 0x2222n);
    hart.writeCsr(CSR_UEPC, 0x3333_0000n);
    const second = receiver({ hart: 1, priority: 60 }).thread;
    hart.writeCsr(CSR_UTVEC, 0x4444_0000n);
    hart.writeCsr(CSR_USTATUS, 0n);
    world.must(second.cap, TCB_SUSPEND);
    expect(first.runningOn).toBe(1);
    expect([CSR_UTVEC, CSR_USCRATCH, CSR_UEPC].map((csr) => hart.readCsr(csr))).toEqual([
      0x1111_0000n,
      0x2222n,
      0x3333_0000n,
    ]);
    expect(hart.readCsr(CSR_USTATUS) & 1n).toBe(1n);
    world.must(second.cap, TCB_RESUME);
    expect([hart.readCsr(CSR_UTVEC), hart.readCsr(CSR_USTATUS) & 1n]).toEqual([0x4444_0000n, 0n]);
  });

  it("takes the hardware away from a thread that is neither receiver nor sender", () => {
    const { notification } = receiver({ hart: 1, priority: 50 });
    const sender = world.thread({ hart: 1, priority: 60 });
    register(sender, notification);
    expect(world.kernel.hardware.harts[1]!.readCsr(CSR_SUIST) >> 63n).toBe(1n);
    const plain = world.thread({ hart: 1, priority: 70 });
    expect(plain.runningOn).toBe(1);
    const hart = world.kernel.hardware.harts[1]!;
    expect([CSR_SUIST, CSR_SUIRS, CSR_SIDELEG].map((csr) => hart.readCsr(csr))).toEqual([0n, 0n, 0n]);
    expect(hart.readCsr(CSR_USTATUS) & 1n).toBe(0n);
  });
});

describe("a receiver that waits in the kernel", () => {
  it("for its notification is woken with the vectors, which its handler gets too", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    const index = register(sender, notification);
    thread.wait(notification);
    send(sender, index);
    expect([thread.runningOn, thread.register("a0"), arriving(thread)]).toEqual([1, BADGE, BADGE]);
  });

  it("on an endpoint is woken through its bound notification", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    const index = register(sender, notification);
    thread.receive(world.endpoint());
    send(sender, index);
    expect([thread.runningOn, thread.register("a0"), arriving(thread)]).toEqual([1, BADGE, BADGE]);
  });

  it("is woken at once also where another thread, no receiver, runs on every hart", () => {
    const { thread, notification } = receiver({ hart: 1, priority: 90 });
    const sender = world.thread({ hart: 2 });
    const index = register(sender, notification);
    world.thread({ hart: 0, priority: 50 });
    const other = world.thread({ hart: 1, priority: 50 });
    thread.wait(notification);
    world.letOthersRun();
    expect(other.runningOn).toBe(1);
    send(sender, index);
    expect([thread.runningOn, thread.register("a0")]).toEqual([1, BADGE]);
  });

  it("is woken at the next tick where every hart runs a receiver", () => {
    world = new World({ harts: 1 });
    const { thread, notification } = receiver({ priority: 90 });
    thread.wait(notification);
    const { thread: running } = receiver({ priority: 80 });
    const index = register(running, notification);
    expect(running.isRunning).toBe(true);
    send(running, index);
    world.kernel.tick();
    expect([thread.isRunning, thread.register("a0")]).toEqual([true, BADGE]);
  });

  it("is not forgotten when a fast path gives the last hart to another receiver", () => {
    world = new World({ harts: 1 });
    const endpoint = world.endpoint();
    const { thread, notification } = receiver({ priority: 90 });
    thread.wait(notification);
    const { thread: server } = receiver({ priority: 80 });
    const index = register(server, notification);
    server.receive(endpoint);
    const client = world.thread({ priority: 70 });
    const { fastpathsTaken } = world.kernel;
    client.call(endpoint);
    expect([world.kernel.fastpathsTaken - fastpathsTaken, server.isRunning]).toEqual([1, true]);
    send(server, index);
    expect(arriving(server), "the waiting receiver's vectors are not the server's").toBe(0n);
    world.kernel.tick();
    expect([thread.isRunning, thread.register("a0")]).toEqual([true, BADGE]);
  });

  it("does not wait when vectors are pending", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    send(sender, register(sender, notification));
    thread.wait(notification);
    expect([thread.state, thread.register("a0"), arriving(thread)]).toEqual(["running", BADGE, BADGE]);
  });

  it("is woken by a kernel signal as well", () => {
    const { thread, notification } = receiver({ hart: 1 });
    thread.wait(notification);
    world.thread({ hart: 2 }).signal(world.mint(notification, BADGE));
    expect([thread.runningOn, thread.register("a0"), arriving(thread)]).toEqual([1, BADGE, 0n]);
  });

  it("waits no more for interrupts when it is suspended", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    const index = register(sender, notification);
    thread.wait(notification);
    world.must(thread.cap, TCB_SUSPEND);
    send(sender, index);
    expect(thread.state).toBe("inactive");
    world.must(thread.cap, TCB_RESUME);
    expect(arriving(thread)).toBe(BADGE);
  });

  it("that waits to send is not woken", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    const index = register(sender, notification);
    thread.send(world.endpoint());
    send(sender, index);
    expect(thread.state).toBe("blocked on send");
  });
});

describe("when something disappears", () => {
  it("the notification: its sender entries are invalid, before the receiver entry can be used again", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    const index = register(sender, notification);
    const entry = thread.field("receiverIndex");
    world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [notification, WORD_BITS]);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [notification, WORD_BITS]);
    expect(thread.field("flags")).toBe(0);
    const { thread: next } = receiver({ hart: 1, priority: 150 });
    expect(next.field("receiverIndex"), "the entry is used again").toBe(entry);
    send(sender, index);
    expect(arriving(next)).toBe(0n);
  });

  it("the notification, while its receiver waits: nothing of it is left", () => {
    const { thread, notification } = receiver({ hart: 1 });
    thread.wait(notification);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [notification, WORD_BITS]);
    expect([thread.field("flags"), thread.field("watched")]).toEqual([0, 0]);
  });

  it("vectors that were pending for a receiver are not the next one's", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    send(sender, register(sender, notification));
    expect(arriving(thread)).toBe(BADGE);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [thread.cap, WORD_BITS]);
    const { thread: next } = receiver({ hart: 1 });
    expect(arriving(next)).toBe(0n);
  });

  it("the receiver: its senders reach nobody", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    const index = register(sender, notification);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [thread.cap, WORD_BITS]);
    const { thread: next } = receiver({ hart: 1, notification });
    send(sender, index);
    expect(arriving(next)).toBe(0n);
  });

  it("the sender: its table is empty for the next one", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    const index = register(sender, notification);
    const table = sender.field("senderTable");
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [sender.cap, WORD_BITS]);
    const { notification: other } = receiver({ hart: 0 });
    const heir = world.thread({ hart: 2 });
    expect(register(heir, other, 2n)).toBe(index);
    expect(heir.field("senderTable")).toBe(table);
    send(heir, index);
    expect(arriving(thread)).toBe(0n);
  });

  it("the last capability with a badge: the entries with its vector are invalid", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const sender = world.thread({ hart: 2 });
    const badged = world.mint(notification, BADGE);
    sender.call(badged, { label: NOTIFICATION_REGISTER_SENDER });
    const index = sender.received.words[0]!;
    const copy = world.slot();
    world.must(ROOT_SLOT_CNODE, CNODE_COPY, [copy, WORD_BITS, badged, WORD_BITS, 15], [ROOT_SLOT_CNODE]);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [badged, WORD_BITS]);
    send(sender, index);
    expect(arriving(thread), "the copy still allows it").toBe(BADGE);
    world.kernel.hardware.uipiRead(world.kernel.hardware.harts[1]!);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [copy, WORD_BITS]);
    send(sender, index);
    expect(arriving(thread)).toBe(0n);
  });

  it("one of two notifications of a receiver: the other one's senders still reach it", () => {
    const { thread, notification } = receiver({ hart: 1 });
    const second = world.notification();
    world.must(thread.cap, TCB_UNBIND_NOTIFICATION);
    world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [second]);
    thread.call(second, { label: NOTIFICATION_REGISTER_RECEIVER, caps: [thread.cap] });
    const sender = world.thread({ hart: 2 });
    const [first, other] = [register(sender, notification, 1n), register(sender, second, 2n)];
    world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [second, WORD_BITS]);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [second, WORD_BITS]);
    send(sender, other);
    expect(arriving(thread)).toBe(0n);
    send(sender, first);
    expect(arriving(thread)).toBe(1n);
  });
});
