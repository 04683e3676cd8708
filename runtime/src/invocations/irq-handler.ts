/** Interrupt handlers: deliver a device's interrupts to a notification. */
import { IRQ_ACKNOWLEDGE, IRQ_CLEAR_HANDLER, IRQ_SET_HANDLER } from "../../../abi/src/labels";
import { ErrorCode } from "../errors";
import { Capability, invoke, invokeWith } from "./capability";
import { NotificationCapability } from "./notification-capability";

@unmanaged
export class IrqHandler extends Capability {
  /** Says that the interrupt was served and may come again. */
  acknowledge(): ErrorCode {
    return invoke(this.slot, IRQ_ACKNOWLEDGE, 0);
  }
  /** Signals `notification` at each interrupt. */
  setNotification(notification: NotificationCapability): ErrorCode {
    return invokeWith(this.slot, IRQ_SET_HANDLER, notification.slot, 0);
  }
  clear(): ErrorCode {
    return invoke(this.slot, IRQ_CLEAR_HANDLER, 0);
  }
}
