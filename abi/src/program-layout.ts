// Where things are in the address space of a program, and in its capability space.
//
// The host lays programs out by these numbers, the root server maps them, the runtime finds its own pages by them.
// User programs live in the low 2 GiB, so that every address is a positive 32-bit number.

export const PROGRAM_PAGE_SIZE = 4096;
export const PROGRAM_TEXT_BASE = 0x0040_0000;
export const PROGRAM_DATA_BASE = 0x1000_0000;
/** Coroutine stacks: for each an unmapped guard page, then its bytes. */
export const COROUTINE_STACKS_BASE = 0x3000_0000;
/** Buffer of asynchronous system calls (abi/src/ring.ts), when the program has one. */
export const SYSTEM_CALL_BUFFER = 0x5000_0000;
/** Ring buffers of channels of kind "async", upwards. */
export const CHANNEL_PAGES_BASE = 0x6000_0000;
/** One past the highest stack byte; the page below the stack stays unmapped (guard). */
export const PROGRAM_STACK_TOP = 0x7000_0000;
export const PROGRAM_STACK_SIZE = 0x4_0000;
export const PROGRAM_IPC_BUFFER = 0x7ff0_0000;
/** Start-info pages, and how many there can be. */
export const PROGRAM_START_INFO = 0x7ff0_1000;
export const PROGRAM_START_INFO_MOST_PAGES = 14;
/** Mailbox to the root server (abi/src/supervisor.ts). */
export const PROGRAM_MAILBOX = 0x7ff1_0000;

/** The root task's image: tables for the root server, then its own text, data and stack, then the programs. */
export const ROOT_TABLES_BASE = 0x0040_0000;
export const ROOT_TEXT_BASE = 0x0041_0000;
export const ROOT_DATA_BASE = 0x0044_0000;
export const ROOT_STACK_TOP = 0x0048_0000;
export const ROOT_STACK_SIZE = 0x1_0000;
export const ROOT_PROGRAMS_BASE = 0x0048_0000;
/** Root maps here for a moment what it must touch itself (device registers). */
export const ROOT_DEVICE_WINDOW = 0x7000_0000;
/** ... and here the pages it fills for programs. */
export const ROOT_COPY_WINDOW = 0x7000_1000;
/** For each program a page: its mailbox, and its unfinished console line. */
export const ROOT_MAILBOXES = 0x7010_0000;
export const ROOT_LINE_BUFFERS = 0x7020_0000;

/** Slots of a program's CNode; a program has nothing else but the slots its channels name. */
export const PROGRAM_CNODE_BITS = 8;
/** Notification of the root server: a request is in the mailbox. */
export const SLOT_SUPERVISOR = 1;
/** Endpoint on which this program receives calls from its clients. */
export const SLOT_SERVICE_ENDPOINT = 2;
/** Notification that channels of kind "notification" signal. */
export const SLOT_NOTIFICATION = 3;
/** Notification that channels of kind "async" signal; bound to the thread, a U-notification where hardware has them. */
export const SLOT_ASYNC_NOTIFICATION = 4;
/** Frame of the buffer of asynchronous system calls. */
export const SLOT_SYSTEM_CALL_FRAME = 5;
/** Notification of slot 4 with the badge by which the kernel says that replies are there. */
export const SLOT_SYSTEM_CALL_NOTIFICATION = 6;
// With `resources` in the description:
export const SLOT_OWN_CNODE = 7;
export const SLOT_OWN_VSPACE = 8;
export const SLOT_OWN_THREAD = 9;
export const SLOT_UNTYPED = 10;
/** Notification with which the root server answers (abi/src/supervisor.ts). */
export const SLOT_SUPERVISOR_REPLY = 11;
/** Told by the kernel when the program faults. */
export const SLOT_FAULT_HANDLER = 12;
/** First slot for the sending capabilities of this program's channels. */
export const SLOT_FIRST_CHANNEL = 16;
