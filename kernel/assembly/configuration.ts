/** Build options of the kernel (abi/src/config.ts) that its assembly depends on. */
export interface KernelConfiguration {
  /** SYNC_IPC: endpoints, Call and Reply between threads, fault messages. */
  syncIpc: boolean;
  /** FASTPATH: short paths for common messages. */
  fastpath: boolean;
  /** FPU: threads may use floating point. */
  fpu: boolean;
}
