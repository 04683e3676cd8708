// How a program and the root server talk: through a mailbox, one page that only these two have, and signals.
//
// The program writes a request, sets the state, and signals SLOT_SUPERVISOR. The root server reads every word once, acts,
// writes the answer and clears the state. If the program has announced that it waits, it signals SLOT_SUPERVISOR_REPLY. Both sides
// store, fence, then load the other's word, so that no answer is waited for in vain. No endpoint is involved, so this
// works in a kernel without synchronous IPC, and a wait for an answer takes no other signal away.

// Words of the mailbox (32 bits), by who writes them
/** Program: SUPERVISOR_*, what is asked for. */
export const MAILBOX_REQUEST_AT = 0;
/** Program: its argument. */
export const MAILBOX_ARGUMENT_AT = 4;
/** Program: not 0 while it may be waiting in the kernel. */
export const MAILBOX_WAITS_AT = 8;
/** Root server. */
export const MAILBOX_ANSWER_AT = 64;
/** Program: MAILBOX_REQUESTED; root server: MAILBOX_ANSWERED. */
export const MAILBOX_STATE_AT = 128;
/** Program: text of the request. */
export const MAILBOX_TEXT_AT = 256;
export const MAILBOX_TEXT_BYTES = 3840;

export const MAILBOX_ANSWERED = 0;
export const MAILBOX_REQUESTED = 1;

// Requests
/** Console output: argument = bytes of text. */
export const SUPERVISOR_CONSOLE = 16;
/** The program ends: argument = exit code. Never answered. */
export const SUPERVISOR_EXIT = 17;
/** The program gives up (abort): argument = exit code. Never answered. */
export const SUPERVISOR_ABORT = 18;
/** Asks to receive user interrupts on the async channels; the answer is 1 when that is so. */
export const SUPERVISOR_RECEIVE_INTERRUPTS = 19;
/** Asks to end the program named by the text: argument = its bytes; the answer is 1 when it ran and has been ended. */
export const SUPERVISOR_END_PEER = 20;

/** Programs that share a bit of the root server's notification have numbers that differ by a multiple of this. */
export const SUPERVISOR_BITS = 62;
/** Badge of SLOT_FAULT_HANDLER of every program. */
export const FAULT_BADGE = 0x8000_0000_0000_0000;

/** Label with which a synchronous call returns whose server has ended meanwhile. */
export const CALL_FAILED_LABEL = 0xffff_ff02;

/** Exit codes of programs that do not end by themselves, as a shell would report SIGABRT and SIGSEGV. */
export const EXIT_ABORTED = 134;
export const EXIT_FAULTED = 139;
