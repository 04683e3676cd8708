// A pseudo-terminal with a command in it (util-linux's `script` makes it), typed to and read as a person would.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../bin/rel4.js", import.meta.url));
const PATIENCE = 60_000;

/** Whether pseudo-terminals can be made here. */
export const hasTerminals =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;

export class Terminal {
  private readonly child: ChildProcess;
  private output = "";
  private seen = 0;
  private wake: () => void = () => {};

  /** Runs `rel4` with arguments in `folder`, then says its exit code and how the terminal is set. */
  constructor(folder: string, ...args: string[]) {
    const quoted = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(" ");
    const script = `sh -c "echo pid=\\$\\$; exec ${quoted}"; echo "code=$?"; stty -a`;
    this.child = spawn("script", ["-qfec", script, "/dev/null"], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: "1" },
    });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      this.wake();
    });
    this.child.on("close", () => this.wake());
  }

  type(keys: string): void {
    this.child.stdin!.write(keys);
  }

  /** The output from where the last call stopped to the first match of `pattern`, which it waits for. */
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
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.child.stdin!.end();
    this.child.kill();
  }
}
