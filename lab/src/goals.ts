/** Goals as a table: what was measured, what was wanted, and whether that is reached. */
import { type Goal, isMet, type ResultTable } from "./experiment";

export function goalTable(goals: readonly Goal[]): ResultTable {
  return {
    title: "Goals",
    head: ["goal", "measured", "wanted", "published", "reached"],
    textColumns: 1,
    rows: goals.map((goal) => [
      goal.name,
      quantity(goal.value, goal.unit),
      `${goal.direction === "at most" ? "≤" : "≥"} ${quantity(goal.target, goal.unit)}`,
      goal.published === undefined ? "–" : quantity(goal.published, goal.unit),
      isMet(goal) ? "yes" : "NO",
    ]),
  };
}

function quantity(value: number, unit: string): string {
  return `${Number(value.toPrecision(4))}${unit === "" ? "" : ` ${unit}`}`;
}
