/** Figures as SVG text, drawn by ECharts without a browser. The same figure is the same text each time. */
import { COLOURS, type Figure } from "./figure";

const FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif";

/** Widths of texts, for which ECharts would ask a browser: wide enough for the usual fonts without serifs. */
const EM_PER_CHARACTER = 0.6;

/** The library in one file, loaded when something is drawn: it would double the time any command takes to start. */
async function loadLibrary(): Promise<typeof import("echarts")> {
  const echarts = await import("echarts/dist/echarts.esm.min.mjs");
  echarts.setPlatformAPI({
    measureText(text, font) {
      const size = Number(/(\d+(?:\.\d+)?)px/.exec(font ?? "")?.[1] ?? 12);
      return { width: text.length * size * EM_PER_CHARACTER };
    },
  });
  return echarts;
}

/** The figure as an SVG document. */
export async function drawFigure({ width, height, option }: Figure): Promise<string> {
  const echarts = await loadLibrary();
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
