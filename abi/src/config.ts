// The kernel's compile-time configuration. A build may replace this file (one typed value a line); everything below the
// kernel and above it is compiled from the same copy, so both sides agree.
// Written in the subset that TypeScript and AssemblyScript share: constants without type annotations.

/** 1: several harts; as in seL4, TCBSetAffinity then takes a label and shifts every later one. 0: one hart. */
export const SMP = 1;
/** Most harts the kernel's tables have room for. */
export const MAX_HARTS = 8;
/** Thread priorities 0 … PRIORITIES-1, larger is more important. */
export const PRIORITIES = 256;
/** Scheduling domains. */
export const DOMAINS = 1;
/** Entries of the schedule of domains. */
export const DOMAIN_SCHEDULES = DOMAINS > 1 ? 100 : 2;
/** 1: debug system calls, kernel assertions. */
export const DEBUG = 1;
/** 1: seL4's system calls for benchmarks (its ENABLE_BENCHMARKS, without a log and without tracking utilisation). */
export const BENCHMARKS = 0;
/** 1: synchronous IPC (endpoints, Call and Reply between threads, fault messages). 0: only invocations of kernel objects,
 *  notifications and what is asynchronous; faults stop the thread and signal a notification. */
export const SYNC_IPC = 1;
/** 1: threads may use floating point (F and D); as in seL4, a TCB is then twice as large. 0: a floating-point instruction
 *  is a fault of its thread. */
export const FPU = 1;
/** 1: threads may send each other user interrupts, on machines that have them (UINTC, N extension). 0: the kernel leaves
 *  them alone; signals go through it. */
export const USER_INTERRUPTS = 1;
/** 1: short paths for common messages. 0: everything takes the general path, for comparisons. */
export const FASTPATH = 1;
/** Timer ticks of a thread's time slice. */
export const TIME_SLICE_TICKS = 5;
/** Length of a timer tick in microseconds. */
export const TICK_MICROSECONDS = 2000;
/** Most objects one Untyped_Retype makes. */
export const RETYPE_FAN_OUT_LIMIT = 256;
/** Units of work a long kernel operation does before it looks for pending interrupts. */
export const WORK_UNITS_PER_PREEMPTION = 50;
/** Size of the pieces (2^n bytes) in which an untyped is cleared between preemption points. */
export const RESET_CHUNK_BITS = 8;
/** Slots of the root task's CNode: 2^n. */
export const ROOT_CNODE_BITS = 13;
/** User-interrupt vectors of one receiver. */
export const USER_INTERRUPT_VECTORS = 64;
/** User-interrupt receivers the kernel hands out. */
export const USER_INTERRUPT_RECEIVERS = 512;
/** Threads that can hold a user-interrupt sender table at the same time. */
export const SENDER_TABLES = 16;
/** Entries of one sender table (one page of 8-byte entries). */
export const SENDER_TABLE_ENTRIES = 512;
