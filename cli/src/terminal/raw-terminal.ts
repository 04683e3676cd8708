// The terminal in raw mode, in which every key reaches the guest, Ctrl-C too. Invariant: however the process ends, the terminal is
// as it was before.

/** Raw mode of standard input while it is a terminal; does nothing where it is none. */
export class RawTerminal {
  private readonly restore = () => this.setRaw(false);
  /** After a stop from outside (SIGSTOP), the shell has taken the terminal back to its own mode. */
  private readonly enter = () => this.setRaw(true);

  constructor() {
    this.enter();
    process.on("SIGCONT", this.enter).on("exit", this.restore);
  }

  close(): void {
    process.off("SIGCONT", this.enter).off("exit", this.restore);
    this.restore();
  }

  private setRaw(raw: boolean): void {
    if (process.stdin.isTTY) process.stdin.setRawMode(raw);
  }
}
