// What there is to say about a thread's fault, word by word: its message to a fault handler (fault-message.ts) and the
// answer of TCB_READ_FAULT. Layouts: abi/src/faults.ts.

import {
  LOOKUP_DEPTH_MISMATCH,
  LOOKUP_GUARD_MISMATCH,
  LOOKUP_INVALID_ROOT,
  LOOKUP_MISSING_CAPABILITY,
} from "../../abi/src/errors";
import {
  CAP_FAULT_ADDRESS,
  CAP_FAULT_IN_RECEIVE_PHASE,
  CAP_FAULT_IP,
  CAP_FAULT_LOOKUP_FAILURE_TYPE,
  FAULT_CAPABILITY,
  FAULT_NULL,
  FAULT_UNKNOWN_SYSCALL,
  FAULT_USER_EXCEPTION,
  UNKNOWN_SYSCALL_A0,
  UNKNOWN_SYSCALL_IP,
  UNKNOWN_SYSCALL_LENGTH,
  UNKNOWN_SYSCALL_NUMBER,
  UNKNOWN_SYSCALL_RA,
  UNKNOWN_SYSCALL_SP,
  USER_EXCEPTION_LENGTH,
  USER_EXCEPTION_NUMBER,
  VM_FAULT_ADDRESS,
  VM_FAULT_IP,
  VM_FAULT_LENGTH,
  VM_FAULT_PREFETCH,
} from "../../abi/src/faults";
import { CAUSE_INSTRUCTION_ACCESS, CAUSE_INSTRUCTION_PAGE } from "./riscv/csr";
import { Tcb } from "./tcb";

/** Register x10, a0. */
export const REGISTER_A0: u32 = 10;

/** Words that say why a capability address did not resolve, the type included. */
export function lookupFailureLength(type: u32): u32 {
  switch (type) {
    case LOOKUP_INVALID_ROOT:
      return 1;
    case LOOKUP_MISSING_CAPABILITY:
      return 2;
    case LOOKUP_DEPTH_MISMATCH:
      return 3;
    default:
      assert(type == LOOKUP_GUARD_MISMATCH);
      return 4;
  }
}

/** Word `index` of a lookup failure. */
export function lookupFailureWord(index: u32, type: u32, bitsLeft: u32, bitsFound: u32, guard: u64): u64 {
  switch (index) {
    case 0:
      return type;
    case 1:
      return bitsLeft;
    case 2:
      return type == LOOKUP_DEPTH_MISMATCH ? <u64>bitsFound : guard;
    default:
      return bitsFound;
  }
}

export class FaultWords {
  /** How many words a thread's fault has; 0 when it has none. */
  static length(thread: Tcb): u32 {
    switch (thread.faultType) {
      case FAULT_NULL:
        return 0;
      case FAULT_CAPABILITY:
        return <u32>CAP_FAULT_LOOKUP_FAILURE_TYPE + lookupFailureLength(thread.lookupType);
      case FAULT_UNKNOWN_SYSCALL:
        return UNKNOWN_SYSCALL_LENGTH;
      case FAULT_USER_EXCEPTION:
        return USER_EXCEPTION_LENGTH;
      default:
        return VM_FAULT_LENGTH;
    }
  }

  /** Word `index` (below the length) of a thread's fault. */
  static word(thread: Tcb, index: u32): u64 {
    switch (thread.faultType) {
      case FAULT_CAPABILITY:
        return capabilityFaultWord(thread, index);
      case FAULT_UNKNOWN_SYSCALL:
        return index == UNKNOWN_SYSCALL_NUMBER ? thread.faultAddress : faultRegister(thread, index);
      case FAULT_USER_EXCEPTION:
        if (index < <u32>USER_EXCEPTION_NUMBER) return faultRegister(thread, index);
        return index == USER_EXCEPTION_NUMBER ? thread.faultAddress : thread.faultStatus;
      default:
        return pageFaultWord(thread, index);
    }
  }
}

/** Register words 0…9 of an unknown-syscall message stand for: pc, sp, ra, a0–a6. Exceptions use the first two. */
function faultRegister(thread: Tcb, index: u32): u64 {
  switch (index) {
    case UNKNOWN_SYSCALL_IP:
      return thread.faultPc;
    case UNKNOWN_SYSCALL_SP:
      return thread.sp;
    case UNKNOWN_SYSCALL_RA:
      return thread.ra;
    default:
      return thread.register(REGISTER_A0 + index - UNKNOWN_SYSCALL_A0);
  }
}

function capabilityFaultWord(thread: Tcb, index: u32): u64 {
  switch (index) {
    case CAP_FAULT_IP:
      return thread.faultPc;
    case CAP_FAULT_ADDRESS:
      return thread.faultAddress;
    case CAP_FAULT_IN_RECEIVE_PHASE:
      return thread.faultStatus;
    default:
      return lookupFailureWord(
        index - CAP_FAULT_LOOKUP_FAILURE_TYPE,
        thread.lookupType,
        thread.lookupBitsLeft,
        thread.lookupBitsFound,
        thread.lookupGuard,
      );
  }
}

function pageFaultWord(thread: Tcb, index: u32): u64 {
  const status = thread.faultStatus;
  switch (index) {
    case VM_FAULT_IP:
      return thread.faultPc;
    case VM_FAULT_ADDRESS:
      return thread.faultAddress;
    case VM_FAULT_PREFETCH:
      return status == CAUSE_INSTRUCTION_PAGE || status == CAUSE_INSTRUCTION_ACCESS ? 1 : 0;
    default:
      return status;
  }
}
