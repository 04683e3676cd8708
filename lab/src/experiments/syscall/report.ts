/** Tables and goals of `rel4 lab syscall`. */
import { type Goal, type ResultTable, type Row, rounded } from "../../experiment";
import { PUBLISHED_SYSCALL_CYCLES, publishedValue } from "../../published/platform-a";

/** Calls in flight from which on the goals hold. */
const MANY = 64;

const PUBLISHED_SYNC = PUBLISHED_SYSCALL_CYCLES.sync as number;

/** The synchronous row asynchronous ones on as many harts are compared with. */
export function synchronous(rows: readonly Row[], harts: number): Row | undefined {
  return rows.find((row) => row.mode.startsWith("sync") && row.harts === harts && row.stage === undefined);
}

/** How many times as fast as synchronous calls on as many harts, by a count of the row. */
export function gain(
  rows: readonly Row[],
  row: Row,
  by: "instructionsPerOp" | "cyclesPerOp",
): number | undefined {
  const base = synchronous(rows, row.harts)?.[by];
  const own = row[by];
  return base && own ? base / own : undefined;
}

/** The published gain in cycles, or undefined. */
export function publishedGain(mode: string, concurrency: number): number | undefined {
  const cycles = publishedValue(PUBLISHED_SYSCALL_CYCLES, mode, concurrency);
  return cycles === null ? undefined : PUBLISHED_SYNC / cycles;
}

const number = (value: unknown, decimals: number) =>
  typeof value === "number" ? value.toFixed(decimals) : "–";

export function systemCallTable(rows: readonly Row[]): ResultTable {
  return {
    title: "One system call: mapping or unmapping a page",
    head: [
      "mode",
      "harts",
      "in flight",
      "instructions",
      "× as fast",
      "cycles",
      "× as fast",
      "published",
      "traps",
      "published",
      "TLB flushes",
      "published cycles",
    ],
    textColumns: 1,
    rows: rows.map((row) => [
      row.mode,
      String(row.harts),
      String(row.concurrency),
      number(row.instructionsPerOp, 1),
      number(gain(rows, row, "instructionsPerOp"), 2),
      number(row.cyclesPerOp, 1),
      number(gain(rows, row, "cyclesPerOp"), 2),
      number(publishedGain(row.mode, row.concurrency!), 2),
      number(row.trapsPerOp, 4),
      number(row.publishedTraps, 4),
      number(row.tlbFlushesPerOp, 4),
      number(row.published, 0),
    ]),
    notes: [
      "512 pages are mapped, then unmapped, again and again. Instructions are summed over all harts, kernel included.",
      "× as fast: as synchronous calls on as many harts. Published: ReL4 on its FPGA (Rocket, 100 MHz). Compare ratios, not cycles.",
    ],
  };
}

export function systemCallGoals(rows: readonly Row[]): Goal[] {
  return [...goalsOf(rows, "async-up", "one hart"), ...goalsOf(rows, "async-smp", "two harts")];
}

/** The goals of one mode, judged by the worst of its rows with many calls in flight. */
function goalsOf(rows: readonly Row[], mode: string, where: string): Goal[] {
  const many = rows.filter((row) => row.mode === mode && row.concurrency! >= MANY);
  const gains = many.map((row) => gain(rows, row, "instructionsPerOp")).filter((each) => each !== undefined);
  if (gains.length === 0) return [];
  const on = `${where}, ${MANY} in flight and more`;
  const goals: Goal[] = [
    {
      name: `${on}: times as few instructions as synchronous calls`,
      value: rounded(Math.min(...gains)),
      target: 1.5,
      direction: "at least",
      unit: "",
      published: 1.3,
    },
    {
      name: `${on}: traps for one call`,
      value: Math.max(...many.map(({ trapsPerOp }) => trapsPerOp!)),
      target: 0.02,
      direction: "at most",
      unit: "",
      published: 0.0265,
    },
  ];
  // what is in flight is one batch only where the handler runs when the program waits
  if (many[0]!.harts > 1) return goals;
  const flushes: Goal = {
    name: `${on}: TLB flushes for one call, at most one for ${MANY}`,
    value: Math.max(...many.map((row) => row.tlbFlushesPerOp as number)),
    target: rounded(1 / MANY, 5),
    direction: "at most",
    unit: "",
  };
  return [...goals, flushes];
}
