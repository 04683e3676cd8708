/** What exists in the kernel, by its own counts (debug builds). */
import { ecall } from "rv";
import {
  KERNEL_COUNT_ADDRESS_SPACES,
  KERNEL_COUNT_CAPABILITIES,
  KERNEL_COUNT_HANDLERS,
  KERNEL_COUNT_MAPPED_FRAMES,
  KERNEL_COUNT_RECEIVERS,
  KERNEL_COUNT_SENDER_ENTRIES,
  KERNEL_COUNT_SENDER_TABLES,
  KERNEL_COUNT_THREADS,
  SYS_DEBUG_COUNT,
} from "../../abi/src/syscalls";

const COUNTS: u32[] = [
  KERNEL_COUNT_THREADS,
  KERNEL_COUNT_ADDRESS_SPACES,
  KERNEL_COUNT_CAPABILITIES,
  KERNEL_COUNT_MAPPED_FRAMES,
  KERNEL_COUNT_HANDLERS,
  KERNEL_COUNT_RECEIVERS,
  KERNEL_COUNT_SENDER_TABLES,
  KERNEL_COUNT_SENDER_ENTRIES,
];
const NAMES: string[] = [
  "threads",
  "address spaces",
  "capabilities",
  "mapped frames",
  "handlers",
  "receivers",
  "sender tables",
  "sender entries",
];

export class KernelCounts {
  static read(): u64[] {
    const counts: u64[] = [];
    for (let i = 0; i < COUNTS.length; i++) counts.push(ecall(COUNTS[i], 0, 0, 0, 0, 0, 0, SYS_DEBUG_COUNT));
    return counts;
  }

  /** What count number `index` of `read` counts. */
  static nameOf(index: u32): string {
    return NAMES[index];
  }
}
