/** The figure of `rel4 lab ipc`, in the form of the published one, with a panel that sets ours beside it. */
import type { SeriesOption } from "echarts";
import { COLOURS, type Figure } from "../../figure";
import { PUBLISHED_IPC_WORK } from "../../published/platform-a";
import { type IpcResults, publishedRatio } from "./results";

const COLOUR_OF: Record<string, string> = {
  "sync-fastpath": COLOURS[0]!,
  "sync-slowpath": COLOURS[5]!,
  "sync-smp": COLOURS[6]!,
  "async-up": COLOURS[4]!,
  "async-smp": COLOURS[2]!,
};

const LABEL_OF: Record<string, string> = {
  "sync-fastpath": "sync, fastpath, one hart",
  "sync-slowpath": "sync, slowpath, one hart",
  "sync-smp": "sync, two harts",
  "async-up": "async, one hart",
  "async-smp": "async, two harts",
};

const TITLE = "Synchronous and asynchronous IPC";
const TITLE_STYLE = { fontSize: 13, fontWeight: "bold" as const };
const PANELS = [
  { left: 60, width: 500 },
  { left: 680, width: 290 },
  { left: 1060, width: 280 },
] as const;
/** Legends of the panels stand in these rows. */
const LEGEND_TOP = 34;
const TOP = 118;
const HEIGHT = 290;

/** Values in the order of the concurrencies; "-" is ECharts' gap. */
function values(concurrencies: number[], of: (n: number) => number | null | undefined): (number | "-")[] {
  return concurrencies.map((n) => of(n) ?? "-");
}

/** Modes that have a published counterpart. */
function drawnModes({ modes }: IpcResults): string[] {
  return modes.filter((mode) => mode in LABEL_OF);
}

/** Bars: cycles by mode. Lines: how often the client wakes the server. */
function cyclesPanel(results: IpcResults): SeriesOption[] {
  const modes = drawnModes(results);
  const { concurrencies } = results;
  const bars = modes.map(
    (mode): SeriesOption => ({
      type: "bar",
      name: LABEL_OF[mode],
      color: COLOUR_OF[mode],
      barGap: "0%",
      data: values(concurrencies, (n) => results.find(mode, n)?.cyclesPerOp),
    }),
  );
  const frequencies = modes
    .filter((mode) => mode.startsWith("async"))
    .map(
      (mode): SeriesOption => ({
        type: "line",
        name: `notifications: ${LABEL_OF[mode]}`,
        color: COLOUR_OF[mode],
        yAxisIndex: 1,
        symbol: "circle",
        symbolSize: 7,
        lineStyle: { width: 2 },
        data: values(concurrencies, (n) => results.find(mode, n)?.notificationsPerOp as number | undefined),
      }),
    );
  return [...bars, ...frequencies];
}

/** Ours (solid) and the published system's (dashed) cycles as multiples of the own synchronous fastpath. */
function ratioPanel(results: IpcResults): SeriesOption[] {
  const { concurrencies } = results;
  const line = (mode: string, isOurs: boolean): SeriesOption => ({
    type: "line",
    name: isOurs ? `ratio: ${mode}` : `ratio published: ${mode}`,
    color: COLOUR_OF[mode],
    xAxisIndex: 1,
    yAxisIndex: 2,
    symbol: isOurs ? "circle" : "emptyCircle",
    symbolSize: 6,
    lineStyle: { type: isOurs ? "solid" : "dashed", width: isOurs ? 2 : 1.5 },
    data: values(concurrencies, (n) => (isOurs ? results.ratio(mode, n) : publishedRatio(mode, n))),
  });
  return drawnModes(results).flatMap((mode) => [line(mode, true), line(mode, false)]);
}

type LineKind = "solid" | "dashed" | "dotted";

/** Notifications by server work: ours solid, ours without polling dotted, published dashed. */
function workPanel(results: IpcResults): SeriesOption[] {
  const measured = (mode: string, concurrency: number, work: number) =>
    results.find(mode, concurrency, work)?.notificationsPerOp as number | undefined;
  return results.workConcurrencies.flatMap((concurrency, index) => {
    const line = (name: string, kind: LineKind, of: (work: number) => number | undefined): SeriesOption => ({
      type: "line",
      name,
      color: COLOURS[[4, 2, 0][index] ?? index],
      xAxisIndex: 2,
      yAxisIndex: 3,
      symbol: kind === "dashed" ? "emptyCircle" : "circle",
      symbolSize: 6,
      lineStyle: { type: kind, width: kind === "dashed" ? 1.5 : 2 },
      data: results.works.map((work) => of(work) ?? "-"),
    });
    return [
      line(`${concurrency} in flight`, "solid", (work) => measured("async-smp", concurrency, work)),
      line(`without polling: ${concurrency}`, "dotted", (work) =>
        measured("async-smp-armed", concurrency, work),
      ),
      line(`published: ${concurrency}`, "dashed", (work) => PUBLISHED_IPC_WORK[concurrency]?.[work]),
    ];
  });
}

export function ipcFigure(results: IpcResults): Figure {
  const hasWork = results.workConcurrencies.length > 0;
  const panels = PANELS.slice(0, hasWork ? 3 : 2);
  const categories = results.concurrencies.map(String);
  const axis = (gridIndex: number, name: string, data: string[]) => ({
    type: "category" as const,
    gridIndex,
    name,
    nameLocation: "middle" as const,
    nameGap: 28,
    data,
  });
  const title = (index: number, text: string) => ({
    text,
    left: PANELS[index]!.left - 30,
    top: TOP - 48,
    textStyle: TITLE_STYLE,
  });
  const legend = (left: number, data: string[]) => ({
    left,
    top: LEGEND_TOP,
    itemHeight: 10,
    textStyle: { fontSize: 11 },
    data,
  });
  return {
    title: TITLE,
    width: hasWork ? 1380 : 1030,
    height: 460,
    option: {
      title: [
        { text: TITLE, left: "center", top: 6, textStyle: { fontSize: 17 } },
        title(0, "cycles for one IPC (bars), notifications for one IPC (lines)"),
        title(1, "cycles ÷ those of the own sync fastpath"),
        ...(hasWork ? [title(2, "notifications for one IPC, two harts")] : []),
      ],
      legend: [
        legend(
          PANELS[0].left - 30,
          drawnModes(results).map((mode) => LABEL_OF[mode]!),
        ),
        legend(
          PANELS[2].left - 30,
          results.workConcurrencies.map((n) => `${n} in flight`),
        ),
      ],
      grid: panels.map((panel) => ({ ...panel, top: TOP, height: HEIGHT })),
      xAxis: [
        axis(0, "calls in flight", categories),
        axis(1, "calls in flight", categories),
        ...(hasWork ? [axis(2, "n × n matrices multiplied by the server", results.works.map(String))] : []),
      ],
      yAxis: [
        { type: "log", gridIndex: 0, name: "cycles (log)", min: 10 },
        { type: "value", gridIndex: 0, name: "notifications", min: 0, splitLine: { show: false } },
        { type: "log", gridIndex: 1, name: "ours —, published - -", min: 0.1 },
        ...(hasWork
          ? [
              {
                type: "value" as const,
                gridIndex: 2,
                min: 0,
                name: "ours —, no polling ···, published - -",
              },
            ]
          : []),
      ],
      series: [...cyclesPanel(results), ...ratioPanel(results), ...(hasWork ? workPanel(results) : [])],
    },
  };
}
