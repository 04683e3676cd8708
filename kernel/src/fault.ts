// The fault being handled on this kernel entry, before it is recorded in its thread.

import {
  FAULT_CAPABILITY,
  FAULT_UNKNOWN_SYSCALL,
  FAULT_USER_EXCEPTION,
  FAULT_VM,
} from "../../abi/src/faults";
import { LookupFailure } from "./errors";
import { Tcb } from "./tcb";

export class CurrentFault {
  static type: u32 = 0;
  static address: u64 = 0;
  static status: u64 = 0;

  /** A capability pointer did not name what was needed; LookupFailure says why. */
  static capability(pointer: u64, inReceivePhase: bool): void {
    CurrentFault.set(FAULT_CAPABILITY, pointer, <u64>inReceivePhase);
  }

  static unknownSyscall(number: i64): void {
    CurrentFault.set(FAULT_UNKNOWN_SYSCALL, <u64>number, 0);
  }

  static userException(cause: u64, code: u64): void {
    CurrentFault.set(FAULT_USER_EXCEPTION, cause, code);
  }

  /** An access to `address` failed with exception `cause`. */
  static page(cause: u64, address: u64): void {
    CurrentFault.set(FAULT_VM, address, cause);
  }

  /** Records the fault in its thread, where it stays until it is answered. */
  static recordIn(thread: Tcb): void {
    thread.faultType = CurrentFault.type;
    thread.faultAddress = CurrentFault.address;
    thread.faultStatus = CurrentFault.status;
    if (CurrentFault.type == FAULT_CAPABILITY) {
      thread.lookupType = LookupFailure.type;
      thread.lookupBitsLeft = LookupFailure.bitsLeft;
      thread.lookupBitsFound = LookupFailure.bitsFound;
      thread.lookupGuard = LookupFailure.guard;
    }
  }

  private static set(type: u32, address: u64, status: u64): void {
    CurrentFault.type = type;
    CurrentFault.address = address;
    CurrentFault.status = status;
  }
}
