/** `rel4 lab switch`: what it costs that somebody else goes on, in the layout of lmbench's lat_ctx. */
import type { Experiment, ExperimentResult, ExperimentSettings, Row } from "../../experiment";
import { LAYOUTS } from "../../published/switch";
import { switchFigure } from "./figure";
import { switchGoals } from "./goals";
import { METHOD } from "./method";
import { measureSwitch, SWITCH_MODES } from "./modes";
import { switchTables } from "./tables";

/** Layouts of --quick. */
const QUICK = 2;

async function run(settings: ExperimentSettings): Promise<ExperimentResult> {
  const rows: Row[] = [];
  if (settings.harts === undefined || settings.harts === 1)
    for (const mode of SWITCH_MODES)
      for (const layout of settings.quick ? LAYOUTS.slice(0, QUICK) : LAYOUTS)
        rows.push(await measureSwitch(mode, layout, settings));
  return {
    rows,
    tables: switchTables(rows),
    goals: switchGoals(rows),
    figure: switchFigure(rows),
    method: METHOD,
  };
}

export const switchExperiment: Experiment = {
  name: "switch",
  summary: "coroutine, thread and process switches in the layout of lmbench's lat_ctx",
  help: `Layouts are entities/working set: 2p/0K, 2p/16K, 2p/64K, 8p/16K, 8p/64K, 16p/16K, 16p/64K; --quick measures the first two.
Published values are microseconds on an x86 machine: compare the ratios of process to coroutine switches.

Examples:
  $ rel4 lab switch --quick
  $ rel4 lab switch --json | jq '.[] | {mode, layout, instructionsPerOp}'`,
  run,
};
