// `--stats`: what the harts did, from the machine's counters.
import type { Machine } from "@rel4/machine";
import Table from "cli-table3";

const BORDERLESS = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
    .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid"])
    .map((name) => [name, ""]),
);

/** A table of counters, one row a hart. */
export function statisticsTable(machine: Machine): string {
  const head = [
    "hart",
    "cycles",
    "waiting",
    "instructions U",
    "S",
    "M",
    "traps to S",
    "to M",
    "user interrupts",
    "uipi sends",
  ];
  const table = new Table({
    head,
    chars: { ...BORDERLESS, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: head.map(() => "right"),
  });
  for (const hart of machine.harts) {
    const { cycles, waitCycles, instructionsIn, trapsTo, userInterrupts, uipiSends } = hart.counters;
    table.push(
      [
        BigInt(hart.id),
        cycles,
        waitCycles,
        instructionsIn.user,
        instructionsIn.supervisor,
        instructionsIn.machine,
        trapsTo.supervisor,
        trapsTo.machine,
        userInterrupts,
        uipiSends,
      ].map((value) => value.toLocaleString("en")),
    );
  }
  return table.toString();
}
