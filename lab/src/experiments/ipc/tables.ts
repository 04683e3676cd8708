/** The tables of `rel4 lab ipc`: each mode by concurrency, and notifications by the server's work. */
import type { ResultTable, Row } from "../../experiment";
import { PUBLISHED_IPC_NOTIFICATIONS, PUBLISHED_IPC_WORK, publishedValue } from "../../published/platform-a";
import { SEL4_FASTPATH_ROUND_TRIP } from "../../published/sel4";
import { type IpcResults, publishedRatio } from "./results";

const number = (value: number | undefined | null, decimals: number) =>
  value === undefined || value === null ? "–" : value.toFixed(decimals);

export function ipcTables(results: IpcResults): ResultTable[] {
  const tables = [byMode(results)];
  return results.workConcurrencies.length > 0 ? [...tables, byWork(results)] : tables;
}

function byMode(results: IpcResults): ResultTable {
  return {
    title: "One IPC: a request of four words, and its answer",
    head: [
      "mode",
      "harts",
      "in flight",
      "instructions",
      "in S",
      "cycles",
      "traps",
      "user int.",
      "notified",
      "published",
      "× fastpath",
      "published",
      "published cycles",
    ],
    textColumns: 1,
    rows: results.rows.filter(({ work }) => work === 0).map((row) => modeCells(row, results)),
    notes: [
      `S = ${SEL4_FASTPATH_ROUND_TRIP} instructions: the real seL4's fastpath round trip (Call 249 + ReplyRecv 289), without what programs do between the calls.`,
      "Instructions are summed over all harts, kernel included. Notified: how often the client wakes the server.",
      "× fastpath: cycles as a multiple of the own synchronous fastpath's; published, of theirs.",
      "Published: ReL4 on its FPGA (four Rocket cores, 100 MHz). Compare ratios, not cycles.",
    ],
  };
}

function modeCells(row: Row, results: IpcResults): string[] {
  const concurrency = row.concurrency!;
  return [
    row.mode,
    String(row.harts),
    String(concurrency),
    number(row.instructionsPerOp, 1),
    number(row.instructionsPerOp! / SEL4_FASTPATH_ROUND_TRIP, 3),
    number(row.cyclesPerOp, 1),
    number(row.trapsPerOp, 3),
    number(row.userInterruptsPerOp, 3),
    number(row.notificationsPerOp as number, 3),
    number(publishedValue(PUBLISHED_IPC_NOTIFICATIONS, row.mode, concurrency), 3),
    number(results.ratio(row.mode, concurrency), 2),
    number(publishedRatio(row.mode, concurrency), 2),
    number(row.published, 0),
  ];
}

function byWork(results: IpcResults): ResultTable {
  const concurrencies = results.workConcurrencies;
  return {
    title: "Notifications to the server for one IPC, by the server's work (two harts)",
    head: [
      "server multiplies",
      ...concurrencies.flatMap((n) => [`${n} in flight`, "without polling", "published"]),
      "instructions",
    ],
    textColumns: 1,
    rows: results.works.map((work) => [
      work === 0 ? "nothing" : `${work} × ${work}`,
      ...concurrencies.flatMap((n) => [
        ...["async-smp", "async-smp-armed"].map((mode) =>
          number(results.find(mode, n, work)?.notificationsPerOp as number | undefined, 3),
        ),
        number(PUBLISHED_IPC_WORK[n]?.[work], 3),
      ]),
      number(results.find("async-smp", concurrencies[0]!, work)?.instructionsPerOp, 0),
    ]),
    notes: [
      "Without polling (async-smp-armed): who has nothing to do waits for a user interrupt at once, as in the published system. Ours polls for as long as that has paid lately, which covers the gaps between requests here.",
    ],
  };
}
