/** Tables of ways and their stages, one for each kind of sender and receiver. */
import { type ResultTable, rounded } from "../../experiment";
import { COMBINATIONS } from "./combinations";
import type { Measurement } from "./measure";
import { STAGE_ORDER, WAIT_FOR_HART } from "./stage-names";
import type { StageCost } from "./stages";

export function notifyTables(measurements: readonly Measurement[]): ResultTable[] {
  const groups = [...new Set(measurements.map(({ path }) => path.group))];
  return groups.map((group) =>
    groupTable(
      group,
      measurements.filter(({ path }) => path.group === group),
    ),
  );
}

/** The stages that occur in `measurements`, in the order in which they follow each other. */
export function stageOrder(measurements: readonly Measurement[]): string[] {
  const occurring = new Set(measurements.flatMap(({ stages }) => stages.map(({ stage }) => stage)));
  const known = STAGE_ORDER.filter((stage) => occurring.has(stage));
  return [...known, ...[...occurring].filter((stage) => !STAGE_ORDER.includes(stage))];
}

function groupTable(title: string, measurements: readonly Measurement[]): ResultTable {
  const stages = stageOrder(measurements);
  return {
    title: `${title}: instructions by stage`,
    head: ["way", "receiver", ...stages, "total", "cycles", "traps", "user int.", "published"],
    textColumns: 2,
    rows: measurements.map(({ path, stages: costs, sum }) => [
      path.name,
      path.receiver ?? "",
      ...stages.map((stage) => cell(costs.find((cost) => cost.stage === stage))),
      number(sum.instructions),
      number(sum.cycles),
      number(sum.traps),
      number(sum.userInterrupts),
      path.published?.total ? `${path.published.total.value} ${path.published.total.unit}` : "–",
    ]),
    notes: [...notes(measurements, stages), ...(COMBINATIONS[title] ?? [])],
  };
}

/** Instructions of a stage; of one in which a hart only waits, its cycles. */
function cell(cost: StageCost | undefined): string {
  if (!cost) return "";
  return cost.instructions === 0 && cost.cycles > 0 ? `(${number(cost.cycles)})` : number(cost.instructions);
}

const number = (value: number) => String(rounded(value, 2));

function notes(measurements: readonly Measurement[], stages: readonly string[]): string[] {
  const published = measurements.flatMap(({ path }) =>
    Object.entries(path.published ?? {}).map(([stage, { value, unit, source }]) => ({
      text: `${path.name}, ${stage} ${value} ${unit}`,
      source,
    })),
  );
  const bySource = [...new Set(published.map(({ source }) => source))].map(
    (source) =>
      `Published (${source}): ${published
        .filter((item) => item.source === source)
        .map(({ text }) => text)
        .join("; ")}.`,
  );
  const waiting = stages.some((stage) => stage === WAIT_FOR_HART)
    ? ["In brackets: cycles in which nothing is done for this notification."]
    : [];
  return [...waiting, ...bySource];
}
