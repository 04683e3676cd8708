// What `rel4 run` and `rel4 build` were given: an ELF image, a system description or a single program.
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { isSystemDescription } from "@rel4/image";
import { UsageError } from "./report-error";

export type InputKind = "elf" | "system" | "program";

export interface InputFile {
  kind: InputKind;
  /** Absolute path. */
  path: string;
  /** The file's bytes (an ELF is loaded from these). */
  bytes: Uint8Array;
}

const WHAT_TO_GIVE = "give a program (.ts), a system description (.ts) or an ELF image";
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

/**
 * Reads `path` and says what it is, by its content: an ELF by its magic number, a system description by its import of
 * `rel4/system`, any other `.ts` file is a program.
 * @throws UsageError when it is a directory, empty, or none of the three; Node's error when it cannot be read.
 */
export function readInput(path: string): InputFile {
  if (path === "") throw new UsageError("the file name is empty", WHAT_TO_GIVE);
  const absolute = resolve(path);
  const status = statSync(absolute, { throwIfNoEntry: false });
  if (status !== undefined && !status.isDirectory() && !status.isFile())
    throw new UsageError(`${path}: is a device or a pipe, not a file`, WHAT_TO_GIVE);
  if (status?.isDirectory()) throw new UsageError(`${path}: is a directory, not a file`, WHAT_TO_GIVE);
  const bytes = new Uint8Array(readFileSync(absolute));
  if (bytes.length === 0) throw new UsageError(`${path}: the file is empty`);
  if (ELF_MAGIC.every((byte, index) => bytes[index] === byte)) return { kind: "elf", path: absolute, bytes };
  if (!path.endsWith(".ts"))
    throw new UsageError(
      `${path}: neither TypeScript (.ts) nor an ELF file (it starts with ${hex(bytes.subarray(0, 4))}, an ELF with 7f 45 4c 46)`,
      WHAT_TO_GIVE,
    );
  const text = new TextDecoder().decode(bytes);
  return { kind: isSystemDescription(text) ? "system" : "program", path: absolute, bytes };
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
