// Kinds of capabilities, as DebugCapIdentify reports them and as the kernel stores them.

export const CAP_NULL = 0;
export const CAP_FRAME = 1;
export const CAP_UNTYPED = 2;
export const CAP_PAGE_TABLE = 3;
export const CAP_ENDPOINT = 4;
export const CAP_NOTIFICATION = 6;
export const CAP_REPLY = 8;
export const CAP_CNODE = 10;
export const CAP_ASID_CONTROL = 11;
export const CAP_THREAD = 12;
export const CAP_ASID_POOL = 13;
export const CAP_IRQ_CONTROL = 14;
export const CAP_IRQ_HANDLER = 16;
export const CAP_ZOMBIE = 18;
export const CAP_DOMAIN = 20;
