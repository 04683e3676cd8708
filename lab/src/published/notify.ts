/**
 * What was published about the time of notifications on RISC-V processors with user interrupts. Cycles of in-order cores
 * at 50 or 100 MHz, if nothing else is said.
 */

/** User interrupts under Linux 6.0 on Rocket, ZCU102, 50 MHz (repository U-interrupt/uintr, doc/linux-journal.md). */
export const UINTR_LINUX = {
  source: "uintr on Linux, Rocket",
  /** From `uipi send` to the handler's address in utvec. */
  deliver: 100,
  /** From there to the handler's function. */
  handlerEntry: 400,
  /** On average in all. */
  total: 561,
  /** Latency through the kernel, as multiples of it. */
  eventfd: 136.69,
  signal: 203.84,
} as const;

/** TAIC, a hardware scheduler, on an FPGA with Rocket cores, 100 MHz (repository taic-repo/taic, README). */
export const TAIC = {
  source: "TAIC, Rocket",
  /** A software interrupt's latency, receiver in U and in S mode. */
  softwareInterruptUser: 72,
  softwareInterruptSupervisor: 98,
  /** An external interrupt's latency. */
  externalInterruptUser: 216.4,
  externalInterruptSupervisor: 264,
  /** The same when the receiver is the kernel and the core is in U mode. */
  kernelWhileUser: 869.2,
  /** A round trip into the kernel and back by ebreak. */
  kernelRoundTrip: 2044.4,
} as const;

/**
 * Instructions of Call and of ReplyRecv in the real seL4 (non-MCS, one core, release build, RISC-V 64), counted with its
 * own benchmark on QEMU.
 */
export const SEL4_IPC = {
  fastpath: { call: 249, answer: 289 },
  slowpath: { call: 948, answer: 938 },
} as const;
