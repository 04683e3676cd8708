/** Prints the rows: as a table with a sentence that says what they show, or as one line of JSON. */
import { hundredths, Row } from "./row";

const WIDTHS: StaticArray<i32> = [18, 7, 8, 11, 12, 11, 11, 17];

function line(cells: string[]): string {
  let text = cells[0].padEnd(WIDTHS[0]);
  for (let i = 1; i < cells.length; i++) text += cells[i].padStart(WIDTHS[i]);
  return text;
}

/** Counts events per round trip, or says that this machine does not count them. */
function events(value: u64, counted: bool): string {
  return counted ? hundredths(value) : "n/a";
}

/** Prints the table. @param counted whether this machine counts traps and user interrupts */
export function printTable(rows: Row[], counted: bool): void {
  console.log(line(["", "", "round", "cycles per", "round trip:", "", "traps per", "user interrupts"]));
  console.log(line(["mode", "harts", "trips", "min", "median", "p99", "trip", "per trip"]));
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    console.log(
      line([
        `${(i + 1).toString()} ${row.mode}`,
        row.harts.toString(),
        row.roundTrips.toString(),
        row.cyclesMin.toString(),
        row.cyclesMedian.toString(),
        row.cyclesP99.toString(),
        events(row.trapsPerTrip, counted),
        events(row.userInterruptsPerTrip, counted),
      ]),
    );
  }
}

function find(rows: Row[], mode: string): Row | null {
  for (let i = 0; i < rows.length; i++) if (rows[i].mode == mode) return rows[i];
  return null;
}

/** How many times as many cycles `slow` takes as `fast`, at the median. */
function times(slow: Row, fast: Row): string {
  const tenths = (<u64>slow.cyclesMedian * 10 + fast.cyclesMedian / 2) / fast.cyclesMedian;
  return `${(tenths / 10).toString()}.${(tenths % 10).toString()}`;
}

/** Says in a sentence what the measured numbers show. */
export function printConclusion(rows: Row[], counted: bool): void {
  const local = find(rows, "endpoint-local");
  const remote = find(rows, "endpoint-remote");
  const kernel = find(rows, "notification");
  const user = find(rows, "u-notification");
  if (user !== null && kernel !== null && remote !== null) {
    const entered =
      user.traps == 0
        ? "does not enter the kernel at all"
        : `enters the kernel ${hundredths(user.trapsPerTrip)} times per round trip`;
    console.log(
      `Across harts, a round trip by user interrupts takes ${user.cyclesMedian.toString()} cycles and ${entered}; ` +
        `through the kernel it takes ${times(kernel, user)} times as long by notifications ` +
        `(${hundredths(kernel.trapsPerTrip)} traps) and ${times(remote, user)} times as long by endpoint calls ` +
        `(${hundredths(remote.trapsPerTrip)} traps).`,
    );
  } else if (remote !== null && local !== null) {
    console.log(
      `A call to a server on another hart takes ${times(remote, local)} times as long as one on the same hart.`,
    );
  } else if (local !== null) {
    const traps = counted ? ` and ${hundredths(local.trapsPerTrip)} traps` : "";
    console.log(
      `A call to another process and its answer take ${local.cyclesMedian.toString()} cycles${traps}.`,
    );
  }
}

/** Prints everything as one line of JSON; event counts are null where the machine does not count them. */
export function printJson(rows: Row[], counted: bool): void {
  let text = '{"rows":[';
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (i > 0) text += ",";
    text += `{"mode":"${row.mode}","harts":${row.harts.toString()},"roundTrips":${row.roundTrips.toString()}`;
    text += `,"cyclesMin":${row.cyclesMin.toString()},"cyclesMedian":${row.cyclesMedian.toString()}`;
    text += `,"cyclesP99":${row.cyclesP99.toString()}`;
    text += `,"trapsPerRoundTrip":${counted ? hundredths(row.trapsPerTrip) : "null"}`;
    text += `,"userInterruptsPerRoundTrip":${counted ? hundredths(row.userInterruptsPerTrip) : "null"}}`;
  }
  console.log(`${text}]}`);
}
