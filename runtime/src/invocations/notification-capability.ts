/** Notifications as kernel objects: signals, and registration for user interrupts (ReL4's invocations). */
import { NOTIFICATION_REGISTER_ASYNC_SYSCALL, NOTIFICATION_REGISTER_SENDER } from "../../../abi/src/labels";
import { ErrorCode } from "../errors";
import { Message } from "../message";
import { Capability, invoke, invokeWith } from "./capability";

@unmanaged
export class NotificationCapability extends Capability {
  /**
   * Gives the calling thread an entry in its sender table for this capability, whose badge must be `1 << vector`.
   * The index for `uipi send` is left in `senderIndex`.
   */
  registerSender(): ErrorCode {
    return invoke(this.slot, NOTIFICATION_REGISTER_SENDER, 0);
  }

  /**
   * Gives the calling thread a handler of asynchronous system calls in the kernel, which serves the buffer in the frame
   * whose capability is in `frameSlot`: rings of 2^itemBits items (abi/src/ring.ts). Its indices must be 0 before. The
   * handler says that responses are there with this capability's badge, which must be a single bit.
   */
  registerAsyncSystemCalls(frameSlot: u32, itemBits: u32): ErrorCode {
    return invokeWith(this.slot, NOTIFICATION_REGISTER_ASYNC_SYSCALL, frameSlot, 1, itemBits);
  }

  /** Result of `registerSender`. */
  static get senderIndex(): u64 {
    return Message.word0;
  }
}
