// Progress on standard error: one line that is rewritten on a terminal, silence in a pipe.
import pc from "picocolors";

export interface Progress {
  /** Shows what is being done now. */
  step(text: string): void;
  /** Takes the line away. */
  done(): void;
}

/** A progress line on standard error; writes nothing when that is no terminal or `quiet` is set. */
export function createProgress(quiet = false): Progress {
  if (quiet || !process.stderr.isTTY) return { step() {}, done() {} };
  const clear = "\r\x1b[2K";
  return {
    step(text) {
      process.stderr.write(clear + pc.dim(`${text} …`));
    },
    done() {
      process.stderr.write(clear);
    },
  };
}
