/** Notifications as kernel objects: signals, and registration for user interrupts (ReL4's invocations). */
import { NOTIFICATION_REGISTER_SENDER } from "../../../abi/src/labels";
import { ErrorCode } from "../errors";
import { Message } from "../message";
import { Capability, invoke } from "./capability";

@unmanaged
export class NotificationCapability extends Capability {
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
