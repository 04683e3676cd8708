// Messages a program sends to the root server over its supervisor endpoint. Labels below 16 are the kernel's faults.

/** Console output: message register 0 = length in bytes, then the bytes, eight to a register. */
export const SUPERVISOR_CONSOLE = 16;
/** The program ends: message register 0 = exit code. A call that is never answered. */
export const SUPERVISOR_EXIT = 17;
/** The program gives up (abort): message register 0 = exit code. Ends the system. */
export const SUPERVISOR_ABORT = 18;
/** Asks to receive user interrupts on the async channels; answered with message register 0 = 1 when that is so. */
export const SUPERVISOR_RECEIVE_INTERRUPTS = 19;

/** Console bytes a message holds: 119 registers of 8 bytes. */
export const SUPERVISOR_CONSOLE_BYTES = 952;

/** Exit codes of programs that do not end by themselves, as a shell would report SIGABRT and SIGSEGV. */
export const EXIT_ABORTED = 134;
export const EXIT_FAULTED = 139;
