/** The figure of `rel4 lab notify`: a bar for each way, made of its stages. */
import type { SeriesOption } from "echarts";
import { COLOURS, type Figure } from "../../figure";
import type { Measurement } from "./measure";
import { stageOrder } from "./tables";

const TITLE = "Notifications and calls, stage by stage";
const BAR_HEIGHT = 26;
/** Colours beyond the palette: paler ones, for what is left. */
const MORE_COLOURS = ["#99c7e0", "#f5d899", "#99d8c7", "#ebc9dc"];

export function notifyFigure(measurements: readonly Measurement[]): Figure {
  const stages = stageOrder(measurements).filter((stage) =>
    measurements.some((measurement) => instructionsOf(measurement, stage) > 0),
  );
  const colours = [...COLOURS, ...MORE_COLOURS];
  const names = measurements.map(({ path }) => `${path.name}${path.receiver ? ` · ${path.receiver}` : ""}`);
  return {
    title: TITLE,
    width: 1200,
    height: 150 + BAR_HEIGHT * measurements.length,
    option: {
      title: { text: TITLE, left: "center", top: 6, textStyle: { fontSize: 17 } },
      legend: { top: 36, left: 40, right: 40, itemHeight: 10, textStyle: { fontSize: 11 } },
      grid: { left: 300, right: 60, top: 90, bottom: 45 },
      xAxis: { type: "value", name: "instructions", nameLocation: "middle", nameGap: 26 },
      yAxis: { type: "category", inverse: true, data: names, axisLabel: { fontSize: 11 } },
      series: stages.map((stage, index): SeriesOption => {
        const isLast = index === stages.length - 1;
        return {
          type: "bar",
          stack: "stages",
          name: stage,
          color: colours[index % colours.length],
          barWidth: BAR_HEIGHT * 0.62,
          data: measurements.map((measurement) => instructionsOf(measurement, stage)),
          ...(isLast && {
            label: {
              show: true,
              position: "right" as const,
              formatter: ({ dataIndex }: { dataIndex: number }) =>
                String(measurements[dataIndex]!.sum.instructions),
            },
          }),
        };
      }),
    },
  };
}

function instructionsOf({ stages }: Measurement, stage: string): number {
  return stages.find((cost) => cost.stage === stage)?.instructions ?? 0;
}
