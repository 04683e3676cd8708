// Signals that end the process: the first asks the session to end in order, so that output and files are complete; a second ends at once.
import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type EndingSignal = (typeof SIGNALS)[number];

/** Exit code of a process that a signal ended, as shells have it. */
export function signalExitCode(signal: EndingSignal): number {
  return 128 + constants.signals[signal];
}

export class EndingSignals {
  private received: EndingSignal | undefined;
  private readonly listener = (signal: EndingSignal) => {
    if (this.received) process.exit(signalExitCode(signal));
    this.received = signal;
    this.onFirst(signal);
  };

  /** @param onFirst called in a turn of the event loop of its own */
  constructor(private readonly onFirst: (signal: EndingSignal) => void) {
    for (const signal of SIGNALS) process.on(signal, this.listener);
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.listener);
  }
}
