/** The figure of `rel4 lab syscall`: cycles and traps for one call, in the form of the published one, and the gain. */
import type { SeriesOption } from "echarts";
import type { Row } from "../../experiment";
import { COLOURS, type Figure } from "../../figure";
import { gain, publishedGain } from "./report";

const COLOUR_OF: Record<string, string> = {
  sync: COLOURS[0]!,
  "sync-smp": COLOURS[5]!,
  "async-up": COLOURS[4]!,
  "async-smp": COLOURS[2]!,
};
const LABEL_OF: Record<string, string> = {
  sync: "sync, one hart",
  "sync-smp": "sync, two harts",
  "async-up": "async, one hart",
  "async-smp": "async, two harts",
};
const TITLE = "Synchronous and asynchronous system calls: mapping and unmapping pages";
const LEFT = { left: 65, width: 470 };
const RIGHT = { left: 690, width: 320 };
const TOP = 110;
const HEIGHT = 280;

/** Calls in flight of the asynchronous rows, ascending. */
function concurrencies(rows: readonly Row[]): number[] {
  const some = rows.filter(({ mode }) => mode.startsWith("async")).map(({ concurrency }) => concurrency!);
  return [...new Set(some)].sort((a, b) => a - b);
}

/** The row of a mode; a synchronous mode has one, whatever is in flight. */
function find(rows: readonly Row[], mode: string, concurrency: number): Row | undefined {
  return rows.find(
    (row) => row.mode === mode && (mode.startsWith("sync") || row.concurrency === concurrency),
  );
}

export function systemCallFigure(rows: readonly Row[]): Figure {
  const some = concurrencies(rows);
  const categories = some.length > 0 ? some : [1];
  const modes = [...new Set(rows.map(({ mode }) => mode))].filter((mode) => mode in LABEL_OF);
  const asynchronous = modes.filter((mode) => mode.startsWith("async"));
  const values = (of: (n: number) => number | null | undefined) => categories.map((n) => of(n) ?? "-");
  const cycles = modes.map(
    (mode): SeriesOption => ({
      type: "bar",
      name: LABEL_OF[mode],
      color: COLOUR_OF[mode],
      barGap: "0%",
      data: values((n) => find(rows, mode, n)?.cyclesPerOp),
    }),
  );
  const traps = asynchronous.map(
    (mode): SeriesOption => ({
      type: "line",
      name: `traps: ${mode}`,
      color: COLOUR_OF[mode],
      yAxisIndex: 1,
      symbol: "circle",
      symbolSize: 7,
      data: values((n) => find(rows, mode, n)?.trapsPerOp),
    }),
  );
  const gains = asynchronous.flatMap((mode) =>
    [true, false].map(
      (isOurs): SeriesOption => ({
        type: "line",
        name: `${isOurs ? "gain" : "published gain"}: ${mode}`,
        color: COLOUR_OF[mode],
        xAxisIndex: 1,
        yAxisIndex: 2,
        symbol: isOurs ? "circle" : "emptyCircle",
        lineStyle: { type: isOurs ? "solid" : "dashed", width: isOurs ? 2 : 1.5 },
        data: values((n) => {
          const row = find(rows, mode, n);
          return isOurs ? row && gain(rows, row, "cyclesPerOp") : publishedGain(mode, n);
        }),
      }),
    ),
  );
  const axis = (gridIndex: number) => ({
    type: "category" as const,
    gridIndex,
    name: "calls in flight",
    nameLocation: "middle" as const,
    nameGap: 28,
    data: categories.map(String),
  });
  const title = (left: number, text: string) => ({
    text,
    left,
    top: TOP - 48,
    textStyle: { fontSize: 13, fontWeight: "bold" as const },
  });
  return {
    title: TITLE,
    width: 1060,
    height: 450,
    option: {
      title: [
        { text: TITLE, left: "center", top: 6, textStyle: { fontSize: 17 } },
        title(LEFT.left - 30, "cycles for one call (bars), traps for one call (lines)"),
        title(RIGHT.left - 30, "times as fast as sync: ours —, published - -"),
      ],
      legend: {
        top: 32,
        itemHeight: 10,
        textStyle: { fontSize: 11 },
        data: modes.map((mode) => LABEL_OF[mode]!),
      },
      grid: [LEFT, RIGHT].map((panel) => ({ ...panel, top: TOP, height: HEIGHT })),
      xAxis: [axis(0), axis(1)],
      yAxis: [
        { type: "value", gridIndex: 0, name: "cycles", min: 0 },
        { type: "value", gridIndex: 0, name: "traps", min: 0, splitLine: { show: false } },
        { type: "value", gridIndex: 1, name: "×", min: 0 },
      ],
      series: [...cycles, ...traps, ...gains],
    },
  };
}
