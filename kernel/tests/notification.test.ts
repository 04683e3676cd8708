import {
  CNODE_DELETE,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  TCB_BIND_NOTIFICATION,
  TCB_RESUME,
  TCB_SUSPEND,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

let world: World;
let notification: number;
let waiter: Thread;
let signaller: Thread;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World({ fastpath: false });
  notification = world.notification();
  [waiter, signaller] = world.threadsInOrder(2) as [Thread, Thread];
});

describe("Signal and Wait", () => {
  it("wake a waiter with the badge", () => {
    waiter.wait(notification);
    expect(waiter.state).toBe("blocked on notification");
    signaller.signal(world.mint(notification, 0b100));
    expect(waiter.isRunning).toBe(true);
    expect(waiter.register("a0")).toBe(0b100n);
  });

  it("collect badges while nobody waits, and give them all at once", () => {
    waiter.signal(world.mint(notification, 0b001));
    waiter.signal(world.mint(notification, 0b100));
    waiter.wait(notification);
    expect([waiter.state, waiter.register("a0")]).toEqual(["running", 0b101n]);
    waiter.wait(notification);
    expect(waiter.state).toBe("blocked on notification");
  });

  it("wake one waiter a signal, in the order in which they came", () => {
    const [first, second, third] = world.threadsInOrder(3, { priority: 200 }) as [Thread, Thread, Thread];
    first.wait(notification);
    second.wait(notification);
    third.signal(world.mint(notification, 1));
    expect([first.state, second.state]).toEqual(["running", "blocked on notification"]);
  });

  it("count a signal without a badge", () => {
    waiter.signal(notification);
    waiter.wait(notification);
    expect([waiter.state, waiter.register("a0")]).toEqual(["running", 0n]);
  });

  it("Poll takes what is there and does not wait", () => {
    waiter.nonBlockingReceive(notification);
    expect([waiter.state, waiter.register("a0")]).toEqual(["running", 0n]);
    waiter.signal(world.mint(notification, 6));
    waiter.nonBlockingReceive(notification);
    expect(waiter.register("a0")).toBe(6n);
  });

  it("leave message registers and message information alone", () => {
    waiter.wait(notification);
    waiter.setRegister("a1", 0x77);
    waiter.setRegister("a2", 0x88);
    signaller.signal(world.mint(notification, 1));
    expect([waiter.register("a1"), waiter.register("a2")]).toEqual([0x77n, 0x88n]);
  });

  it("without the write right signal nothing", () => {
    waiter.wait(notification);
    signaller.signal(world.mint(notification, 1, RIGHT_READ));
    expect(waiter.state).toBe("blocked on notification");
  });

  it("without the read right fault the waiter", () => {
    waiter.wait(world.mint(notification, 1, RIGHT_WRITE));
    expect(waiter.state).toBe("inactive");
  });
});

describe("a thread that waits for a notification", () => {
  it("waits no more when it is suspended", () => {
    waiter.wait(notification);
    world.must(waiter.cap, TCB_SUSPEND);
    signaller.signal(world.mint(notification, 3));
    signaller.nonBlockingReceive(notification);
    expect(signaller.register("a0")).toBe(3n);
  });

  it("repeats its system call when the notification is deleted", () => {
    const pc = waiter.register("pc");
    waiter.wait(notification);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [notification, WORD_BITS]);
    world.letOthersRun();
    expect(waiter.isRunning).toBe(true);
    expect(waiter.register("pc")).toBe(pc);
  });
});

describe("a bound notification", () => {
  let endpoint: number;

  beforeEach(() => {
    endpoint = world.endpoint();
    world.must(waiter.cap, TCB_BIND_NOTIFICATION, [], [notification]);
  });

  it("wakes its thread while that receives on an endpoint", () => {
    waiter.receive(endpoint);
    signaller.signal(world.mint(notification, 0x40));
    expect([waiter.isRunning, waiter.register("a0")]).toEqual([true, 0x40n]);
  });

  it("is taken first by a Recv on an endpoint", () => {
    waiter.signal(world.mint(notification, 0x80));
    waiter.receive(endpoint);
    expect([waiter.state, waiter.register("a0")]).toEqual(["running", 0x80n]);
    waiter.receive(endpoint);
    expect(waiter.state).toBe("blocked on receive");
  });

  it("comes before a message that waits", () => {
    const sender = world.thread({ priority: 210 });
    sender.send(world.mint(endpoint, 1), { words: [1] });
    waiter.signal(world.mint(notification, 2));
    waiter.receive(endpoint);
    expect(waiter.register("a0")).toBe(2n);
    waiter.receive(endpoint);
    expect(waiter.received).toMatchObject({ badge: 1n, words: [1n] });
  });

  it("is remembered while its thread does something else", () => {
    waiter.wait(world.notification());
    signaller.signal(world.mint(notification, 4));
    expect(waiter.state).toBe("blocked on notification");
    world.must(waiter.cap, TCB_SUSPEND);
    world.must(waiter.cap, TCB_RESUME);
    waiter.wait(notification);
    expect([waiter.state, waiter.register("a0")]).toEqual(["running", 4n]);
  });

  it("can be waited for by its thread only", () => {
    waiter.wait(notification);
    signaller.wait(notification);
    expect([waiter.state, signaller.state]).toEqual(["blocked on notification", "inactive"]);
  });

  it("does not wake a thread that waits to send", () => {
    waiter.send(endpoint);
    signaller.signal(world.mint(notification, 1));
    expect(waiter.state).toBe("blocked on send");
  });
});
