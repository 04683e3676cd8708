// Tables without lines or colours: they read well on a terminal and in a pipe.
import Table from "cli-table3";

const PARTS = ["top", "bottom", "left", "right", "mid"];
const JUNCTIONS = PARTS.flatMap((part) => [part, `${part}-mid`, `${part}-left`, `${part}-right`]);
const NO_LINES = Object.fromEntries(
  [...JUNCTIONS, "left-mid", "mid-mid", "right-mid"].map((name) => [name, ""]),
);

/** A table as text; columns after the first `textColumns` are numbers and aligned to the right. */
export function plainTable(head: string[], rows: string[][], textColumns = 0): string {
  const table = new Table({
    head,
    chars: { ...NO_LINES, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: head.map((_, column) => (column < textColumns ? "left" : "right")),
  });
  table.push(...rows);
  return table.toString();
}
