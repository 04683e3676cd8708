// The bundle: tables the host writes in front of the root task's image, from which the root server builds the system.
//
// Addresses in the tables are virtual addresses of the root task. All fields are 32-bit unless said otherwise.

export const BUNDLE_MAGIC = 0x444e_4252; // "RBND"

export const BUNDLE_MAGIC_AT = 0;
export const BUNDLE_PROGRAM_COUNT_AT = 4;
export const BUNDLE_PROGRAMS_AT = 8;
export const BUNDLE_OBJECT_COUNT_AT = 12;
export const BUNDLE_OBJECTS_AT = 16;
export const BUNDLE_CAPABILITY_COUNT_AT = 20;
export const BUNDLE_CAPABILITIES_AT = 24;
export const BUNDLE_MAPPING_COUNT_AT = 28;
export const BUNDLE_MAPPINGS_AT = 32;
export const BUNDLE_ENDER_COUNT_AT = 36;
export const BUNDLE_ENDERS_AT = 40;
export const BUNDLE_HEADER_SIZE = 64;

export const PROGRAM_RECORD_SIZE = 128;
export const PROGRAM_NAME_AT = 0; // address, length
export const PROGRAM_HART_AT = 8;
export const PROGRAM_PRIORITY_AT = 12;
export const PROGRAM_FLAGS_AT = 16;
export const PROGRAM_ENTRY_AT = 20;
export const PROGRAM_TEXT_AT = 24; // address in the bundle, pages
export const PROGRAM_DATA_AT = 32; // address in the bundle, pages
/** Zero-filled memory after the data pages: pages. */
export const PROGRAM_ZERO_PAGES_AT = 40;
export const PROGRAM_START_INFO_AT = 44; // address in the bundle; pages stand at PROGRAM_START_INFO_PAGES_AT
/** Symbols by ascending address: pairs (address, address of a zero-terminated name). */
export const PROGRAM_SYMBOL_COUNT_AT = 48;
export const PROGRAM_SYMBOLS_AT = 52;
/** Object number of the notification bound to the thread, or NO_OBJECT. */
export const PROGRAM_BOUND_NOTIFICATION_AT = 56;
export const PROGRAM_START_INFO_PAGES_AT = 60;
/** Slots of its CNode: 2^n. */
export const PROGRAM_SLOT_BITS_AT = 64;
/** Coroutine stacks, and pages of each. */
export const PROGRAM_COROUTINES_AT = 68;
export const PROGRAM_COROUTINE_PAGES_AT = 72;
/** n for a buffer of asynchronous system calls with rings of 2^n items, or 0. */
export const PROGRAM_SYSTEM_CALL_BITS_AT = 76;
/** Vector with which the kernel says that replies are there. */
export const PROGRAM_SYSTEM_CALL_VECTOR_AT = 80;
/** Untyped memory of its own: 2^n bytes, or 0 for none. */
export const PROGRAM_UNTYPED_BITS_AT = 84;
/** Memory in which everything of this program lies, so that it can be started again: 2^n bytes, or 0 if it cannot. */
export const PROGRAM_RESERVED_BITS_AT = 88;

/** Left out, without an error, on a machine with too few harts. */
export const PROGRAM_FLAG_OPTIONAL = 1;
/** The system does not wait for its end. */
export const PROGRAM_FLAG_BACKGROUND = 2;
/** Gets capabilities to its own CNode, address space and thread. */
export const PROGRAM_FLAG_RESOURCES = 4;

export const NO_OBJECT = 0xffff;

export const OBJECT_RECORD_SIZE = 16;
export const OBJECT_KIND_AT = 0;
/** Written by the root server: the slot of its own capability to the object. */
export const OBJECT_SLOT_AT = 4;
/** BUNDLE_PAGES: how many. */
export const OBJECT_COUNT_AT = 8;

export const BUNDLE_ENDPOINT = 0;
export const BUNDLE_NOTIFICATION = 1;
/** Zero-filled pages in consecutive slots. */
export const BUNDLE_PAGES = 2;

export const CAPABILITY_RECORD_SIZE = 24;
export const CAPABILITY_PROGRAM_AT = 0;
export const CAPABILITY_SLOT_AT = 4;
export const CAPABILITY_OBJECT_AT = 8;
export const CAPABILITY_RIGHTS_AT = 12;
export const CAPABILITY_BADGE_AT = 16; // 64-bit

/** One program that may end another. */
export const ENDER_RECORD_SIZE = 8;
export const ENDER_PROGRAM_AT = 0;
export const ENDER_TARGET_AT = 4;

export const MAPPING_RECORD_SIZE = 16;
export const MAPPING_PROGRAM_AT = 0;
export const MAPPING_OBJECT_AT = 4;
export const MAPPING_ADDRESS_AT = 8;
