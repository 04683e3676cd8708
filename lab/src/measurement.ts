/** From a window to the numbers of a row. */
import { rounded } from "./experiment";
import type { Window } from "./windows";

/** Per operation, the numbers every row has. */
export interface PerOperation {
  instructionsPerOp: number;
  cyclesPerOp: number;
  trapsPerOp: number;
  userInterruptsPerOp: number;
}

/** Divides what a window counted by the operations done in it. */
export function perOperation({ operations, elapsed, total }: Window): PerOperation {
  return {
    instructionsPerOp: rounded(total.instructions / operations),
    cyclesPerOp: rounded(elapsed / operations),
    trapsPerOp: rounded(total.traps / operations, 5),
    userInterruptsPerOp: rounded(total.userInterrupts / operations, 5),
  };
}

/** Wake-ups for one operation that the program which opened the window sent: by `uipi` and by way of the kernel. */
export function ownNotificationsPerOperation(window: Window, hart: number): number {
  const sent = window.systemCalls.ownNotifications + window.harts[hart]!.uipiSends;
  return rounded(sent / window.operations, 5);
}
