/** The figure of `rel4 lab switch`: bars by layout; on the right how many coroutine switches a process switch is worth. */
import type { SeriesOption } from "echarts";
import type { Row } from "../../experiment";
import { COLOURS, type Figure } from "../../figure";
import { LAYOUTS, layoutName, publishedSwitchRatio } from "../../published/switch";
import { COROUTINE, PROCESS } from "./modes";

const TITLE = "Switching between coroutines, threads and processes";
const TITLE_STYLE = { fontSize: 13, fontWeight: "bold" as const };
const PANELS = [
  { left: 60, width: 640, top: 110, height: 290 },
  { left: 790, width: 380, top: 110, height: 290 },
];

export function switchFigure(rows: readonly Row[]): Figure {
  const layouts = LAYOUTS.filter((layout) => rows.some((row) => row.layout === layoutName(layout)));
  const names = layouts.map(layoutName);
  const modes = [...new Set(rows.map(({ mode }) => mode))];
  const value = (mode: string, layout: string): number | "-" =>
    rows.find((row) => row.mode === mode && row.layout === layout)?.instructionsPerOp ?? "-";
  const bars = modes.map(
    (mode, index): SeriesOption => ({
      type: "bar",
      name: mode,
      color: COLOURS[index],
      barGap: "0%",
      data: names.map((layout) => value(mode, layout)),
    }),
  );
  const line = (name: string, color: string, data: (number | "-")[], dashed: boolean): SeriesOption => ({
    type: "line",
    name,
    color,
    xAxisIndex: 1,
    yAxisIndex: 1,
    symbol: dashed ? "emptyCircle" : "circle",
    symbolSize: 7,
    lineStyle: { type: dashed ? "dashed" : "solid", width: 2 },
    data,
  });
  const ours = names.map((layout): number | "-" => {
    const process = value(PROCESS, layout);
    const coroutine = value(COROUTINE, layout);
    return process === "-" || coroutine === "-" ? "-" : process / coroutine;
  });
  return {
    title: TITLE,
    width: 1220,
    height: 460,
    option: {
      title: [
        { text: TITLE, left: "center", top: 6, textStyle: { fontSize: 17 } },
        { text: "instructions for one switch", left: 30, top: 68, textStyle: TITLE_STYLE },
        {
          text: "process ÷ coroutine: ours —, published (time, x86) - -",
          left: 760,
          top: 68,
          textStyle: TITLE_STYLE,
        },
      ],
      legend: { top: 34, itemHeight: 10, textStyle: { fontSize: 11 }, data: modes },
      grid: PANELS,
      xAxis: PANELS.map((_, gridIndex) => ({
        type: "category" as const,
        gridIndex,
        name: "entities / working set",
        nameLocation: "middle" as const,
        nameGap: 28,
        axisLabel: { interval: 0, fontSize: 10 },
        data: names,
      })),
      yAxis: [
        { type: "log", gridIndex: 0, name: "instructions", min: 1 },
        { type: "value", gridIndex: 1, name: "×", min: 0 },
      ],
      series: [
        ...bars,
        line("ratio", COLOURS[0]!, ours, false),
        line(
          "ratio published",
          COLOURS[4]!,
          layouts.map((layout) => publishedSwitchRatio(layout) ?? "-"),
          true,
        ),
      ],
    },
  };
}
