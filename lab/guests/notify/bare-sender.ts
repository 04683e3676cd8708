/** Sends user interrupts by the instruction alone, whatever the receiver does. */

import { requireChannel } from "rel4/channel-table";
import { NotificationCapability } from "rel4/invocations/notification-capability";
import { uipiSend } from "rv";
import { CHANNEL_ASYNC, SIDE_FROM } from "../../../abi/src/start-info";
import { Rounds } from "./sending";
import { Stages } from "./stages";

export function main(): void {
  const record = requireChannel(CHANNEL_ASYNC, "async", "receiver", SIDE_FROM, "to");
  const capability = changetype<NotificationCapability>(record.sendSlot);
  const rounds = new Rounds();
  rounds.next();
  // by now the receiver has registered, without which there would be nothing to send to
  if (capability.registerSender() != 0) throw new Error("this program cannot send user interrupts");
  const index = NotificationCapability.senderIndex;
  do {
    Stages.begin();
    uipiSend(index);
  } while (rounds.next());
}
