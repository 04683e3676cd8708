// How operations end, and what a failed one tells its caller. A decode function returns a status; when it is
// SYSCALL_ERROR the details are here until the reply to the user is written. All under the kernel lock.

import {
  ALIGNMENT_ERROR,
  DELETE_FIRST,
  FAILED_LOOKUP,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  LOOKUP_DEPTH_MISMATCH,
  LOOKUP_GUARD_MISMATCH,
  LOOKUP_INVALID_ROOT,
  LOOKUP_MISSING_CAPABILITY,
  NOT_ENOUGH_MEMORY,
  RANGE_ERROR,
  REVOKE_FIRST,
  TRUNCATED_MESSAGE,
} from "../../abi/src/errors";

/** Status: done. */
export const OK: u32 = 0;
/** Status: the current thread faulted. */
export const FAULT: u32 = 1;
/** Status: a capability address did not resolve; LookupFailure says why. */
export const LOOKUP_FAULT: u32 = 2;
/** Status: the request was refused; Errors says why. */
export const SYSCALL_ERROR: u32 = 3;
/** Status: a long operation stopped at a preemption point; the system call will be made again. */
export const PREEMPTED: u32 = 4;

/** Why the last capability address did not resolve. */
export class LookupFailure {
  static type: u32 = 0;
  static bitsLeft: u32 = 0;
  static bitsFound: u32 = 0;
  static guard: u64 = 0;

  static invalidRoot(): u32 {
    LookupFailure.type = LOOKUP_INVALID_ROOT;
    return LOOKUP_FAULT;
  }

  static missingCapability(bitsLeft: u32): u32 {
    LookupFailure.type = LOOKUP_MISSING_CAPABILITY;
    LookupFailure.bitsLeft = bitsLeft;
    return LOOKUP_FAULT;
  }

  static depthMismatch(bitsFound: u32, bitsLeft: u32): u32 {
    LookupFailure.type = LOOKUP_DEPTH_MISMATCH;
    LookupFailure.bitsFound = bitsFound;
    LookupFailure.bitsLeft = bitsLeft;
    return LOOKUP_FAULT;
  }

  static guardMismatch(guard: u64, bitsLeft: u32, bitsFound: u32): u32 {
    LookupFailure.type = LOOKUP_GUARD_MISMATCH;
    LookupFailure.guard = guard;
    LookupFailure.bitsLeft = bitsLeft;
    LookupFailure.bitsFound = bitsFound;
    return LOOKUP_FAULT;
  }
}

/** The error of the invocation in progress. Each function records it and returns SYSCALL_ERROR. */
export class Errors {
  static type: u32 = 0;
  /** Argument or capability number; minimum; bytes left; 1 when the source lookup failed. */
  static first: u64 = 0;
  /** Maximum of a range. */
  static second: u64 = 0;

  /** Argument number `index` makes no sense. */
  static invalidArgument(index: u32): u32 {
    return Errors.set(INVALID_ARGUMENT, index, 0);
  }

  /** Capability number `index` (0: the one invoked) is of the wrong kind. */
  static invalidCapability(index: u32): u32 {
    return Errors.set(INVALID_CAPABILITY, index, 0);
  }

  static illegalOperation(): u32 {
    return Errors.set(ILLEGAL_OPERATION, 0, 0);
  }

  static rangeError(minimum: u64, maximum: u64): u32 {
    return Errors.set(RANGE_ERROR, minimum, maximum);
  }

  static alignmentError(): u32 {
    return Errors.set(ALIGNMENT_ERROR, 0, 0);
  }

  /** LookupFailure says why. */
  static failedLookup(wasSource: bool): u32 {
    return Errors.set(FAILED_LOOKUP, <u64>wasSource, 0);
  }

  static truncatedMessage(): u32 {
    return Errors.set(TRUNCATED_MESSAGE, 0, 0);
  }

  static deleteFirst(): u32 {
    return Errors.set(DELETE_FIRST, 0, 0);
  }

  static revokeFirst(): u32 {
    return Errors.set(REVOKE_FIRST, 0, 0);
  }

  static notEnoughMemory(bytesLeft: u64): u32 {
    return Errors.set(NOT_ENOUGH_MEMORY, bytesLeft, 0);
  }

  private static set(type: u32, first: u64, second: u64): u32 {
    Errors.type = type;
    Errors.first = first;
    Errors.second = second;
    return SYSCALL_ERROR;
  }
}
