// Runs a machine in a terminal: the guest's console on standard output, the keyboard to the guest, and what the end means.
import { type BuiltSystem, describeUnended } from "@rel4/image";
import type { Machine, RunResult } from "@rel4/machine";
import pc from "picocolors";
import { statisticsTable } from "./statistics";
import { type EndingSignal, EndingSignals, signalExitCode } from "./terminal/ending-signals";
import { GuestOutput } from "./terminal/guest-output";
import { Keyboard } from "./terminal/keyboard";
import { Monitor } from "./terminal/monitor";

export interface SessionOptions {
  /** Guest input: the process's standard input, or none. */
  input: "stdin" | "none";
  /** Ends the session after so many instructions of all harts. */
  maxInstructions?: number;
  /** Looks at the running machine now and then; a message ends the session. */
  watchdog?: (machine: Machine) => string | undefined;
  /** A guest that asks for a reset is started again (default: the session ends). */
  restarts?: boolean;
  /** Idle time is skipped even while the console is open. */
  skipIdle?: boolean;
}

export type SessionEnd =
  | RunResult
  | { reason: "quit" }
  | { reason: "signal"; signal: EndingSignal }
  | { reason: "watchdog"; message: string };

/** Cycles between two looks at the keyboard and of the watchdog. */
const POLL_INTERVAL = 1_000_000;

const KEYS = `
Ctrl-A X   end rel4
Ctrl-A C   monitor: registers, harts, memory, reset; again: back to the guest
Ctrl-A H   this help
Ctrl-A Ctrl-A   send one Ctrl-A to the guest
`;

/** Runs `machine` until it powers off, can never go on, reaches the limit, or the user quits. */
export function runSession(machine: Machine, options: SessionOptions): Promise<SessionEnd> {
  return new Session(machine, options).run();
}

class Session {
  /** What ends the session, once something does. */
  private ending: SessionEnd | undefined;
  private instructions = 0;

  constructor(
    private readonly machine: Machine,
    private readonly options: SessionOptions,
  ) {}

  async run(): Promise<SessionEnd> {
    const { machine } = this;
    const output = new GuestOutput((bytes) => void process.stdout.write(bytes));
    const silence = machine.console.onOutput((bytes) => output.write(bytes));
    const signals = new EndingSignals((signal) => this.end({ reason: "signal", signal }));
    const keyboard = this.options.input === "stdin" ? this.createKeyboard(output) : undefined;
    try {
      while (true) {
        const result = await this.runOnce();
        if (result.reason !== "reset" || this.ending || !this.options.restarts) return this.ending ?? result;
        machine.reset();
      }
    } finally {
      silence();
      output.flush();
      // what is said next, on the same terminal, should not follow an unfinished line
      if (output.isWithinLine && process.stdout.isTTY) process.stdout.write("\n");
      keyboard?.close();
      signals.close();
    }
  }

  /** From power-on to power-off. */
  private async runOnce(): Promise<RunResult> {
    const { machine, options } = this;
    const { maxInstructions } = options;
    const result = await machine.run({
      maxInstructions: maxInstructions === undefined ? undefined : maxInstructions - this.instructions,
      until: () => this.isOver(),
      pollInterval: POLL_INTERVAL,
      paced: options.skipIdle ? undefined : () => machine.console.inputOpen,
    });
    for (const { counters } of machine.harts)
      this.instructions += Number(counters.cycles - counters.waitCycles);
    return result;
  }

  private isOver(): boolean {
    const message = this.options.watchdog?.(this.machine);
    if (message !== undefined) this.ending ??= { reason: "watchdog", message };
    return this.ending !== undefined;
  }

  /** Ends the session; a machine that waits for the host is woken. */
  private end(ending: SessionEnd): void {
    this.ending ??= ending;
    this.machine.fromHost(() => {});
  }

  private createKeyboard(output: GuestOutput): Keyboard {
    const { machine } = this;
    const print = (text: string) => {
      output.flush();
      process.stdout.write(text);
    };
    const quit = () => this.end({ reason: "quit" });
    const reset = () => machine.fromHost(() => machine.requestReset());
    const monitor = new Monitor(machine, { quit, reset }, print);
    const commands = { quit, help: () => print(KEYS), monitor: () => monitor.toggle() };
    return new Keyboard(machine.console, commands, (byte) => monitor.key(byte));
  }
}

/** Exit code for a machine that had to be stopped from outside, as timeout(1) has it. */
const STOPPED_EXIT = 125;

/** Whether the guest came to its end by itself or at the user's wish. */
export function endedWell({ reason }: SessionEnd): boolean {
  return reason === "poweroff" || reason === "quit" || reason === "signal";
}

/**
 * Reports the end on standard error, with the harts' counters if asked for, and sets the process's exit code.
 * @param system what runs on the machine, if it is a system of programs
 */
export function finishSession(
  machine: Machine,
  end: SessionEnd,
  withStatistics = false,
  system?: BuiltSystem,
): void {
  if (withStatistics) console.error(`\n${statisticsTable(machine)}`);
  const { code, message } = describeEnd(end);
  if (message) console.error(message);
  const unended = end.reason === "deadlock" && system ? describeUnended(system, machine) : undefined;
  if (unended) console.error(`not ended: ${unended.names}`);
  if (unended?.hint) console.error(`${pc.dim("hint:")}  ${unended.hint}`);
  process.exitCode = code;
}

/** What the session's end means: an exit code and, unless the guest powered off by itself, a message. */
function describeEnd(end: SessionEnd): { code: number; message?: string } {
  const stopped = (message: string, code = STOPPED_EXIT) => ({
    code,
    message: `${pc.yellow("stopped:")} ${message}`,
  });
  switch (end.reason) {
    case "poweroff":
      return { code: end.exitCode };
    case "deadlock":
      return stopped(
        "nothing can ever run again: every hart waits for an interrupt, and no timer or device will send one",
      );
    case "limit":
      return stopped("the instruction limit was reached; --max-instructions raises it");
    case "reset":
      return stopped("the guest asked for a reset");
    case "watchdog":
      return stopped(end.message);
    case "quit":
      return stopped("at your request");
    case "signal":
      return stopped(`by ${end.signal}`, signalExitCode(end.signal));
    default:
      return stopped(end.reason);
  }
}
