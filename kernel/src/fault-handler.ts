// Delivering faults, to what the thread's fault handler pointer names: as a call, in the thread's name, to an endpoint; or
// by signalling a notification, whose owner reads the fault with TCB_READ_FAULT and resumes the thread. Meanwhile the
// thread is inactive and keeps its fault.

import { CAP_ENDPOINT, CAP_NOTIFICATION } from "../../abi/src/capability-tags";
import { DEBUG, SYNC_IPC } from "../../abi/src/config";
import { RIGHT_GRANT, RIGHT_GRANT_REPLY, RIGHT_WRITE } from "../../abi/src/rights";
import { Slot } from "./capability";
import { Lookup, lookupSlot } from "./cspace";
import { EndpointIpc } from "./endpoint";
import { Endpoint, Notification } from "./endpoint-object";
import { OK } from "./errors";
import { CurrentFault } from "./fault";
import { Signals } from "./notification";
import { Console } from "./riscv/console";
import { Scheduler } from "./scheduler";
import { TCB_NAME, Tcb, THREAD_INACTIVE } from "./tcb";

/** Who handles by messages must be able to answer: send, and grant or grant-reply. */
function canAnswerFaults(slot: Slot): bool {
  return (
    slot.type == CAP_ENDPOINT && slot.allows(RIGHT_WRITE) && slot.allows(RIGHT_GRANT | RIGHT_GRANT_REPLY)
  );
}

/** Delivers CurrentFault of a thread. Without a usable handler it stops, until somebody resumes it. */
export function deliverFault(thread: Tcb): void {
  // The fault's own lookup failure, not the one of looking for the handler.
  CurrentFault.recordIn(thread);
  const found = lookupSlot(thread, thread.faultHandler) == OK;
  const slot = Lookup.slot;
  if (SYNC_IPC && found && canAnswerFaults(slot)) {
    const rights = (<u32>slot.rights & RIGHT_GRANT) | RIGHT_GRANT_REPLY;
    EndpointIpc.send(thread, Endpoint.at(slot.object), slot.data, rights, true, true);
    return;
  }
  if (found && slot.type == CAP_NOTIFICATION && slot.canSend()) {
    Signals.send(Notification.at(slot.object), slot.data);
  } else if (DEBUG) {
    report(thread);
  }
  Scheduler.setState(thread, THREAD_INACTIVE);
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
