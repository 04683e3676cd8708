/** One HTML page an experiment: figure, tables, goals, and how it was measured. Needs nothing from elsewhere. */
import type { Experiment, ExperimentResult, ResultTable } from "./experiment";
import { goalTable } from "./goals";

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 1420px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
figure { margin: 1rem 0; overflow-x: auto; } svg { max-width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .85rem; }
th, td { padding: .15rem .55rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th { border-bottom: 2px solid #888; } .text { text-align: left; }
p.note { color: #555; margin: .3rem 0; } code { background: #f2f2f2; padding: 0 .25rem; }`;

/** The page. @param svg the figure, drawn */
export function resultPage(experiment: Experiment, result: ExperimentResult, svg: string): string {
  const tables = [...result.tables, ...(result.goals.length > 0 ? [goalTable(result.goals)] : [])];
  return [
    "<!doctype html>",
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(result.figure.title)}</title><style>${STYLE}</style></head>`,
    "<body>",
    `<h1>${escapeHtml(result.figure.title)}</h1>`,
    `<p>${escapeHtml(experiment.summary)}. Made by <code>rel4 lab ${escapeHtml(experiment.name)}</code>.</p>`,
    `<figure>${svg.replace(/^<\?xml[^>]*>\s*/, "")}</figure>`,
    ...tables.map(htmlTable),
    "<h2>How it was measured</h2>",
    ...result.method.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

function htmlTable({ title, head, rows, textColumns = 0, notes = [] }: ResultTable): string {
  const line = (cells: string[], tag: "td" | "th") =>
    `<tr>${cells.map((cell, i) => `<${tag}${i < textColumns ? ' class="text"' : ""}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return [
    `<h2>${escapeHtml(title)}</h2>`,
    `<div class="scroll"><table><thead>${line(head, "th")}</thead><tbody>`,
    ...rows.map((cells) => line(cells, "td")),
    "</tbody></table></div>",
    ...notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`),
  ].join("\n");
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
