// User interrupts from hart 0 to hart 1, handled in user mode: neither hart enters the kernel.

import { uipiSend } from "rv";
import { Root, report, Shared, System } from "./support";
import {
  DONE,
  HANDLED,
  INTERRUPTS,
  kernelEntries,
  makeReceiver,
  makeSender,
  openReceiver,
  READY,
  TRAPS,
  userInterrupts,
  VECTORS,
} from "./user-interrupt-support";

export { abort } from "./support";

const ROUNDS: u64 = 100;
const stack = memory.data(8192, 4096);
let notification: u32 = 0;

function receiver(): void {
  openReceiver();
  const entries = kernelEntries();
  const interrupts = userInterrupts();
  Shared.set(READY, 1);
  Shared.await(HANDLED, ROUNDS);
  Shared.set(TRAPS, kernelEntries() - entries);
  Shared.set(INTERRUPTS, userInterrupts() - interrupts);
  Shared.set(DONE, 1);
  while (true) System.wait(notification);
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  const thread = Root.thread(receiver.index, <u32>stack + 8192, 100);
  notification = makeReceiver(thread);
  const index = makeSender(notification, 37);
  Root.setHart(thread, 1);
  Root.resume(thread);
  Shared.await(READY, 1);
  const entries = kernelEntries();
  for (let i: u64 = 1; i <= ROUNDS; i++) {
    uipiSend(index);
    Shared.await(HANDLED, i);
  }
  const senderEntries = kernelEntries() - entries;
  Shared.await(DONE, 1);
  report("kernel entries of the sender's hart", senderEntries);
  report("kernel entries of the receiver's hart", Shared.get(TRAPS));
  report("user interrupts", Shared.get(INTERRUPTS));
  report("vectors", Shared.get(VECTORS));
  Root.exit(0);
}
