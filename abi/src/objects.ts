// Object types for Untyped_Retype and object sizes (2^bits bytes).

import { FPU } from "./config";

export const OBJECT_UNTYPED = 0;
export const OBJECT_TCB = 1;
export const OBJECT_ENDPOINT = 2;
export const OBJECT_NOTIFICATION = 3;
/** A CNode: the size argument counts slots (2^n), not bytes. */
export const OBJECT_CNODE = 4;
export const OBJECT_GIGA_PAGE = 5;
export const OBJECT_PAGE = 6;
export const OBJECT_MEGA_PAGE = 7;
export const OBJECT_PAGE_TABLE = 8;
export const OBJECT_TYPES = 9;

export const SLOT_BITS = 5;
/** With room for the floating-point registers: 11, without: 10. */
export const TCB_BITS = 10 + FPU;
export const ENDPOINT_BITS = 4;
export const NOTIFICATION_BITS = 5;
export const PAGE_TABLE_BITS = 12;
export const PAGE_BITS = 12;
export const MEGA_PAGE_BITS = 21;
export const GIGA_PAGE_BITS = 30;
export const ASID_POOL_BITS = 12;
export const MIN_UNTYPED_BITS = 4;
export const MAX_UNTYPED_BITS = 38;

/** Slots below this number of bits fit one address: CNodes have fewer than 64 - SLOT_BITS radix bits. */
export const WORD_BITS = 64;

/** The first user virtual address that is out of bounds. */
export const USER_TOP = 0x3ffffff000;

/** Thread flag (TCB_SET_FLAGS): floating-point instructions of the thread are faults. */
export const TCB_FLAG_FPU_DISABLED = 1;

/** Virtual-memory attribute: no instruction fetch from the page. */
export const VM_EXECUTE_NEVER = 1;
