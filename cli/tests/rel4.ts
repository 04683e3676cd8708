// Runs the `rel4` command as a user would, in a folder of its own.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { vi } from "vitest";
import { main } from "../src/main";

/**
 * Runs the command in this process, which is quick where it only refuses something.
 * @returns its exit code, and what it said on standard error
 */
export async function inThisProcess(...args: string[]): Promise<{ code: unknown; said: string }> {
  let said = "";
  const hear = (text: unknown) => {
    said += text;
    return true;
  };
  const spies = [
    vi.spyOn(console, "error").mockImplementation((text) => void hear(`${text}\n`)),
    vi.spyOn(process.stderr, "write").mockImplementation(hear),
  ];
  try {
    await main(["node", "rel4", ...args]);
    // colours are on where CI is set
    return { code: process.exitCode, said: stripVTControlCharacters(said) };
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
  }
}

const BIN = fileURLToPath(new URL("../bin/rel4.js", import.meta.url));
/** Long enough for a cold compilation on a busy computer; a run that hangs fails the test instead of blocking it. */
const PATIENCE = 110_000;

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A scratch folder and the command run in it. */
export class Workbench {
  readonly folder = mkdtempSync(join(tmpdir(), "rel4-cli-"));

  /** Writes a file into the folder. */
  write(name: string, content: string | Uint8Array): string {
    writeFileSync(join(this.folder, name), content);
    return name;
  }

  rel4(...args: string[]): Outcome {
    return this.rel4With("", ...args);
  }

  /** The same with bytes on standard input. */
  rel4With(input: string, ...args: string[]): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
      cwd: this.folder,
      encoding: "utf8",
      input,
      timeout: PATIENCE,
      env: { ...process.env, NO_COLOR: "1" },
    });
    return { code: status, stdout, stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
