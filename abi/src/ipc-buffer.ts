// The IPC buffer: 1024 bytes, 1024-aligned, byte offsets of its 64-bit words.

export const IPC_BUFFER_BITS = 10;
export const IPC_BUFFER_SIZE = 1024;

/** Message information, user's copy. */
export const IPC_BUFFER_TAG = 0;
/** msg[0]; messages longer than the registers have words 4… here, at msg[4]…. */
export const IPC_BUFFER_MESSAGE = 8;
export const IPC_BUFFER_USER_DATA = 968;
/** Capability pointers to send, or badges of unwrapped capabilities received (3 words). */
export const IPC_BUFFER_CAPS_OR_BADGES = 976;
export const IPC_BUFFER_RECEIVE_CNODE = 1000;
export const IPC_BUFFER_RECEIVE_INDEX = 1008;
export const IPC_BUFFER_RECEIVE_DEPTH = 1016;
