// System call numbers (register a7): seL4's, non-MCS, and ReL4's own from -128 down.

export const SYS_CALL = -1;
export const SYS_REPLY_RECV = -2;
export const SYS_SEND = -3;
export const SYS_NB_SEND = -4;
export const SYS_RECV = -5;
export const SYS_REPLY = -6;
export const SYS_YIELD = -7;
export const SYS_NB_RECV = -8;

// Debug build only
export const SYS_DEBUG_PUT_CHAR = -9;
export const SYS_DEBUG_DUMP_SCHEDULER = -10;
export const SYS_DEBUG_HALT = -11;
export const SYS_DEBUG_CAP_IDENTIFY = -12;
export const SYS_DEBUG_SNAPSHOT = -13;
export const SYS_DEBUG_NAME_THREAD = -14;

// ReL4
/** Makes the caller's asynchronous system call handler run. */
export const SYS_WAKE_ASYNC_HANDLER = -128;
/** Asks what the kernel and the hardware offer: a2 = feature bits, a3 = harts running. */
export const SYS_GET_FEATURES = -130;

/** Feature bit: the hardware has user interrupts. */
export const FEATURE_USER_INTERRUPTS = 1;
