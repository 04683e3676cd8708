// What a kernel says that has no user interrupts, or does not use them: the feature bit, refusals, signals through the kernel.

import { ecall, ecallResult } from "rv";
import { NOTIFICATION_REGISTER_SENDER, TCB_BIND_NOTIFICATION } from "../../../../abi/src/labels";
import { OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { FEATURE_USER_INTERRUPTS, SYS_GET_FEATURES } from "../../../../abi/src/syscalls";
import { Root, report, Shared, System } from "./support";
import { BADGE, READY, registerReceiver } from "./user-interrupt-support";

export { abort } from "./support";

const VECTOR: u64 = 3;
const stack = memory.data(4096, 4096);
let notification: u32 = 0;

function receiver(): void {
  Shared.set(READY, 1);
  Shared.set(BADGE, System.wait(notification));
  while (true) System.yieldHart();
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  ecall(0, 0, 0, 0, 0, 0, 0, SYS_GET_FEATURES);
  report("feature", ecallResult(2) & FEATURE_USER_INTERRUPTS);
  const thread = Root.thread(receiver.index, <u32>stack + 4096, 255);
  notification = Root.make(OBJECT_NOTIFICATION);
  Root.check(Root.invoke(thread, TCB_BIND_NOTIFICATION, 0, 0, 0, 0, 0, notification), "bind");
  report("register receiver: error", registerReceiver(notification, thread));
  const badged = Root.mint(notification, 1 << VECTOR);
  report("register sender: error", Root.invoke(badged, NOTIFICATION_REGISTER_SENDER, 0));
  Root.resume(thread);
  while (Shared.get(READY) == 0) System.yieldHart();
  System.signal(badged);
  while (Shared.get(BADGE) == 0) System.yieldHart();
  report("badge", Shared.get(BADGE));
  Root.exit(0);
}
