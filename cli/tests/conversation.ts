// A running `rel4`, typed to and read as a person would: in pipes, or at a pseudo-terminal (util-linux's `script` makes it).
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../bin/rel4.js", import.meta.url));
const PATIENCE = 100_000;
const ENVIRONMENT = { ...process.env, NO_COLOR: "1" };

/** Whether pseudo-terminals can be made here. */
export const hasTerminals =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;

/** Runs `rel4` with arguments in `folder`, its input and output in pipes. */
export function inPipes(folder: string, ...args: string[]): Conversation {
  return new Conversation(spawn(process.execPath, [BIN, ...args], { cwd: folder, env: ENVIRONMENT }));
}

/** Runs `rel4` with arguments in `folder` at a terminal; then it says `code=` and how the terminal is set. */
export function atTerminal(folder: string, ...args: string[]): Conversation {
  const quoted = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(" ");
  const command = `sh -c "echo pid=\\$\\$; exec ${quoted}"; echo "code=$?"; stty -a`;
  return new Conversation(
    spawn("script", ["-qfec", command, "/dev/null"], { cwd: folder, env: ENVIRONMENT }),
  );
}

export class Conversation {
  private output = "";
  private seen = 0;
  private wake: () => void = () => {};

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        this.wake();
      });
    child.on("close", () => this.wake());
  }

  type(keys: string): void {
    this.child.stdin!.write(keys);
  }

  /** Waits for a match of `pattern` in the output behind the last match. */
  async expect(pattern: RegExp): Promise<RegExpExecArray> {
    const end = Date.now() + PATIENCE;
    while (true) {
      const match = pattern.exec(this.output.slice(this.seen));
      if (match) {
        this.seen += match.index + match[0].length;
        return match;
      }
      if (this.child.exitCode !== null || Date.now() > end)
        throw new Error(`no ${pattern} in: ${this.output.slice(this.seen)}`);
      await this.change();
    }
  }

  /** Waits for the end; gives the exit code. */
  async ended(): Promise<number | null> {
    while (this.child.exitCode === null && this.child.signalCode === null) await this.change();
    return this.child.exitCode;
  }

  close(): void {
    this.child.stdin!.end();
    this.child.kill();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
