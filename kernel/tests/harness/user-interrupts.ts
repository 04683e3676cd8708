/** What user programs do with U-notifications, for the tests of them. */
import {
  NO_ERROR,
  NOTIFICATION_REGISTER_RECEIVER,
  NOTIFICATION_REGISTER_SENDER,
  TCB_BIND_NOTIFICATION,
} from "@rel4/abi";
import { expect } from "vitest";
import { CSR_USTATUS, CSR_UTVEC } from "../../src/riscv/csr";
import type { Thread } from "./thread";
import type { World } from "./world";

const HANDLER = 0x1_8000n;
const USER_INTERRUPTS_ON = 1n;

/** A thread that receives, and the notification it is registered for, made as a user program makes them. */
export function makeReceiver(
  world: World,
  options: { hart?: number; priority?: number; notification?: number } = {},
): { thread: Thread; notification: number } {
  const thread = world.thread({ name: "receiver", ...options });
  const notification = options.notification ?? world.notification();
  world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [notification]);
  world.letOthersRun();
  const hart = world.kernel.hardware.harts[thread.runningOn!]!;
  hart.writeCsr(CSR_UTVEC, HANDLER);
  hart.writeCsr(CSR_USTATUS, USER_INTERRUPTS_ON);
  thread.call(notification, { label: NOTIFICATION_REGISTER_RECEIVER, caps: [thread.cap] });
  expect(thread.received.label).toBe(NO_ERROR);
  return { thread, notification };
}

/** Registers the calling thread as a sender of `badge`; the index to send with. */
export function registerSender(world: World, thread: Thread, notification: number, badge: bigint): bigint {
  thread.call(world.mint(notification, badge), { label: NOTIFICATION_REGISTER_SENDER });
  expect(thread.received.label).toBe(NO_ERROR);
  return thread.received.words[0]!;
}
