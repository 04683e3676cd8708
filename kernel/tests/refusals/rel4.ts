/** Refusals of ReL4's own invocations of notifications. */
import {
  DELETE_FIRST,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  NOT_ENOUGH_MEMORY,
  NOTIFICATION_REGISTER_ASYNC_SYSCALL,
  NOTIFICATION_REGISTER_RECEIVER,
  NOTIFICATION_REGISTER_SENDER,
  OBJECT_TCB,
  RANGE_ERROR,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  SENDER_TABLE_ENTRIES,
  TCB_BIND_NOTIFICATION,
  TRUNCATED_MESSAGE,
  USER_INTERRUPT_RECEIVERS,
  USER_INTERRUPT_VECTORS,
} from "@rel4/abi";
import type { World } from "../harness/world";
import { cap, caps, invoked, nothing, type Refusals, word, words } from "./refusal-table";

const BADGE = 4;
const LEAST_RING = 2;

/** A thread, and a notification it is bound to. */
function bound(world: World): { thread: number; notification: number } {
  const [thread, notification] = [world.thread({ start: false }).cap, world.notification()];
  world.must(thread, TCB_BIND_NOTIFICATION, [], [notification]);
  return { thread, notification };
}

/** The root task registers as a sender of every vector of so many notifications that its table is full. */
function fillSenderTable(world: World): void {
  for (let entries = 0; entries < SENDER_TABLE_ENTRIES; entries += USER_INTERRUPT_VECTORS) {
    const { thread, notification } = bound(world);
    world.must(notification, NOTIFICATION_REGISTER_RECEIVER, [], [thread]);
    for (let vector = 0n; vector < USER_INTERRUPT_VECTORS; vector++)
      world.must(world.mint(notification, 1n << vector), NOTIFICATION_REGISTER_SENDER);
  }
}

/** Threads that have all receiver entries. */
function makeAllReceivers(world: World): void {
  for (let made = 0; made < USER_INTERRUPT_RECEIVERS; made++) {
    const [thread, notification] = [world.retype(OBJECT_TCB), world.notification()];
    world.must(thread, TCB_BIND_NOTIFICATION, [], [notification]);
    world.must(notification, NOTIFICATION_REGISTER_RECEIVER, [], [thread]);
  }
}

export const REL4_REFUSALS: Refusals[] = [
  {
    name: "Notification_RegisterSender",
    label: NOTIFICATION_REGISTER_SENDER,
    prepare(world) {
      const { thread, notification } = bound(world);
      world.must(notification, NOTIFICATION_REGISTER_RECEIVER, [], [thread]);
      return {
        call: { pointer: world.mint(notification, BADGE), words: [], caps: [] },
        defects: [
          {
            what: "a notification without the right to send",
            error: INVALID_CAPABILITY,
            details: [0],
            spoil: invoked(world.mint(notification, 0, RIGHT_READ)),
          },
          {
            what: "a badge of two bits",
            error: INVALID_ARGUMENT,
            details: [0],
            spoil: invoked(world.mint(world.notification(), 3)),
          },
          {
            what: "a notification without a receiver",
            error: ILLEGAL_OPERATION,
            spoil: invoked(world.mint(world.notification(), BADGE)),
          },
          {
            what: "a sender whose table is full",
            error: NOT_ENOUGH_MEMORY,
            spoil: nothing,
            exhaust: fillSenderTable,
          },
        ],
      };
    },
  },
  {
    name: "Notification_RegisterReceiver",
    label: NOTIFICATION_REGISTER_RECEIVER,
    prepare(world) {
      const { thread, notification } = bound(world);
      return {
        call: { pointer: notification, words: [], caps: [thread] },
        defects: [
          { what: "no thread", error: TRUNCATED_MESSAGE, spoil: caps(0) },
          {
            what: "a notification without the right to read",
            error: INVALID_CAPABILITY,
            details: [0],
            spoil: invoked(world.mint(notification, 0, RIGHT_WRITE)),
          },
          {
            what: "anything but a thread",
            error: INVALID_CAPABILITY,
            details: [1],
            spoil: cap(0, ROOT_SLOT_CNODE),
          },
          {
            what: "a thread that is not bound to it",
            error: ILLEGAL_OPERATION,
            spoil: cap(0, world.thread({ start: false }).cap),
          },
          {
            what: "a receiver more than the hardware has entries for",
            error: NOT_ENOUGH_MEMORY,
            spoil: nothing,
            exhaust: makeAllReceivers,
          },
        ],
      };
    },
  },
  {
    name: "Notification_RegisterAsyncSyscall",
    label: NOTIFICATION_REGISTER_ASYNC_SYSCALL,
    prepare(world) {
      const notification = world.notification();
      return {
        call: { pointer: world.mint(notification, BADGE), words: [LEAST_RING], caps: [world.frame()] },
        defects: [
          {
            what: "a notification without the right to read",
            error: INVALID_CAPABILITY,
            details: [0],
            spoil: invoked(world.mint(notification, 0, RIGHT_WRITE)),
          },
          { what: "no badge", error: INVALID_ARGUMENT, details: [0], spoil: invoked(notification) },
          { what: "no size", error: TRUNCATED_MESSAGE, spoil: words(0) },
          { what: "no frame", error: TRUNCATED_MESSAGE, spoil: caps(0) },
          {
            what: "anything but a frame",
            error: INVALID_CAPABILITY,
            details: [1],
            spoil: cap(0, ROOT_SLOT_CNODE),
          },
          {
            what: "a frame that is read-only",
            error: INVALID_CAPABILITY,
            details: [1],
            spoil: cap(0, world.mint(world.frame(), 0, RIGHT_READ)),
          },
          { what: "too small a ring", error: RANGE_ERROR, spoil: word(0, LEAST_RING - 1) },
          { what: "too large a ring", error: RANGE_ERROR, spoil: word(0, LEAST_RING + 30) },
          {
            what: "a thread that has a handler",
            error: DELETE_FIRST,
            spoil: nothing,
            exhaust: () =>
              world.must(
                world.mint(notification, BADGE),
                NOTIFICATION_REGISTER_ASYNC_SYSCALL,
                [LEAST_RING],
                [world.frame()],
              ),
          },
        ],
      };
    },
  },
];
