/** What a coroutine switch is meant to cost beside a process switch. */
import { type Goal, type Row, rounded } from "../../experiment";
import { LAYOUTS, layoutName, publishedSwitchRatio } from "../../published/switch";
import { COROUTINE, PROCESS } from "./modes";

const SMALLEST = LAYOUTS[0]!;

export function switchGoals(rows: readonly Row[]): Goal[] {
  const find = (mode: string) =>
    rows.find((row) => row.mode === mode && row.layout === layoutName(SMALLEST))?.instructionsPerOp;
  const [coroutine, process] = [find(COROUTINE), find(PROCESS)];
  if (!coroutine || !process) return [];
  return [
    {
      name: `${layoutName(SMALLEST)}: process switches that a coroutine switch costs (instructions)`,
      value: rounded(coroutine / process, 4),
      target: 1 / 20,
      direction: "at most",
      unit: "",
      published: rounded(1 / publishedSwitchRatio(SMALLEST)!, 4),
    },
  ];
}
