// Runs a machine in a terminal: the guest's console on standard output, the keyboard to the guest, and what the end means.
import type { Machine, RunResult } from "@rel4/machine";
import pc from "picocolors";
import { statisticsTable } from "./statistics";

/** Ctrl-A, then x, ends the machine, as in QEMU. */
const ESCAPE = 0x01;
const QUIT = "x".charCodeAt(0);

export interface SessionOptions {
  /** Guest input: the process's standard input, or none. */
  input: "stdin" | "none";
  /** Where the guest's console goes; standard output when absent. */
  onOutput?: (bytes: Uint8Array) => void;
  /** Ends the session after so many instructions of all harts. */
  maxInstructions?: number;
  /** Looks at the running machine now and then; a message ends the session. */
  watchdog?: (machine: Machine) => string | undefined;
}

export type SessionEnd = RunResult | { reason: "quit" } | { reason: "watchdog"; message: string };

/** Cycles between two looks at the keyboard and of the watchdog. */
const POLL_INTERVAL = 1_000_000;

/** Runs `machine` until it powers off, can never go on, reaches the limit, or the user quits. */
export async function runSession(machine: Machine, options: SessionOptions): Promise<SessionEnd> {
  const silence = machine.console.onOutput(options.onOutput ?? ((bytes) => void process.stdout.write(bytes)));
  const keyboard = options.input === "stdin" ? new Keyboard(machine) : undefined;
  try {
    const { maxInstructions, watchdog } = options;
    let message: string | undefined;
    const until = () => {
      message = watchdog?.(machine);
      return message !== undefined || (keyboard?.quit ?? false);
    };
    const result = await machine.run({ maxInstructions, until, pollInterval: POLL_INTERVAL });
    if (message !== undefined) return { reason: "watchdog", message };
    return keyboard?.quit ? { reason: "quit" } : result;
  } finally {
    keyboard?.close();
    silence();
  }
}

/** Standard input as the guest's keyboard: raw on a terminal, so that every key reaches the guest. */
class Keyboard {
  quit = false;
  private escaped = false;
  private readonly onData = (data: Buffer) => this.receive(data);
  private readonly onEnd = () => this.machine.console.closeInput();

  constructor(private readonly machine: Machine) {
    machine.console.openInput();
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.on("data", this.onData).on("end", this.onEnd).resume();
  }

  close(): void {
    process.stdin.off("data", this.onData).off("end", this.onEnd).pause();
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
  }

  private receive(data: Buffer): void {
    const passed = process.stdin.isTTY ? data.filter((byte) => this.passes(byte)) : data;
    if (passed.length > 0) this.machine.console.input(passed);
    // an idle machine waits for its console: closing it lets the run end
    if (this.quit) this.machine.console.closeInput();
  }

  /** False for the escape sequence's bytes. Ctrl-A twice sends one Ctrl-A. */
  private passes(byte: number): boolean {
    if (this.escaped) {
      this.escaped = false;
      if (byte === QUIT) this.quit = true;
      return byte === ESCAPE;
    }
    this.escaped = byte === ESCAPE;
    return !this.escaped;
  }
}

/** Exit code for a machine that had to be stopped from outside, as timeout(1) has it. */
const WATCHDOG_EXIT = 125;

/** Reports the end on standard error, with the harts' counters if asked for, and sets the process's exit code. */
export function finishSession(machine: Machine, end: SessionEnd, withStatistics = false): void {
  if (withStatistics) console.error(`\n${statisticsTable(machine)}`);
  const { code, message } = describeEnd(end);
  if (message) console.error(message);
  process.exitCode = code;
}

/** What the session's end means: an exit code and, unless the guest powered off by itself, a message. */
function describeEnd(end: SessionEnd): { code: number; message?: string } {
  const stopped = (message: string) => ({
    code: WATCHDOG_EXIT,
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
    default:
      return stopped(end.reason);
  }
}
