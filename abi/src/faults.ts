// Fault messages: their labels and the message registers of each.

export const FAULT_NULL = 0;
export const FAULT_CAPABILITY = 1;
export const FAULT_UNKNOWN_SYSCALL = 2;
export const FAULT_USER_EXCEPTION = 3;
export const FAULT_VM = 5;

// Capability fault: pc, capability pointer, in the receive phase?, then the lookup failure (errors.ts)
export const CAP_FAULT_IP = 0;
export const CAP_FAULT_ADDRESS = 1;
export const CAP_FAULT_IN_RECEIVE_PHASE = 2;
export const CAP_FAULT_LOOKUP_FAILURE_TYPE = 3;
export const CAP_FAULT_BITS_LEFT = 4;
export const CAP_FAULT_DEPTH_BITS_FOUND = 5;
export const CAP_FAULT_GUARD_FOUND = 5;
export const CAP_FAULT_GUARD_BITS_FOUND = 6;

// Unknown system call: pc, sp, ra, a0–a6, number. A reply may set pc, sp, ra, a0–a6 (10 words).
export const UNKNOWN_SYSCALL_IP = 0;
export const UNKNOWN_SYSCALL_SP = 1;
export const UNKNOWN_SYSCALL_RA = 2;
export const UNKNOWN_SYSCALL_A0 = 3;
export const UNKNOWN_SYSCALL_NUMBER = 10;
export const UNKNOWN_SYSCALL_LENGTH = 11;
export const UNKNOWN_SYSCALL_REPLY_LENGTH = 10;

// User exception: pc, sp, scause, code. A reply may set pc and sp.
export const USER_EXCEPTION_IP = 0;
export const USER_EXCEPTION_SP = 1;
export const USER_EXCEPTION_NUMBER = 2;
export const USER_EXCEPTION_CODE = 3;
export const USER_EXCEPTION_LENGTH = 4;
export const USER_EXCEPTION_REPLY_LENGTH = 2;

// Page fault: pc, address, instruction fetch?, scause
export const VM_FAULT_IP = 0;
export const VM_FAULT_ADDRESS = 1;
export const VM_FAULT_PREFETCH = 2;
export const VM_FAULT_STATUS = 3;
export const VM_FAULT_LENGTH = 4;
