/** Measuring a path: its system runs on a fresh machine, and of its operations the one in the middle is taken. */

import { LabError } from "../../errors";
import type { ExperimentSettings } from "../../experiment";
import { runSystem } from "../../run-system";
import { KERNEL_REGIONS } from "./kernel-stages";
import { type Path, PROGRAMS } from "./paths";
import { OperationRecorder } from "./recorder";
import { type StageCost, shared, stagesOf, total } from "./stages";

/** What a path cost. */
export interface Measurement {
  path: Path;
  stages: StageCost[];
  /** All stages together. */
  sum: StageCost;
}

/** Operations before those that count: programs register, translations and lists settle. */
const WARM_UP = 3;

export async function measurePath(path: Path, settings: ExperimentSettings): Promise<Measurement> {
  const what = `${path.name}${path.receiver === null ? "" : `, receiver ${path.receiver}`}`;
  settings.progress(what);
  let recorder: OperationRecorder | undefined;
  await runSystem({
    description: path.description,
    arguments: path.arguments,
    quantum: settings.quantum,
    onMachine: (machine, built) => {
      recorder = new OperationRecorder(machine, built, {
        programs: PROGRAMS,
        kernelRegions: KERNEL_REGIONS,
        userRegions: path.userRegions ?? {},
        kernelMarks: path.kernelMarks ?? [],
        spans: [path.span],
      });
    },
    onProgress: (step) => settings.progress(`${what}: ${step}`),
  });
  const operations = (recorder?.operations[0] ?? []).slice(WARM_UP);
  if (operations.length === 0) throw new LabError(`${what}: nothing was seen of it`);
  const measured = operations
    .map((operation) => shared(stagesOf(operation, path.steps), path.together ?? 1))
    .map((stages): Measurement => ({ path, stages, sum: total(stages) }));
  measured.sort((a, b) => a.sum.cycles - b.sum.cycles);
  return measured[(measured.length - 1) >> 1]!;
}
