/** Takes what the kernel can give it, reports to its keeper that it has begun, then waits to be told how to end: by a fault, by giving up, or by returning. */
import { AsyncChannel, Process } from "rel4";
import { NotificationCapability } from "rel4/invocations/notification-capability";
import { startInfoWord } from "rel4/start-info";
import { load32, store32 } from "rv";
import { SLOT_SYSTEM_CALL_FRAME, SLOT_SYSTEM_CALL_NOTIFICATION } from "../../abi/src/program-layout";
import { START_INFO_SYSTEM_CALL_BITS_AT } from "../../abi/src/start-info";
import { ABORT, FAULT, HOW_AT, RETURN, STARTED_AT } from "./keeper-protocol";

/** Static data that each run must find as the compiler left it. */
let runs: u32 = 41;

export function main(): i32 {
  runs += 1;
  if (runs != 42) console.log("victim: found data of an earlier run");
  const replies = changetype<NotificationCapability>(SLOT_SYSTEM_CALL_NOTIFICATION);
  const bits = startInfoWord(START_INFO_SYSTEM_CALL_BITS_AT);
  if (replies.registerAsyncSystemCalls(SLOT_SYSTEM_CALL_FRAME, bits) != 0) return 3;
  const channel = AsyncChannel.with("keeper");
  // an order for an earlier run is none for this one
  store32(channel.data + HOW_AT, 0);
  store32(channel.data + STARTED_AT, Process.generation);
  channel.notify();
  let how: u32 = 0;
  while (how != RETURN) {
    channel.wait();
    how = load32(channel.data + HOW_AT);
    if (how == FAULT) store<u32>(0, 1);
    if (how == ABORT) throw new Error("as told");
  }
  return 0;
}
