/** Figures: what experiments draw. Drawing itself is in draw-figure.ts, which loads the chart library. */
import type { EChartsOption } from "echarts";

/** What to draw: ECharts' own description of a chart, and its size in pixels. */
export interface Figure {
  title: string;
  width: number;
  height: number;
  option: EChartsOption;
}

/** Colours that stay apart for colour-blind readers and in print (Okabe and Ito's). */
export const COLOURS = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#d55e00",
  "#56b4e9",
  "#666666",
  "#b8a800",
];
