// Delivering faults: as a call, in the thread's name, to the endpoint its fault handler pointer names.

import { CAP_ENDPOINT } from "../../abi/src/capability-tags";
import { DEBUG } from "../../abi/src/config";
import { RIGHT_GRANT, RIGHT_GRANT_REPLY, RIGHT_WRITE } from "../../abi/src/rights";
import { Slot } from "./capability";
import { Lookup, lookupSlot } from "./cspace";
import { EndpointIpc } from "./endpoint";
import { Endpoint } from "./endpoint-object";
import { LookupFailure, OK } from "./errors";
import { CurrentFault } from "./fault";
import { Console } from "./riscv/console";
import { Scheduler } from "./scheduler";
import { TCB_NAME, Tcb, THREAD_INACTIVE } from "./tcb";

/** A handler must be able to answer: send, and grant or grant-reply. */
function canHandleFaults(slot: Slot): bool {
  return (
    slot.type == CAP_ENDPOINT && slot.allows(RIGHT_WRITE) && slot.allows(RIGHT_GRANT | RIGHT_GRANT_REPLY)
  );
}

/** Delivers CurrentFault of a thread. Without a usable handler the thread stops for good. */
export function deliverFault(thread: Tcb): void {
  const lookupType = LookupFailure.type;
  const bitsLeft = LookupFailure.bitsLeft;
  const bitsFound = LookupFailure.bitsFound;
  const guard = LookupFailure.guard;
  const found = lookupSlot(thread, thread.faultHandler) == OK;
  // The fault's own lookup failure, not the one of looking for the handler.
  LookupFailure.type = lookupType;
  LookupFailure.bitsLeft = bitsLeft;
  LookupFailure.bitsFound = bitsFound;
  LookupFailure.guard = guard;
  if (!found || !canHandleFaults(Lookup.slot)) {
    if (DEBUG) report(thread);
    Scheduler.setState(thread, THREAD_INACTIVE);
    return;
  }
  CurrentFault.recordIn(thread);
  const slot = Lookup.slot;
  const rights = (<u32>slot.rights & RIGHT_GRANT) | RIGHT_GRANT_REPLY;
  EndpointIpc.send(thread, Endpoint.at(slot.object), slot.data, rights, true, true);
}

/** Says on the console that a thread without a fault handler stopped. */
function report(thread: Tcb): void {
  Console.write("fault without handler: type ");
  Console.writeDecimal(CurrentFault.type);
  Console.write(", address ");
  Console.writeHex(CurrentFault.address);
  Console.write(", pc ");
  Console.writeHex(thread.faultPc);
  Console.write(", thread ");
  const name = thread.address + TCB_NAME;
  for (let i: u32 = 0; load<u8>(name + i) != 0; i++) Console.putChar(load<u8>(name + i));
  Console.putChar(10);
}
