/** `rel4 lab notify`: what it takes to tell somebody something, stage by stage. */
import {
  checkHarts,
  type Experiment,
  type ExperimentResult,
  type ExperimentSettings,
} from "../../experiment";
import { CALL_PATHS } from "./call-paths";
import { notifyFigure } from "./figure";
import { notifyGoals } from "./goals";
import { KERNEL_PATHS } from "./kernel-paths";
import { type Measurement, measurePath } from "./measure";
import type { Path } from "./paths";
import { notifyRows } from "./rows";
import { notifyTables } from "./tables";
import { USER_PATHS } from "./user-paths";

export const PATHS: readonly Path[] = [...USER_PATHS, ...KERNEL_PATHS, ...CALL_PATHS];

async function run(settings: ExperimentSettings): Promise<ExperimentResult> {
  const hartsOf = ({ description }: Path) => description.machine?.harts ?? 1;
  checkHarts(
    settings.harts,
    PATHS.map((path) => ({ harts: hartsOf(path) })),
  );
  const measurements: Measurement[] = [];
  for (const path of PATHS) {
    if (settings.harts !== undefined && hartsOf(path) !== settings.harts) continue;
    if (settings.quick && path.long) continue;
    measurements.push(await measurePath(path, settings));
  }
  return {
    rows: measurements.flatMap(notifyRows),
    tables: notifyTables(measurements),
    goals: notifyGoals(measurements),
    figure: notifyFigure(measurements),
    method: METHOD,
  };
}

const METHOD = [
  "Each way is measured in a system of its own on a fresh machine. The first and the last instruction of an operation are marked in the programs by reading a counter nothing else reads; everything between is taken from what the machine reports: uipi sends, interrupts taken, traps, returns from traps, harts that wake, and calls and returns of the kernel's functions. Nothing is estimated, the listener takes none of the guest's time, and the stages add up to the whole, which tests assert in two independent ways.",
  "Of eight operations the first three are left out, as programs register in them; of the rest the one in the middle is shown. Receiver: running = in user mode; polling = in user mode, asking the kernel again and again; ready = wants to run, but its hart runs a more important program, whose time is shown in brackets and is no part of any sum of instructions; blocked = waits in the kernel on another, idle hart.",
  "Instructions are those on the way from the first moment to the last, on whichever hart; what the sender does after the receiver has been told is not on it. Where a way leads from one hart to another only the time between counts. The kernel's stages are told by the functions that run: saving registers and taking the lock (on two harts this includes waiting until the other leaves the kernel) is entry, restoring them exit. In the present timing model an instruction takes a cycle, and a user interrupt is taken in the cycle in which it is sent: published cycles contain what pipelines, caches and buses add.",
];

export const notify: Experiment = {
  name: "notify",
  summary: "notifications stage by stage: by user interrupt and through the kernel",
  help: `Ways: user → user, kernel → user, user → kernel, kernel → kernel, each with the receivers there are for it (running in user mode,
polling, ready while its hart runs another program, blocked in the kernel; of the kernel: on an idle or a busy hart), and synchronous and
asynchronous calls. Below each table stands why others do not exist.
--quick leaves out the ways whose receiver takes long to fall asleep. Published values are in cycles of Rocket cores on
FPGAs, except those of the real seL4, which are instructions.

Examples:
  $ rel4 lab notify
  $ rel4 lab notify --json | jq '.[] | select(.stage == "total") | {path, receiver, instructionsPerOp}'`,
  run,
};
