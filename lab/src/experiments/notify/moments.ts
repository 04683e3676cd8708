/**
 * What the machine reports during an operation, in one form: moments, each with the hart's clock and its retired
 * instructions, so that two moments of a hart say exactly what lies between them.
 */
import type { MachineEvent } from "@rel4/machine";

/** Something a hart did. */
export interface Moment {
  kind: MachineEvent["kind"];
  hart: number;
  /**
   * The hart's clock, in cycles since power-on; the harts' clocks can be compared. A `uipi send` takes effect in the cycle it
   * executes in, so its moment is that cycle's beginning; all other moments are between two instructions.
   */
  clock: number;
  /** Instructions the hart has retired since power-on. */
  instructions: number;
  /** Of marks: the name. Of traps: "call", "fault" or "interrupt". Of returns and waiting: the instruction. */
  name: string;
  /** The program whose address space the hart is in; "" for the kernel's own and programs that did not announce themselves. */
  program: string;
  /** The stage that the code running from here on belongs to, as far as functions tell (regions.ts). */
  region: string | undefined;
  /** Of wake-ups: the cycles waited. */
  waited: number;
}

const USER_ECALL = 8;

/** The name of an event, as in `Moment.name`. */
export function nameOf(event: MachineEvent): string {
  switch (event.kind) {
    case "mark":
      return event.name;
    case "trap":
      if (event.interrupt) return "interrupt";
      return event.cause === USER_ECALL ? "call" : "fault";
    case "return":
    case "wait":
    case "wake":
      return event.instruction;
    default:
      return "";
  }
}
