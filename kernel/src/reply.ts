// Reply capabilities. Every thread that was resumed has a master reply capability; when it calls, its server gets a
// child of it in its caller slot, good for one answer. The child is the master's only descendant.

import { CAP_NULL, CAP_REPLY } from "../../abi/src/capability-tags";
import { RIGHT_GRANT } from "../../abi/src/rights";
import { DERIVATION_FIRST_BADGED, DERIVATION_REVOCABLE, REPLY_MASTER, Slot } from "./capability";
import { DerivationTree } from "./derivation-tree";
import { applyFaultReply } from "./fault-message";
import { transferMessage } from "./ipc-transfer";
import { Scheduler } from "./scheduler";
import {
  TCB_SLOT_CALLER,
  TCB_SLOT_REPLY,
  Tcb,
  THREAD_BLOCKED_ON_REPLY,
  THREAD_INACTIVE,
  THREAD_RESTART,
  THREAD_RUNNING,
} from "./tcb";

export class ReplyCaps {
  /** Gives a thread its master reply capability if it has none. */
  static setupMaster(thread: Tcb): void {
    const slot = thread.slot(TCB_SLOT_REPLY);
    if (slot.type != CAP_NULL) return;
    slot.become(CAP_REPLY, thread.address);
    slot.rights = <u8>RIGHT_GRANT;
    slot.extra = REPLY_MASTER;
    slot.previous = 0;
    slot.next = 0;
    slot.derivation = DERIVATION_REVOCABLE | DERIVATION_FIRST_BADGED;
  }

  /** `caller` now waits for `server`'s answer, for which the server gets a reply capability. */
  static setupCaller(caller: Tcb, server: Tcb, canGrant: bool): void {
    Scheduler.setState(caller, THREAD_BLOCKED_ON_REPLY);
    const master = caller.slot(TCB_SLOT_REPLY);
    const slot = server.slot(TCB_SLOT_CALLER);
    slot.become(CAP_REPLY, caller.address);
    slot.rights = canGrant ? <u8>RIGHT_GRANT : 0;
    slot.previous = master.address;
    slot.next = master.next;
    slot.derivation = 0;
    if (slot.next) Slot.at(slot.next).previous = slot.address;
    master.next = slot.address;
  }

  /** Forgets whom a thread could answer. */
  static deleteCaller(thread: Tcb): void {
    const slot = thread.slot(TCB_SLOT_CALLER);
    if (slot.type != CAP_NULL) DerivationTree.remove(slot);
  }

  /** Takes away the reply capability somebody holds to a thread that stops waiting for an answer. */
  static revoke(caller: Tcb): void {
    const child = caller.slot(TCB_SLOT_REPLY).next;
    if (child) DerivationTree.remove(Slot.at(child));
  }

  /** Answers `caller` with the message (or the answer to its fault) of `server`; uses up the capability in `slot`. */
  static answer(server: Tcb, caller: Tcb, slot: Slot, grant: bool): void {
    if (caller.faultType == 0) {
      transferMessage(server, 0, 0, grant, caller);
      DerivationTree.remove(slot);
      Scheduler.setState(caller, THREAD_RUNNING);
      Scheduler.possibleSwitchTo(caller);
      return;
    }
    DerivationTree.remove(slot);
    const restart = applyFaultReply(server, caller);
    caller.faultType = 0;
    if (restart) {
      Scheduler.setState(caller, THREAD_RESTART);
      Scheduler.possibleSwitchTo(caller);
    } else {
      Scheduler.setState(caller, THREAD_INACTIVE);
    }
  }
}
