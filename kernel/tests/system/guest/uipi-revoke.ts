// What ends with a U-notification: its sender entries stop working before its receiver entry is used again.

import { uipiSend } from "rv";
import { NOTIFICATION_REGISTER_SENDER } from "../../../../abi/src/labels";
import { OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { Root, report, Shared, System } from "./support";
import {
  HANDLED,
  makeReceiver,
  makeSender,
  openReceiver,
  READY,
  registerReceiver,
} from "./user-interrupt-support";

export { abort } from "./support";

const stack = memory.data(8192, 4096);

function receiver(): void {
  openReceiver();
  Shared.set(READY, 1);
  while (true) System.yieldHart();
}

/** Runs the other thread for a while. */
function settle(): void {
  for (let i = 0; i < 20; i++) System.yieldHart();
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  const thread = Root.thread(receiver.index, <u32>stack + 8192, 255);
  const notification = makeReceiver(thread);
  const stale = makeSender(notification, 3);
  report("same registration, same entry", <u64>(makeSender(notification, 3) == stale));
  Root.resume(thread);
  settle();
  uipiSend(stale);
  settle();
  report("registered", Shared.get(HANDLED));

  // The vector's last badged capability goes: its entry too.
  Root.check(Root.revoke(notification), "revoke");
  uipiSend(stale);
  settle();
  report("badged capabilities revoked", Shared.get(HANDLED));

  const again = makeSender(notification, 4);
  uipiSend(again);
  settle();
  report("registered anew", Shared.get(HANDLED));

  // The notification goes, and a new one takes the receiver entry.
  Root.check(Root.revoke(notification), "revoke again");
  Root.check(Root.remove(notification), "delete");
  makeReceiver(thread);
  uipiSend(stale);
  uipiSend(again);
  settle();
  report("notification deleted", Shared.get(HANDLED));

  const unbound = Root.make(OBJECT_NOTIFICATION);
  report("receiver not bound", registerReceiver(unbound, thread));
  report("sender before receiver", Root.invoke(Root.mint(unbound, 1), NOTIFICATION_REGISTER_SENDER, 0));
  report("badge of two vectors", Root.invoke(Root.mint(unbound, 3), NOTIFICATION_REGISTER_SENDER, 0));
  Root.exit(0);
}
