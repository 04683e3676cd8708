/** Notifications as kernel objects: signals, and registration for user interrupts (ReL4's invocations). */
import { NOTIFICATION_REGISTER_RECEIVER, NOTIFICATION_REGISTER_SENDER } from "../../../abi/src/labels";
import { ErrorCode } from "../errors";
import { Message } from "../message";
import { Capability, invoke, invokeWith } from "./capability";
import { Tcb } from "./tcb";

@unmanaged
export class NotificationCapability extends Capability {
  /** Makes the thread the receiver of this notification's user interrupts; it must be bound to the thread. */
  registerReceiver(thread: Tcb): ErrorCode {
    return invokeWith(this.slot, NOTIFICATION_REGISTER_RECEIVER, thread.slot, 0);
  }

  /**
   * Gives the calling thread an entry in its sender table for this capability, whose badge must be `1 << vector`.
   * The index for `uipi send` is left in `senderIndex`.
   */
  registerSender(): ErrorCode {
    return invoke(this.slot, NOTIFICATION_REGISTER_SENDER, 0);
  }

  /** Result of `registerSender`. */
  static get senderIndex(): u64 {
    return Message.word0;
  }
}
