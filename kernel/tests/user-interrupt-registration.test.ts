/** Registering receivers and senders of U-notifications: what is refused, and what happens when there is nothing left. */
import {
  CNODE_DELETE,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  NO_ERROR,
  NOT_ENOUGH_MEMORY,
  NOTIFICATION_REGISTER_RECEIVER,
  NOTIFICATION_REGISTER_SENDER,
  OBJECT_NOTIFICATION,
  OBJECT_TCB,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  SENDER_TABLE_ENTRIES,
  SENDER_TABLES,
  TCB_BIND_NOTIFICATION,
  TCB_SUSPEND,
  TCB_UNBIND_NOTIFICATION,
  TRUNCATED_MESSAGE,
  USER_INTERRUPT_RECEIVERS,
  USER_INTERRUPT_VECTORS,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal } from "./harness/refusal";
import type { Thread } from "./harness/thread";
import { makeReceiver } from "./harness/user-interrupts";
import { prepareKernel, World } from "./harness/world";

const BADGE = 1n << 5n;

let world: World;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World({ harts: 3 });
});

const receiver = (options: Parameters<typeof makeReceiver>[1] = {}) => makeReceiver(world, options);

describe("RegisterReceiver is refused and changes nothing", () => {
  let notification: number;
  let thread: Thread;
  const refuse = (error: number, details: number[], caps: number[], pointer = notification) =>
    expectRefusal(
      world,
      () => world.invoke(pointer, NOTIFICATION_REGISTER_RECEIVER, [], caps),
      error,
      details,
    );

  beforeEach(() => {
    world = new World();
    notification = world.notification();
    thread = world.thread({ start: false });
  });

  it("without a thread, or with anything else", () => {
    refuse(TRUNCATED_MESSAGE, [], []);
    refuse(INVALID_CAPABILITY, [1], [ROOT_SLOT_CNODE]);
  });

  it("without the read right", () => {
    refuse(INVALID_CAPABILITY, [0], [thread.cap], world.mint(notification, 0, RIGHT_WRITE));
  });

  it("for a thread that is not bound to the notification", () => {
    refuse(ILLEGAL_OPERATION, [], [thread.cap]);
  });

  it("on a machine without user interrupts, where kernel notifications go on working", () => {
    world = new World({ userInterrupts: false });
    notification = world.notification();
    thread = world.thread();
    world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [notification]);
    refuse(ILLEGAL_OPERATION, [], [thread.cap]);
    thread.wait(notification);
    world.thread().signal(world.mint(notification, BADGE));
    expect(thread.register("a0")).toBe(BADGE);
  });

  it("twice for the same thread succeeds and changes nothing", () => {
    world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [notification]);
    world.must(notification, NOTIFICATION_REGISTER_RECEIVER, [], [thread.cap]);
    const index = thread.field("receiverIndex");
    world.must(notification, NOTIFICATION_REGISTER_RECEIVER, [], [thread.cap]);
    expect(thread.field("receiverIndex")).toBe(index);
  });
});

describe("RegisterSender is refused and changes nothing", () => {
  const refuse = (pointer: number, error: number, details: number[] = []) =>
    expectRefusal(world, () => world.invoke(pointer, NOTIFICATION_REGISTER_SENDER), error, details);

  it("for a badge that is not one bit", () => {
    const { notification } = receiver({ hart: 1 });
    refuse(notification, INVALID_ARGUMENT, [0]);
    refuse(world.mint(notification, 3), INVALID_ARGUMENT, [0]);
  });

  it("without the write right", () => {
    const { notification } = receiver({ hart: 1 });
    refuse(world.mint(notification, 1, RIGHT_READ), INVALID_CAPABILITY, [0]);
  });

  it("while the notification has no receiver", () => {
    refuse(world.mint(world.notification(), 1), ILLEGAL_OPERATION);
  });
});

describe("exhaustion", () => {
  it("of sender tables is an error, and a deleted sender's table can be used again", () => {
    const { notification } = receiver({ hart: 1, priority: 200 });
    const badged = world.mint(notification, BADGE);
    const senders = Array.from({ length: SENDER_TABLES }, () => {
      const sender = world.thread({ hart: 2, priority: 100 });
      for (let turn = 0; turn < SENDER_TABLES && !sender.isRunning; turn++) runningOnHart(2).yield();
      sender.call(badged, { label: NOTIFICATION_REGISTER_SENDER });
      expect(sender.received.label).toBe(NO_ERROR);
      world.must(sender.cap, TCB_SUSPEND);
      return sender;
    });
    const refused = () => world.invoke(badged, NOTIFICATION_REGISTER_SENDER);
    expectRefusal(world, refused, NOT_ENOUGH_MEMORY);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [senders[3]!.cap, WORD_BITS]);
    expect(refused().error).toBe(NO_ERROR);
  });

  it("of a sender's entries is an error", () => {
    const { thread, notification } = receiver({ hart: 1 });
    world.kernel.afterEntry = () => {};
    const count = SENDER_TABLE_ENTRIES / USER_INTERRUPT_VECTORS;
    for (let i = 0; i < count; i++) {
      const each = i === 0 ? notification : world.notification();
      if (i > 0) {
        world.must(thread.cap, TCB_UNBIND_NOTIFICATION);
        world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [each]);
        world.must(each, NOTIFICATION_REGISTER_RECEIVER, [], [thread.cap]);
      }
      for (let vector = 0n; vector < USER_INTERRUPT_VECTORS; vector++) {
        world.must(world.mint(each, 1n << vector), NOTIFICATION_REGISTER_SENDER);
      }
    }
    const last = world.notification();
    world.must(thread.cap, TCB_UNBIND_NOTIFICATION);
    world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [last]);
    world.must(last, NOTIFICATION_REGISTER_RECEIVER, [], [thread.cap]);
    const badged = world.mint(last, 1);
    expectRefusal(world, () => world.invoke(badged, NOTIFICATION_REGISTER_SENDER), NOT_ENOUGH_MEMORY);
    expect(
      world.invoke(world.mint(notification, 1), NOTIFICATION_REGISTER_SENDER).words,
      "an entry it has",
    ).toEqual([0n]);
  });

  it("of receivers is an error, and a deleted one can be used again", () => {
    world.kernel.afterEntry = () => {};
    const many = (type: number) =>
      [0, 1].flatMap(() => slotsFrom(world.retype(type, 0, USER_INTERRUPT_RECEIVERS / 2)));
    const threads = [...many(OBJECT_TCB), world.retype(OBJECT_TCB)];
    const notifications = [...many(OBJECT_NOTIFICATION), world.retype(OBJECT_NOTIFICATION)];
    const bound = threads.map((thread, index) => ({ thread, notification: notifications[index]! }));
    for (const { thread, notification } of bound)
      world.must(thread, TCB_BIND_NOTIFICATION, [], [notification]);
    const last = bound.pop()!;
    for (const { thread, notification } of bound) {
      world.must(notification, NOTIFICATION_REGISTER_RECEIVER, [], [thread]);
    }
    const refused = () => world.invoke(last.notification, NOTIFICATION_REGISTER_RECEIVER, [], [last.thread]);
    expectRefusal(world, refused, NOT_ENOUGH_MEMORY);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [bound[100]!.thread, WORD_BITS]);
    expect(refused().error).toBe(NO_ERROR);
  });
});

/** Slots of the objects made half the number of receivers at a time. */
function slotsFrom(first: number): number[] {
  return Array.from({ length: USER_INTERRUPT_RECEIVERS / 2 }, (_, index) => first + index);
}

/** The thread that hart `index` runs, of those this world made. */
function runningOnHart(index: number): Thread {
  const thread = world.threads.find((each) => each.runningOn === index);
  if (!thread) throw new Error(`hart ${index} runs no thread of this test`);
  return thread;
}
