// How long a timer interrupt waits while the requests of a full ring are served: a more important thread measures when its
// timer wakes it, with the ring idle and with the ring full.

import { ecall, rdcycle, rdtime } from "rv";
import { ROOT_SLOT_TCB } from "../../../../abi/src/bootinfo";
import { PAGE_GET_ADDRESS, TCB_BIND_NOTIFICATION, TCB_SET_PRIORITY } from "../../../../abi/src/labels";
import { OBJECT_NOTIFICATION, OBJECT_PAGE } from "../../../../abi/src/objects";
import { PEER_AWAKE } from "../../../../abi/src/ring";
import { SYS_SET_TIMER } from "../../../../abi/src/syscalls";
import { AsyncClient } from "./async-client";
import { Root, report, Shared, System } from "./support";

export { abort } from "./support";

const ITEM_BITS: u32 = 12;
const RING: u32 = 4095;
const MEASUREMENTS: u64 = 24;
const CLIENT_PRIORITY: u64 = 100;
const CLOCK_PRIORITY: u32 = 200;

// Shared words
const MEASURED: u32 = 0;
const LATEST: u32 = 1;

const stack = memory.data(8192, 4096);
let notification: u32 = 0;

/** Sets its timer to different moments, and keeps the longest delay in ticks. */
function clock(): void {
  while (true) {
    const deadline = rdtime() + 1000 + 37 * Shared.get(MEASURED);
    ecall(deadline, 0, 0, 0, 0, 0, 0, SYS_SET_TIMER);
    System.wait(notification);
    const delay = rdtime() - deadline;
    if (delay > Shared.get(LATEST)) Shared.set(LATEST, delay);
    Shared.add(MEASURED, 1);
  }
}

/** Measures while `serve` keeps the hart busy; the longest delay in ticks. */
function longestDelay(serve: bool, frame: u32): u64 {
  const until = Shared.get(MEASURED) + MEASUREMENTS;
  Shared.set(LATEST, 0);
  let pushed: u32 = 0;
  while (Shared.get(MEASURED) < until) {
    if (!serve) continue;
    for (; pushed < RING; pushed++) AsyncClient.push(pushed, frame, PAGE_GET_ADDRESS);
    AsyncClient.wake();
    // With one hart the handler runs while root waits; with two it holds the kernel while root polls.
    if (Root.harts == 1) AsyncClient.waitForResponse();
    for (; AsyncClient.hasResponse(); pushed--) AsyncClient.take();
  }
  AsyncClient.sayHowToWake(PEER_AWAKE);
  return Shared.get(LATEST);
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  const frame = Root.make(OBJECT_PAGE);
  AsyncClient.open(ITEM_BITS, 1);
  AsyncClient.sayHowToWake(PEER_AWAKE);
  notification = Root.make(OBJECT_NOTIFICATION);
  const thread = Root.thread(clock.index, <u32>stack + 8192, CLOCK_PRIORITY);
  Root.check(Root.invoke(thread, TCB_BIND_NOTIFICATION, 0, 0, 0, 0, 0, notification), "bind");
  Root.check(
    Root.invoke(ROOT_SLOT_TCB, TCB_SET_PRIORITY, 1, CLIENT_PRIORITY, 0, 0, 0, ROOT_SLOT_TCB),
    "set priority",
  );
  Root.resume(thread);
  const time = rdtime();
  const cycle = rdcycle();
  report("idle", longestDelay(false, frame));
  report("cycles a tick", (rdcycle() - cycle) / (rdtime() - time));
  report("serving", longestDelay(true, frame));
  Root.exit(0);
}
