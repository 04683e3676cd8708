// The start-info page: what a program knows about itself when it starts. Read-only for the program.
//
// All strings are UTF-8, given as (offset from the start of the page, length in bytes).

export const START_INFO_MAGIC = 0x344c_4552; // "REL4"

export const START_INFO_MAGIC_AT = 0;
export const START_INFO_PROGRAM_AT = 4;
export const START_INFO_NAME_AT = 8; // offset, length
export const START_INFO_ARGUMENT_COUNT_AT = 16;
export const START_INFO_ARGUMENTS_AT = 20; // offset of pairs (offset, length)
export const START_INFO_CHANNEL_COUNT_AT = 24;
export const START_INFO_CHANNELS_AT = 28; // offset of channel records
export const START_INFO_HART_AT = 32;
export const START_INFO_PRIORITY_AT = 36;
/** Coroutine stacks the root server mapped from COROUTINE_STACKS_BASE on, and the bytes of each (without its guard page). */
export const START_INFO_COROUTINE_COUNT_AT = 40;
export const START_INFO_COROUTINE_STACK_BYTES_AT = 44;
/** n when there is a buffer for asynchronous system calls with rings of 2^n items at SYSTEM_CALL_BUFFER, else 0. */
export const START_INFO_SYSTEM_CALL_BITS_AT = 48;
/** Slots of this program's CNode: 2^n. */
export const START_INFO_CNODE_BITS_AT = 52;
/** First of the free slots of the CNode, behind the channels'. */
export const START_INFO_FIRST_FREE_SLOT_AT = 56;
/** Written by the root server: how often this program has been started. */
export const START_INFO_GENERATION_AT = 60;
/** How many programs of the system are placed on this program's hart, itself included. */
export const START_INFO_PROGRAMS_ON_HART_AT = 64;
/** Written by the root server, for whoever looks at the machine from outside: PEER_*, what has become of this program itself. */
export const START_INFO_PRESENCE_AT = 68;
export const START_INFO_HEADER_SIZE = 72;

export const CHANNEL_RECORD_SIZE = 64;
export const CHANNEL_KIND_AT = 0;
export const CHANNEL_SIDE_AT = 4;
export const CHANNEL_PEER_NAME_AT = 8; // offset, length
export const CHANNEL_PEER_PROGRAM_AT = 16;
/** Written by the root server, also while the program runs: PEER_LEFT_OUT, PEER_RUNS or PEER_ENDED. */
export const CHANNEL_PRESENT_AT = 20;
/** Capability to send with, or 0. */
export const CHANNEL_SEND_SLOT_AT = 24;
/** Capability to receive with, or 0. */
export const CHANNEL_RECEIVE_SLOT_AT = 28;
/** Endpoint: the badge of this channel's messages. Notification, async: the bit (vector) of this channel's signals. */
export const CHANNEL_IDENTITY_AT = 32;
/** Async: address of the ring buffer (abi/src/ring.ts), or 0. */
export const CHANNEL_PAGE_AT = 36;
export const CHANNEL_PEER_HART_AT = 40;
/** Async: bytes of each of its two rings. */
export const CHANNEL_RING_BYTES_AT = 44;
/** Written by the root server, also while the program runs: how often the peer has been started. */
export const CHANNEL_PEER_GENERATION_AT = 48;
/** Async, side FROM: capability to the peer's service endpoint for synchronous calls, or 0. */
export const CHANNEL_CALL_SLOT_AT = 52;

/** The peer was left out: the machine has too few harts. */
export const PEER_LEFT_OUT = 0;
export const PEER_RUNS = 1;
/** The peer has ended and will not answer, unless its generation changes. */
export const PEER_ENDED = 2;
/** Badge with which the root server signals that something in the start-info page changed: vector 63. */
export const NEWS_BADGE = 0x8000_0000_0000_0000;
/** Vectors that channels share: 0 … 60. 61 is the runtime's own, 62 the timer's, 63 news. */
export const CHANNEL_VECTORS = 61;

export const CHANNEL_ENDPOINT = 0;
export const CHANNEL_NOTIFICATION = 1;
export const CHANNEL_ASYNC = 2;

/** The program named by "from", and the one named by "to", of a channel. */
export const SIDE_FROM = 0;
export const SIDE_TO = 1;

/** Set in the badge of every endpoint channel, so that a server that also waits for signals can tell them apart: bit 61, which no
 *  signal has. */
export const ENDPOINT_BADGE_FLAG = 0x2000_0000_0000_0000;
