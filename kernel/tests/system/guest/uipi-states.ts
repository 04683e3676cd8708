// A receiver that is not in user mode when a vector is sent: descheduled, suspended and moved, blocked in the kernel.
// Runs with one hart and with two (then the receiver lives on the other one).

import { uipiSend } from "rv";
import { TCB_SUSPEND } from "../../../../abi/src/labels";
import { print, Root, report, Shared, System } from "./support";
import {
  BADGE,
  HANDLED,
  makeReceiver,
  makeSender,
  openReceiver,
  READY,
  VECTORS,
} from "./user-interrupt-support";

export { abort } from "./support";

const stack = memory.data(8192, 4096);
let notification: u32 = 0;
/** Shared word: what the receiver is to do next. */
const ORDER: u32 = 8;

function receiver(): void {
  openReceiver();
  Shared.set(READY, 1);
  while (Shared.get(ORDER) == 0) System.yieldHart();
  Shared.set(READY, 2);
  Shared.set(BADGE, System.wait(notification));
  Shared.set(READY, 3);
  while (true) System.yieldHart();
}

/** Lets the receiver run until a shared word has reached a value. */
function awaitYielding(word: u32, value: u64): void {
  while (Shared.get(word) < value) System.yieldHart();
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  const home = Root.harts - 1;
  const thread = Root.thread(receiver.index, <u32>stack + 8192, 255);
  notification = makeReceiver(thread);
  Root.setHart(thread, home);
  const index = makeSender(notification, 3);
  const other = makeSender(notification, 9);
  Root.resume(thread);
  awaitYielding(READY, 1);

  // With one hart the receiver is ready but not running now.
  const before = Shared.get(HANDLED);
  uipiSend(index);
  report("ready: handled at once", Root.harts == 1 ? Shared.get(HANDLED) - before : 0);
  awaitYielding(HANDLED, 1);
  report("ready: handled when it runs", Shared.get(HANDLED));

  Root.check(Root.invoke(thread, TCB_SUSPEND, 0), "suspend");
  uipiSend(index);
  uipiSend(other);
  report("suspended: handled", Shared.get(HANDLED));
  Root.setHart(thread, 0);
  Root.resume(thread);
  awaitYielding(HANDLED, 2);
  report("moved: handled", Shared.get(HANDLED));
  report("moved: vectors", Shared.get(VECTORS));

  Root.setHart(thread, home);
  Shared.set(ORDER, 1);
  awaitYielding(READY, 2);
  // Let it reach its wait.
  for (let i = 0; i < 50; i++) System.yieldHart();
  report("blocked: state", Shared.get(READY));
  uipiSend(index);
  awaitYielding(READY, 3);
  report("blocked: badge", Shared.get(BADGE));
  report("blocked: handled", Shared.get(HANDLED));
  print("end\n");
  Root.exit(0);
}
