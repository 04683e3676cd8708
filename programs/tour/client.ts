/**
 * The tour's client: measures round trips to a server in four ways and prints what it found.
 *
 * With the argument --json it prints one line of JSON instead.
 */
import { Features, Process, peerIsRunning } from "rel4";
import { measure } from "./measure";
import { OVER_ASYNC, OVER_ENDPOINT, OVER_NOTIFICATION } from "./protocol";
import { printConclusion, printJson, printTable } from "./report";
import { Row } from "./row";

const NEAR = "near";
const FAR = "far";

/** Measures what this machine can do. */
function measureAll(): Row[] {
  const rows: Row[] = [measure("endpoint-local", OVER_ENDPOINT, NEAR, true)];
  if (!peerIsRunning(FAR)) return rows;
  rows.push(measure("endpoint-remote", OVER_ENDPOINT, FAR, false));
  rows.push(measure("notification", OVER_NOTIFICATION, FAR, false));
  if (Features.userInterrupts) rows.push(measure("u-notification", OVER_ASYNC, FAR, false));
  return rows;
}

/** Says what is missing, and why. */
function explainMissing(counted: bool): void {
  if (!peerIsRunning(FAR)) {
    console.log("Rows 2-4 need a second hart; this machine runs one (rel4: --harts 2, QEMU: -smp 2).");
  } else if (!Features.userInterrupts) {
    console.log(
      "Row 4 needs user interrupts: this machine has no hardware for them, or the kernel was built without.",
    );
  }
  if (!counted) console.log("n/a: this machine does not count traps, and its cycles may be the host's time.");
}

export function main(): void {
  const rows = measureAll();
  // a call and its answer cannot do without traps: if none was counted, the machine does not count
  const counted = rows[0].traps != 0;
  if (Process.arguments.includes("--json")) {
    printJson(rows, counted);
    return;
  }
  printTable(rows, counted);
  explainMissing(counted);
  printConclusion(rows, counted);
}
