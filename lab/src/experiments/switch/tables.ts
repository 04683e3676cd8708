/** The tables of `rel4 lab switch`: layouts across, in the form lmbench prints them. */
import type { ResultTable, Row } from "../../experiment";
import { LAYOUTS, layoutName, PUBLISHED_SWITCH, publishedSwitchRatio } from "../../published/switch";
import { CACHELESS } from "./method";
import { COROUTINE, PROCESS, TOKEN_PROCESS } from "./modes";

export function switchTables(rows: readonly Row[]): ResultTable[] {
  const layouts = LAYOUTS.filter((layout) => rows.some((row) => row.layout === layoutName(layout)));
  const modes = [...new Set(rows.map(({ mode }) => mode))];
  const find = (mode: string, layout: string) =>
    rows.find((row) => row.mode === mode && row.layout === layout);
  const head = layouts.map(layoutName);
  const ours = (mode: string) =>
    head.map((layout) => find(mode, layout)?.instructionsPerOp?.toFixed(1) ?? "–");
  const cycles = (mode: string) => head.map((layout) => find(mode, layout)?.cyclesPerOp?.toFixed(1) ?? "–");
  const ratios = (process: string) =>
    head.map((layout) => {
      const dear = find(process, layout)?.instructionsPerOp;
      const cheap = find(COROUTINE, layout)?.instructionsPerOp;
      return dear && cheap ? (dear / cheap).toFixed(1) : "–";
    });
  return [
    {
      title: "One switch, work subtracted",
      head: ["", "unit", ...head],
      textColumns: 2,
      rows: [
        ...modes.map((mode) => [mode, "instructions", ...ours(mode)]),
        ...modes.map((mode) => [mode, "cycles", ...cycles(mode)]),
        ["process, yield ÷ coroutine", "", ...ratios(PROCESS)],
        ["process, Signal and Wait ÷ coroutine", "", ...ratios(TOKEN_PROCESS)],
        ["published: process", "µs", ...head.map((layout) => String(PUBLISHED_SWITCH.process[layout]))],
        ["published: coroutine", "µs", ...head.map((layout) => String(PUBLISHED_SWITCH.coroutine[layout]))],
        [
          "published: process ÷ coroutine",
          "",
          ...layouts.map((layout) => publishedSwitchRatio(layout)?.toFixed(1) ?? "–"),
        ],
      ],
      notes: [
        CACHELESS,
        "Published process switches pass a token through pipes, as Signal and Wait do here; our goal takes the cheaper yield.",
      ],
    },
  ];
}
