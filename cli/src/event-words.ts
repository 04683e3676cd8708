// A machine's events in words, a line each.
import { type MachineEvent, Privilege, type SymbolTable } from "@rel4/machine";

const MODES = { [Privilege.user]: "U", [Privilege.supervisor]: "S", [Privilege.machine]: "M" } as const;

/** Exception codes of the Privileged ISA, table 3.6. */
const EXCEPTIONS: readonly (string | undefined)[] = [
  "instruction address misaligned",
  "instruction access fault",
  "illegal instruction",
  "breakpoint",
  "load address misaligned",
  "load access fault",
  "store address misaligned",
  "store access fault",
  "ecall from U",
  "ecall from S",
  undefined,
  "ecall from M",
  "instruction page fault",
  "load page fault",
  undefined,
  "store page fault",
];
const INTERRUPTS: readonly (string | undefined)[] = ["software", "timer", "external"].flatMap((kind) => [
  `user ${kind}`,
  `supervisor ${kind}`,
  undefined,
  `machine ${kind}`,
]);

/** Clock in cycles, hart, mode, pc with its name, and what happened. */
export function describeEvent(event: MachineEvent, symbols?: SymbolTable): string {
  const { clock, hart, privilege, pc } = event;
  const name = symbols?.lookup(pc) ? ` ${symbols.describe(pc)}` : "";
  return `${String(clock).padStart(12)} hart ${hart} ${MODES[privilege]} 0x${pc.toString(16)}${name}  ${describeAction(event)}`;
}

function describeAction(event: MachineEvent): string {
  switch (event.kind) {
    case "trap":
      return `${describeCause(event.cause, event.interrupt)} to ${MODES[event.to]}${
        event.interrupt ? "" : `, value 0x${event.trapValue.toString(16)}`
      }`;
    case "userInterrupt":
      return `${describeCause(event.cause, true)} to U`;
    case "uipiSend":
      return `uipi send to receiver ${event.receiver}, vector ${event.vector}`;
    case "return":
      return `${event.instruction} to ${MODES[event.to]} 0x${event.target.toString(16)}`;
    case "wait":
      return `${event.instruction}: waits`;
    case "wake":
      return `${event.instruction}: goes on after ${event.waited} cycles`;
    case "device":
      return (
        `${event.write ? "write" : "read"} ${event.bytes} at 0x${event.address.toString(16)} (${event.device ?? "no device"})` +
        (event.refused ? ": access fault" : `: 0x${event.value.toString(16)}`)
      );
    case "mark":
      return event.name;
  }
}

/** An exception by its name and number. */
export function exceptionName(cause: number): string {
  return describeCause(cause, false);
}

function describeCause(cause: number, interrupt: boolean): string {
  const name = (interrupt ? INTERRUPTS : EXCEPTIONS)[cause];
  const kind = interrupt ? "interrupt" : "exception";
  return name ? `${kind} ${cause} (${name})` : `${kind} ${cause}`;
}
