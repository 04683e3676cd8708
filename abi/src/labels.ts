// Invocation labels: what a message to a kernel object asks for. seL4's numbers for this configuration (SMP inserts
// TCBSetAffinity and shifts what follows); ReL4's own start at 128, so that no seL4 configuration meets them.
import { SMP } from "./config";

export const INVALID_INVOCATION = 0;
export const UNTYPED_RETYPE = 1;

export const TCB_READ_REGISTERS = 2;
export const TCB_WRITE_REGISTERS = 3;
export const TCB_COPY_REGISTERS = 4;
export const TCB_CONFIGURE = 5;
export const TCB_SET_PRIORITY = 6;
export const TCB_SET_MC_PRIORITY = 7;
export const TCB_SET_SCHED_PARAMS = 8;
export const TCB_SET_IPC_BUFFER = 9;
export const TCB_SET_SPACE = 10;
export const TCB_SUSPEND = 11;
export const TCB_RESUME = 12;
export const TCB_BIND_NOTIFICATION = 13;
export const TCB_UNBIND_NOTIFICATION = 14;
/** Only in an SMP kernel; without SMP this number is TCB_SET_TLS_BASE. */
export const TCB_SET_AFFINITY = 15;
export const TCB_SET_TLS_BASE = 15 + SMP;
export const TCB_SET_FLAGS = 16 + SMP;

export const CNODE_REVOKE = 17 + SMP;
export const CNODE_DELETE = 18 + SMP;
export const CNODE_CANCEL_BADGED_SENDS = 19 + SMP;
export const CNODE_COPY = 20 + SMP;
export const CNODE_MINT = 21 + SMP;
export const CNODE_MOVE = 22 + SMP;
export const CNODE_MUTATE = 23 + SMP;
export const CNODE_ROTATE = 24 + SMP;
export const CNODE_SAVE_CALLER = 25 + SMP;

export const IRQ_ISSUE_HANDLER = 26 + SMP;
export const IRQ_ACKNOWLEDGE = 27 + SMP;
export const IRQ_SET_HANDLER = 28 + SMP;
export const IRQ_CLEAR_HANDLER = 29 + SMP;

export const DOMAIN_SET_SET = 30 + SMP;
export const DOMAIN_SCHEDULE_CONFIGURE = 31 + SMP;
export const DOMAIN_SCHEDULE_SET_START = 32 + SMP;

export const PAGE_TABLE_MAP = 33 + SMP;
export const PAGE_TABLE_UNMAP = 34 + SMP;
export const PAGE_MAP = 35 + SMP;
export const PAGE_UNMAP = 36 + SMP;
export const PAGE_GET_ADDRESS = 37 + SMP;
export const ASID_CONTROL_MAKE_POOL = 38 + SMP;
export const ASID_POOL_ASSIGN = 39 + SMP;
export const IRQ_ISSUE_HANDLER_TRIGGER = 40 + SMP;

// ReL4: invocations of a Notification capability
/** Gives the calling thread a sender-table entry for this capability's vector (badge 1 << vector); MR0 = its index. */
export const NOTIFICATION_REGISTER_SENDER = 128;
/** Makes extra capability 0 (a thread bound to this notification) the receiver of its user interrupts. */
export const NOTIFICATION_REGISTER_RECEIVER = 129;
/** Registers a buffer of asynchronous system calls for the calling thread (abi/src/ring.ts): extra capability 0 = its
 *  frame, MR0 = n for rings of 2^n items. The kernel signals this capability's badge when replies are there. */
export const NOTIFICATION_REGISTER_ASYNC_SYSCALL = 130;

// ReL4: invocations of a thread capability
/** The fault at which the thread stopped: MR0 = FAULT_* (0: none), then the words its fault message would have. */
export const TCB_READ_FAULT = 131;

// ReL4: asynchronous only
/** Debug console, word 0 = a byte. The capability is ignored. */
export const ASYNC_PUT_CHAR = 144;
/** Debug console, word 0 = length (at most 80), then the bytes, eight to a word. The capability is ignored. */
export const ASYNC_PUT_STRING = 145;
