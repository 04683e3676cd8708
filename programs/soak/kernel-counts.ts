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

/** How many of the counts must stay the same, and the limits of the others: programs, programs, ends of channels. */
const EXACT = 5;
const MOST: u64[] = [7, 7, 28];

export class KernelCounts {
  static read(): u64[] {
    const counts: u64[] = [];
    for (let i = 0; i < COUNTS.length; i++) counts.push(ecall(COUNTS[i], 0, 0, 0, 0, 0, 0, SYS_DEBUG_COUNT));
    return counts;
  }

  /**
   * In words: what has become more or less; "" when nothing has. Programs get receiver entries, sender tables and entries in them
   * only when they need them, so these may differ, but never exceed what the programs that live now can have.
   */
  static leak(before: u64[], after: u64[]): string {
    let changes = "";
    for (let i = 0; i < NAMES.length; i++) {
      const most = i < EXACT ? before[i] : MOST[i - EXACT];
      if (i < EXACT ? before[i] != after[i] : after[i] > most)
        changes += `${NAMES[i]} ${before[i].toString()} → ${after[i].toString()}, `;
    }
    return changes;
  }
}
