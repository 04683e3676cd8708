// What `rel4 run` and `rel4 build` were given: an ELF image, a system description or a single program.
import { resolve } from "node:path";
import { isSystemDescription, lineOfForgottenImport } from "@rel4/image";
import { readWholeFile } from "./read-file";
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
 * @throws UsageError when it is a directory, empty, not readable, none of the three, or a description without that import.
 */
export function readInput(path: string): InputFile {
  const bytes = readWholeFile(path, { hint: WHAT_TO_GIVE });
  const absolute = resolve(path);
  if (ELF_MAGIC.every((byte, index) => bytes[index] === byte)) return { kind: "elf", path: absolute, bytes };
  if (!path.endsWith(".ts"))
    throw new UsageError(
      `${path}: neither TypeScript (.ts) nor an ELF file (it starts with ${hex(bytes.subarray(0, 4))}, an ELF with 7f 45 4c 46)`,
      WHAT_TO_GIVE,
    );
  const text = new TextDecoder().decode(bytes);
  const line = lineOfForgottenImport(text);
  if (line !== undefined)
    throw new UsageError(
      `${path}:${line}: a system description that does not import "rel4/system"`,
      'begin it with: import { defineSystem } from "rel4/system";',
    );
  return { kind: isSystemDescription(text) ? "system" : "program", path: absolute, bytes };
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
