// Ring buffers: asynchronous calls between a client and a server, two programs or a program and the kernel.
//
// A buffer has a request ring (client to server) and a response ring (server to client), each of R bytes, R = items × item
// size, both powers of two, R at least 512. In every address space the buffer starts at a multiple of 4R:
//   0 … R      requests
//   R … 2R     control lines (the first RING_CONTROL_BYTES of it; a buffer of several pages has only this page mapped here)
//   2R … 3R    responses
// So an item's successor is its address plus the item size with bit log2(R) cleared.
//
// Each index is written by one side only and stands on a cache line of its own. An index is a byte offset into its ring, a
// multiple of the item size below R; the ring is empty when head = tail, so it holds one item less than it has room for. Nothing read from the buffer may be trusted:
// readers mask indices, read every word once, and check ids.

/** Bytes of the smallest ring. */
export const RING_LEAST_BYTES = 512;

// Control lines, offsets from R
/** Where the client writes next. */
export const RING_REQUEST_TAIL_AT = 0;
/** Where the server reads next. */
export const RING_REQUEST_HEAD_AT = 64;
/** Where the server writes next. */
export const RING_RESPONSE_TAIL_AT = 128;
/** Where the client reads next. */
export const RING_RESPONSE_HEAD_AT = 192;
/** PEER_* of the server: how to wake it. Written by the server; whoever wakes it may set PEER_AWAKE. */
export const RING_SERVER_STATE_AT = 256;
/** PEER_* of the client. */
export const RING_CLIENT_STATE_AT = 320;
/** Number of the connection the server has begun: the sum of both programs' generations. */
export const RING_SERVER_EPOCH_AT = 384;
/** Number of the connection the client has begun. */
export const RING_CLIENT_EPOCH_AT = 448;
export const RING_CONTROL_BYTES = 512;

// How to wake a peer after something was published to it
/** It waits in the kernel, or has not begun: Signal (also the state of a page nobody has touched). */
export const PEER_BLOCKED = 0;
/** It runs in user mode and takes user interrupts: uipi. */
export const PEER_ARMED = 1;
/** It will look at the ring by itself: nothing to do. */
export const PEER_AWAKE = 2;

// Items between programs: one cache line
export const CALL_ITEM_BYTES = 64;
export const CALL_ITEM_WORDS = 7;
/** Chosen by the client, returned in the response (32 bits). */
export const ITEM_ID_AT = 0;
/** Request: label. Response: label or error (32 bits). */
export const ITEM_INFO_AT = 4;
/** 64-bit words. */
export const ITEM_WORDS_AT = 8;

// Items between a program and the kernel: two cache lines. Request: id; info = label << 12 | extra capabilities << 7 | words, as in a
// message; capability invoked; extra capabilities; words. Response: id; info = error label << 12 | words; words at ITEM_WORDS_AT.
export const SYSTEM_CALL_ITEM_BYTES = 128;
export const SYSTEM_CALL_CAPABILITY_AT = 8;
export const SYSTEM_CALL_EXTRA_CAPS_AT = 16;
export const SYSTEM_CALL_MAX_EXTRA_CAPS = 2;
export const SYSTEM_CALL_WORDS_AT = 32;
export const SYSTEM_CALL_MAX_WORDS = 12;
/** Smallest and largest n of rings of 2^n items. */
export const SYSTEM_CALL_LEAST_ITEM_BITS = 2;
export const SYSTEM_CALL_MOST_ITEM_BITS = 12;
