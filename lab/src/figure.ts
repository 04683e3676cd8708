/** Figures: charts as SVG text, drawn by ECharts without a browser. The same figure is the same text each time. */
import * as echarts from "echarts";

/** What to draw: ECharts' own description of a chart, and its size in pixels. */
export interface Figure {
  title: string;
  width: number;
  height: number;
  option: echarts.EChartsOption;
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

const FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif";

/** Widths of texts, for which ECharts would ask a browser: wide enough for the usual fonts without serifs. */
const EM_PER_CHARACTER = 0.6;
echarts.setPlatformAPI({
  measureText(text, font) {
    const size = Number(/(\d+(?:\.\d+)?)px/.exec(font ?? "")?.[1] ?? 12);
    return { width: text.length * size * EM_PER_CHARACTER };
  },
});

/** The figure as an SVG document. */
export function drawFigure({ width, height, option }: Figure): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "#ffffff",
      color: COLOURS,
      textStyle: { fontFamily: FONT },
      ...option,
    });
    return `${withOwnNames(chart.renderToSVGString())}\n`;
  } finally {
    chart.dispose();
  }
}

/** ECharts numbers its classes and gradients by how many charts a process has drawn: number them by their order instead. */
function withOwnNames(svg: string): string {
  const names = new Map<string, string>();
  return svg.replace(/\bzr\d+-[A-Za-z]+-?\d+/g, (name) => {
    const own = names.get(name) ?? `c${names.size}`;
    names.set(name, own);
    return own;
  });
}
