/** The kernel's build options, constants of abi/src/config.ts. */
export interface KernelConfiguration {
  /** SMP: several harts; as in seL4, labels of invocations then differ from those of a single-core kernel. */
  smp: boolean;
  /** MAX_HARTS: most harts it runs on; 1 without SMP. */
  harts: number;
  /** PRIORITIES of threads. */
  priorities: number;
  /** DOMAINS that are scheduled. */
  domains: number;
  /** ROOT_CNODE_BITS: the root task's CNode has 2^n slots. */
  rootCNodeBits: number;
  /** TIME_SLICE_TICKS: timer ticks of a time slice. */
  timeSliceTicks: number;
  /** TICK_MICROSECONDS: length of a timer tick. */
  tickMicroseconds: number;
  /** DEBUG: debug system calls, kernel assertions. */
  debug: boolean;
  /** BENCHMARKS: seL4's system calls for benchmarks. */
  benchmarks: boolean;
  /** SYNC_IPC: endpoints, Call and Reply between threads, fault messages. */
  syncIpc: boolean;
  /** FASTPATH: short paths for common messages. */
  fastpath: boolean;
  /** FPU: threads may use floating point. */
  fpu: boolean;
  /** USER_INTERRUPTS: threads may send each other user interrupts, where the machine has them. */
  userInterrupts: boolean;
}
