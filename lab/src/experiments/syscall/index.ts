/** `rel4 lab syscall`: mapping and unmapping pages by synchronous and by asynchronous system calls. */
import {
  checkHarts,
  type Experiment,
  type ExperimentResult,
  type ExperimentSettings,
  type Row,
} from "../../experiment";
import { breakdownRows, breakdownTable, measureBreakdown } from "./breakdown";
import { systemCallFigure } from "./figure";
import { measureSystemCalls, SYSTEM_CALL_MODES } from "./modes";
import { systemCallGoals, systemCallTable } from "./report";

const CONCURRENCIES = [8, 16, 32, 64, 128, 256, 512];
const QUICK_CONCURRENCIES = [8, 64];

async function run(settings: ExperimentSettings): Promise<ExperimentResult> {
  const { quick, harts, progress } = settings;
  checkHarts(harts, SYSTEM_CALL_MODES);
  progress("one call, step by step");
  const breakdowns =
    harts === undefined || harts === 1
      ? await measureBreakdown((step) => progress(`one call, step by step: ${step}`))
      : [];
  const rows: Row[] = [];
  for (const mode of SYSTEM_CALL_MODES.filter((each) => harts === undefined || each.harts === harts)) {
    const concurrencies = mode.synchronous ? [1] : quick ? QUICK_CONCURRENCIES : CONCURRENCIES;
    for (const concurrency of concurrencies) rows.push(await measureSystemCalls(mode, concurrency, settings));
  }
  return {
    rows: [...breakdownRows(breakdowns), ...rows],
    tables: [...(breakdowns.length > 0 ? [breakdownTable(breakdowns)] : []), systemCallTable(rows)],
    goals: systemCallGoals(rows),
    figure: systemCallFigure(rows),
    method: METHOD,
  };
}

const METHOD = [
  "One process with its own untyped memory, capability space and address space maps 512 pages of 4 KiB and unmaps them, ten times (twice with --quick), after one time that is not counted, in which every page is written and read back. A call that returns an error ends the measurement.",
  "Synchronous: one entry into the kernel a call. Asynchronous: the given number of coroutines share the pages; each pushes its call into a ring shared with the kernel and waits, and a handler in the kernel serves the ring when the thread waits, or on another hart.",
  "The first table executes single calls instruction by instruction. Ways in and out of the kernel are told by the function an instruction is in; between them, work is what happens while the kernel has marked the caller as having an invocation carried out, which it does when all checks have passed.",
  "Counted are the instructions all harts retire, in user mode and in the kernel, the cycles that pass, traps, and executions of sfence.vma by the kernel. Flushes on other harts go through the firmware, which is part of the machine and retires nothing.",
];

export const syscall: Experiment = {
  name: "syscall",
  summary: "system calls that map and unmap pages, synchronous and asynchronous, by calls in flight",
  help: `Modes:
  sync        a trap for each call, one hart
  sync-smp    the same on a machine with two harts
  async-up    a ring shared with the kernel, one hart
  async-up-hook  the same for a program written with synchronous calls, which the runtime makes asynchronous
  async-smp   as async-up; the other hart serves the ring

First a table shows where the instructions of one synchronous call go: entry, decoding, work, exit.

Examples:
  $ rel4 lab syscall --quick
  $ rel4 lab syscall --json | jq '.[] | select(.stage)'        the breakdown`,
  run,
};
