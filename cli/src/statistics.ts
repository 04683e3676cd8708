// `--stats`: what the harts did, from the machine's counters.
import type { Machine } from "@rel4/machine";
import { plainTable } from "./table";

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
  const rows: string[][] = [];
  for (const hart of machine.harts) {
    const { cycles, waitCycles, instructionsIn, trapsTo, userInterrupts, uipiSends } = hart.counters;
    rows.push(
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
  return plainTable(head, rows);
}
