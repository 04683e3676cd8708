// Runs a machine in a terminal: the guest's console on standard output, the keyboard to the guest, the watchdog's verdict.
import type { Machine, RunResult } from "@rel4/machine";
import pc from "picocolors";

/** Instructions between two looks at the keyboard; about a hundredth of a second. */
const SLICE = 1_000_000;
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
}

export type SessionEnd = RunResult | { reason: "quit" };

/** Runs `machine` until it powers off, can never go on, reaches the limit, or the user quits. */
export async function runSession(machine: Machine, options: SessionOptions): Promise<SessionEnd> {
  machine.console.onOutput = options.onOutput ?? ((bytes) => void process.stdout.write(bytes));
  const keyboard = options.input === "stdin" ? new Keyboard(machine) : undefined;
  if (!keyboard) machine.console.closeInput();
  try {
    return await runSlices(machine, keyboard, options.maxInstructions ?? Number.POSITIVE_INFINITY);
  } finally {
    keyboard?.close();
  }
}

async function runSlices(machine: Machine, keyboard: Keyboard | undefined, limit: number): Promise<SessionEnd> {
  for (let left = limit; ; left -= SLICE) {
    const result = machine.run({ maxInstructions: Math.min(left, SLICE) });
    if (result.reason === "waiting") await keyboard?.typed();
    else if (result.reason !== "limit" || left <= SLICE) return result;
    await new Promise((resolve) => setImmediate(resolve));
    if (keyboard?.quit) return { reason: "quit" };
  }
}

/** Standard input as the guest's keyboard: raw on a terminal, so that every key reaches the guest. */
class Keyboard {
  quit = false;
  private escaped = false;
  private wake: (() => void) | undefined;
  private readonly onData = (data: Buffer) => this.receive(data);
  private readonly onEnd = () => {
    this.machine.console.closeInput();
    this.wake?.();
  };

  constructor(private readonly machine: Machine) {
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.on("data", this.onData).on("end", this.onEnd).resume();
  }

  /** Resolves when something was typed, the input ended, or the user quit. */
  typed(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  close(): void {
    process.stdin.off("data", this.onData).off("end", this.onEnd).pause();
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
  }

  private receive(data: Buffer): void {
    const passed = process.stdin.isTTY ? data.filter((byte) => this.passes(byte)) : data;
    if (passed.length > 0) this.machine.console.input(passed);
    this.wake?.();
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

/** What the session's end means: an exit code and, unless all went well, a message for standard error. */
export function describeEnd(end: SessionEnd, watchdogCode: number): { code: number; message?: string } {
  switch (end.reason) {
    case "poweroff":
      return { code: end.exitCode };
    case "deadlock":
      return {
        code: watchdogCode,
        message: `${pc.yellow("stopped:")} nothing can ever run again: every hart waits for an interrupt, and no timer or device will send one.`,
      };
    case "limit":
      return { code: watchdogCode, message: `${pc.yellow("stopped:")} the instruction limit was reached (--max-instructions).` };
    case "reset":
      return { code: 0, message: `${pc.dim("the guest asked for a reset; the machine stops here")}` };
    case "quit":
      return { code: 0, message: "" };
    default:
      return { code: watchdogCode, message: `${pc.yellow("stopped:")} ${end.reason}` };
  }
}
