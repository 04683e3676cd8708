// Receivers that wait in the kernel are woken by a vector wherever the other harts are: idle, running a thread that
// receives nothing, or all running receivers, so that there is no hart to park on.

import { rdtime, uipiSend } from "rv";
import { ROOT_SLOT_TCB } from "../../../../abi/src/bootinfo";
import { Root, report, Shared, System } from "./support";
import { BADGE, makeReceiver, makeSender, openReceiver } from "./user-interrupt-support";

export { abort } from "./support";

const stacks = memory.data(2 * 8192, 4096);
/** Shared words: rounds the waiter has ended; the spinner runs. */
const ROUNDS: u32 = 8;
const SPINNING: u32 = 9;
/** Two scheduler ticks, in ticks of the real-time counter (10 MHz). */
const PATIENCE: u64 = 40_000;

let waiterNotification: u32 = 0;

function waiter(): void {
  openReceiver();
  while (true) {
    Shared.set(BADGE, System.wait(waiterNotification));
    Shared.add(ROUNDS, 1);
  }
}

function spinner(): void {
  openReceiver();
  Shared.set(SPINNING, 1);
  while (true) Shared.get(SPINNING);
}

/** Sends to the waiter and reports whether it wakes within two ticks. */
function wakes(index: u64, name: string): void {
  const rounds = Shared.get(ROUNDS);
  // Let it reach its wait.
  for (let i = 0; i < 100; i++) System.yieldHart();
  uipiSend(index);
  const deadline = rdtime() + PATIENCE;
  while (Shared.get(ROUNDS) == rounds && rdtime() < deadline) {}
  report(name, Shared.get(ROUNDS) - rounds);
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  const waiting = Root.thread(waiter.index, <u32>stacks + 8192, 255);
  waiterNotification = makeReceiver(waiting);
  const index = makeSender(waiterNotification, 5);
  const home = Root.harts - 1;
  Root.setHart(waiting, home);
  Root.resume(waiting);
  wakes(index, "the waiter's hart is idle");

  const spinning = Root.thread(spinner.index, <u32>stacks + 2 * 8192, 100);
  makeReceiver(spinning);
  Root.setHart(spinning, home);
  Root.resume(spinning);
  Shared.await(SPINNING, 1);
  wakes(index, "the waiter's hart runs a receiver");

  // Now this thread is a receiver too, and every hart runs one.
  makeReceiver(ROOT_SLOT_TCB);
  wakes(index, "every hart runs a receiver");
  report("badge", Shared.get(BADGE));
  Root.exit(0);
}
