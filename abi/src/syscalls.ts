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
// Debug build of an SMP kernel only
export const SYS_DEBUG_SEND_IPI = -15;
export const SYS_DEBUG_GET_THREAD_AFFINITY = -16;

// Only in a kernel with BENCHMARKS
export const SYS_BENCHMARK_FLUSH_CACHES = -18;
export const SYS_BENCHMARK_RESET_LOG = -19;
export const SYS_BENCHMARK_FINALIZE_LOG = -20;
export const SYS_BENCHMARK_NULL_SYSCALL = -22;

// ReL4
/** Makes the caller's asynchronous system call handler run (abi/src/ring.ts). Returns at once. */
export const SYS_WAKE_ASYNC_HANDLER = -128;
/** Sets the caller's one timer: a0 = deadline in ticks of `time`, absolute; 0 takes it back. At the deadline the kernel
 *  signals the caller's bound notification with TIMER_BADGE. */
export const SYS_SET_TIMER = -129;
/** Asks what the kernel and the hardware offer: a2 = feature bits, a3 = harts running. */
export const SYS_GET_FEATURES = -130;
/** Signals the notification in a0 (0: none), then waits on the notification or endpoint in a1, in one kernel entry. */
export const SYS_SIGNAL_WAIT = -131;
/** Debug build: a0 = one of KERNEL_COUNT_*; answered with the count in a0 (0 for numbers that count nothing). */
export const SYS_DEBUG_COUNT = -132;

/** Feature bit: the hardware has user interrupts. */
export const FEATURE_USER_INTERRUPTS = 1;
/** Feature bit: the hardware can wait for a store to a word (Zawrs). */
export const FEATURE_WAIT_ON_RESERVATION = 2;
/** Feature bit: the kernel was built with synchronous IPC (endpoints, Call, Reply). */
export const FEATURE_SYNC_IPC = 4;
/** Feature bit: threads may use floating point on the hart that asks. */
export const FEATURE_FLOATING_POINT = 8;

/** Badge with which the kernel signals that the timer of a thread has come: vector 62. */
export const TIMER_BADGE = 0x4000_0000_0000_0000;

// What SYS_DEBUG_COUNT counts
/** Slots that hold a capability, in all CNodes and threads. */
export const KERNEL_COUNT_CAPABILITIES = 1;
/** Threads that exist. */
export const KERNEL_COUNT_THREADS = 2;
/** User-interrupt receiver entries in use. */
export const KERNEL_COUNT_RECEIVERS = 3;
/** Sender tables in use. */
export const KERNEL_COUNT_SENDER_TABLES = 4;
/** Valid entries of all sender tables. */
export const KERNEL_COUNT_SENDER_ENTRIES = 5;
/** Threads with a handler of asynchronous system calls. */
export const KERNEL_COUNT_HANDLERS = 6;
/** Mapped pages (leaf entries of page tables made from frame capabilities). */
export const KERNEL_COUNT_MAPPED_FRAMES = 7;
/** Address-space numbers in use. */
export const KERNEL_COUNT_ADDRESS_SPACES = 8;
