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
  KERNEL_COUNT_CAPABILITIES,
  KERNEL_COUNT_THREADS,
  KERNEL_COUNT_RECEIVERS,
  KERNEL_COUNT_SENDER_TABLES,
  KERNEL_COUNT_SENDER_ENTRIES,
  KERNEL_COUNT_HANDLERS,
  KERNEL_COUNT_MAPPED_FRAMES,
  KERNEL_COUNT_ADDRESS_SPACES,
];
const NAMES: string[] = [
  "capabilities",
  "threads",
  "receivers",
  "sender tables",
  "sender entries",
  "handlers",
  "mapped frames",
  "address spaces",
];

export class KernelCounts {
  static read(): u64[] {
    const counts: u64[] = [];
    for (let i = 0; i < COUNTS.length; i++) counts.push(ecall(COUNTS[i], 0, 0, 0, 0, 0, 0, SYS_DEBUG_COUNT));
    return counts;
  }

  /** In words: which counts are 0, and which have changed. */
  static compare(before: u64[], after: u64[]): string {
    let none = "";
    let changes = "";
    for (let i = 0; i < NAMES.length; i++) {
      if (before[i] == 0) none += `no ${NAMES[i]}, `;
      if (before[i] != after[i]) changes += `${(<i64>(after[i] - before[i])).toString()} more ${NAMES[i]}, `;
    }
    return none + (changes == "" ? "nothing leaked" : changes);
  }
}
