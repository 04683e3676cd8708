/** The figure of `rel4 lab notify`: a bar for each way, made of its stages. */
import type { SeriesOption } from "echarts";
import { rounded } from "../../experiment";
import { COLOURS, type Figure } from "../../figure";
import type { Measurement } from "./measure";
import type { Path } from "./paths";
import {
  ANSWER,
  CHECKS,
  CLIENT_BATCH,
  DISPATCH,
  HANDLE,
  HANDLER,
  HANDLER_ENTRY,
  INTERRUPTS,
  KERNEL_ENTRY,
  KERNEL_EXIT,
  LOOKUP,
  MESSAGE,
  POLL,
  POP,
  PUBLISH,
  PUSH,
  REPLY,
  RESUME,
  SEND,
  SERVER_BATCH,
  SIGNAL,
  SWITCH,
  TAKE_AND_PUSH,
  TIMER,
  WAKE,
} from "./stage-names";
import { stageOrder } from "./tables";

const TITLE = "Notifications and calls, stage by stage";
const BAR_HEIGHT = 26;
/** The kernel in blues and greys, what the sender or client does in yellows and reds, receiver and server in greens. */
const COLOUR_OF: Readonly<Record<string, string>> = {
  [SEND]: "#e69f00",
  [PUSH]: "#f3c969",
  [PUBLISH]: "#d55e00",
  [TAKE_AND_PUSH]: "#c98a1b",
  [CLIENT_BATCH]: "#f0894d",
  [KERNEL_ENTRY]: "#9fb4c7",
  [LOOKUP]: "#56b4e9",
  [CHECKS]: "#8fd0f5",
  [SIGNAL]: "#b8a800",
  [REPLY]: "#7d5fb2",
  [MESSAGE]: "#cc79a7",
  [HANDLER]: "#e3b7d0",
  [SWITCH]: "#0072b2",
  [TIMER]: "#1b4965",
  [INTERRUPTS]: "#7a9e3a",
  [KERNEL_EXIT]: "#666666",
  [HANDLER_ENTRY]: "#009e73",
  [POLL]: "#c9c4a0",
  [WAKE]: "#66c5ab",
  [POP]: "#2e8b57",
  [HANDLE]: "#0b5d3b",
  [SERVER_BATCH]: "#3fa37a",
  [ANSWER]: "#9bd3b0",
  [DISPATCH]: "#b5523b",
  [RESUME]: "#8c2d19",
};

export function notifyFigure(measurements: readonly Measurement[]): Figure {
  const stages = stageOrder(measurements).filter((stage) =>
    measurements.some((measurement) => instructionsOf(measurement, stage) > 0),
  );
  const names = measurements.map(({ path }) => labelOf(path));
  return {
    title: TITLE,
    width: 1200,
    height: 165 + BAR_HEIGHT * measurements.length,
    option: {
      title: { text: TITLE, left: "center", top: 6, textStyle: { fontSize: 17 } },
      legend: { top: 36, left: 40, right: 40, itemHeight: 10, textStyle: { fontSize: 11 } },
      grid: { left: 330, right: 60, top: 108, bottom: 45 },
      xAxis: { type: "value", name: "instructions", nameLocation: "middle", nameGap: 26 },
      yAxis: { type: "category", inverse: true, data: names, axisLabel: { fontSize: 11 } },
      series: stages.map((stage, index): SeriesOption => {
        const isLast = index === stages.length - 1;
        return {
          type: "bar",
          stack: "stages",
          name: stage,
          color: COLOUR_OF[stage] ?? COLOURS[index % COLOURS.length],
          barWidth: BAR_HEIGHT * 0.62,
          data: measurements.map((measurement) => instructionsOf(measurement, stage)),
          ...(isLast && {
            label: {
              show: true,
              position: "right" as const,
              formatter: ({ dataIndex }: { dataIndex: number }) =>
                String(rounded(measurements[dataIndex]!.sum.instructions, 1)),
            },
          }),
        };
      }),
    },
  };
}

function labelOf({ group, name, receiver }: Path): string {
  return [group, name, ...(receiver === null ? [] : [receiver])].join(" · ");
}

function instructionsOf({ stages }: Measurement, stage: string): number {
  return stages.find((cost) => cost.stage === stage)?.instructions ?? 0;
}
