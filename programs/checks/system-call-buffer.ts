/** Registers its buffer for asynchronous system calls, prints what the kernel answers, and uses the buffer's last byte. */
import { errorText } from "rel4";
import { NotificationCapability } from "rel4/invocations/notification-capability";
import { startInfoWord } from "rel4/start-info";
import {
  SLOT_SYSTEM_CALL_FRAME,
  SLOT_SYSTEM_CALL_NOTIFICATION,
  SYSTEM_CALL_BUFFER,
} from "../../abi/src/program-layout";
import { SYSTEM_CALL_ITEM_BYTES } from "../../abi/src/ring";
import { START_INFO_SYSTEM_CALL_BITS_AT } from "../../abi/src/start-info";

export function main(): void {
  const bits = startInfoWord(START_INFO_SYSTEM_CALL_BITS_AT);
  const replies = changetype<NotificationCapability>(SLOT_SYSTEM_CALL_NOTIFICATION);
  console.log(errorText(replies.registerAsyncSystemCalls(SLOT_SYSTEM_CALL_FRAME, bits)));
  store<u8>(SYSTEM_CALL_BUFFER + ((3 * SYSTEM_CALL_ITEM_BYTES) << bits) - 1, 1);
}
