// Threads on every hart sleep until deadlines of their own, while the rest of the machine has nothing to do.

import { ecall, rdtime } from "rv";
import { TCB_BIND_NOTIFICATION } from "../../../../abi/src/labels";
import { OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { SYS_SET_TIMER, SYS_SIGNAL_WAIT, TIMER_BADGE } from "../../../../abi/src/syscalls";
import { Root, report, Shared, System } from "./support";

export { abort } from "./support";

const SLEEPERS: u32 = 6;
const NAPS: u64 = 5;
/** Ticks of `time` between two deadlines of a sleeper, and between sleepers: their deadlines fall together and apart. */
const NAP: u64 = 20_000;
const STAGGER: u64 = 7_000;
const stacks = memory.data(6 * 4096, 4096);
const buffers = memory.data(6 * 4096, 4096);

let notifications: u32 = 0;
let done: u32 = 0;
// Shared words: the next sleeper's number, those that have slept enough, naps that ended too early, too late, or with a
// wrong badge
const NEXT: u32 = 0;
const AWAKE: u32 = 1;
const EARLY: u32 = 2;
const LATE: u32 = 3;
const STRANGE: u32 = 4;
/** Ticks after its deadline by which a sleeper must run, on a machine with nothing else to do. */
const PATIENCE: u64 = 1_000;

function sleeper(): void {
  const index = <u32>Shared.get(NEXT);
  Shared.add(NEXT, 1);
  System.signal(done);
  let deadline = rdtime() + index * STAGGER;
  for (let nap: u64 = 0; nap < NAPS; nap++) {
    deadline += NAP;
    ecall(deadline, 0, 0, 0, 0, 0, 0, SYS_SET_TIMER);
    const badge = ecall(0, notifications + index, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
    const now = rdtime();
    if (badge != TIMER_BADGE) Shared.add(STRANGE, 1);
    if (now < deadline) Shared.add(EARLY, 1);
    if (now > deadline + PATIENCE) Shared.add(LATE, 1);
  }
  // A deadline that has passed comes at once.
  ecall(deadline, 0, 0, 0, 0, 0, 0, SYS_SET_TIMER);
  if (System.wait(notifications + index) != TIMER_BADGE) Shared.add(STRANGE, 1);
  Shared.add(AWAKE, 1);
  ecall(done, notifications + index, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  done = Root.make(OBJECT_NOTIFICATION);
  for (let i: u32 = 0; i < SLEEPERS; i++) {
    const notification = Root.make(OBJECT_NOTIFICATION);
    if (i == 0) notifications = notification;
  }
  for (let i: u32 = 0; i < SLEEPERS; i++) {
    const thread = Root.thread(sleeper.index, <u32>stacks + (i + 1) * 4096, 200, <u32>buffers + i * 4096);
    const bound = Root.invoke(thread, TCB_BIND_NOTIFICATION, 0, 0, 0, 0, 0, notifications + i);
    Root.check(bound, "bind");
    Root.setHart(thread, i % Root.harts);
    Root.resume(thread);
    // One after the other, so that each takes its own number. Others may have slept enough meanwhile.
    while (Shared.get(NEXT) <= i) System.wait(done);
  }
  while (Shared.get(AWAKE) < SLEEPERS) System.wait(done);
  report("early", Shared.get(EARLY));
  report("late", Shared.get(LATE));
  report("strange", Shared.get(STRANGE));
  Root.exit(0);
}
