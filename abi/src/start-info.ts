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
export const START_INFO_HEADER_SIZE = 64;

export const CHANNEL_RECORD_SIZE = 64;
export const CHANNEL_KIND_AT = 0;
export const CHANNEL_SIDE_AT = 4;
export const CHANNEL_PEER_NAME_AT = 8; // offset, length
export const CHANNEL_PEER_PROGRAM_AT = 16;
/** Written by the root server: 1 when the peer runs, 0 when it was left out. */
export const CHANNEL_PRESENT_AT = 20;
/** Capability to send with, or 0. */
export const CHANNEL_SEND_SLOT_AT = 24;
/** Capability to receive with, or 0. */
export const CHANNEL_RECEIVE_SLOT_AT = 28;
/** Endpoint: the badge of this channel's messages. Notification, async: the bit (vector) of this channel's signals. */
export const CHANNEL_IDENTITY_AT = 32;
/** Address of the shared page, or 0. */
export const CHANNEL_PAGE_AT = 36;
export const CHANNEL_PEER_HART_AT = 40;

export const CHANNEL_ENDPOINT = 0;
export const CHANNEL_NOTIFICATION = 1;
export const CHANNEL_ASYNC = 2;

/** The program named by "from", and the one named by "to", of a channel. */
export const SIDE_FROM = 0;
export const SIDE_TO = 1;

/** Set in the badge of every endpoint channel, so that a server that also waits for signals can tell them apart. */
export const ENDPOINT_BADGE_FLAG = 0x4000_0000_0000_0000;
