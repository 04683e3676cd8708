// Progress of experiments on standard error: a line that is rewritten on a terminal; in a pipe or a log, a line a step.
import { createProgress, type Progress } from "./progress";

export function createLabProgress(): Progress {
  if (process.stderr.isTTY) return createProgress();
  let last = "";
  return {
    step(text) {
      if (text !== last) process.stderr.write(`${text}\n`);
      last = text;
    },
    done() {},
  };
}
