// Reads what a user named, whole and as it was at one moment, or says why not.
import { closeSync, fstatSync, openSync, readSync, type Stats, statSync, writeFileSync } from "node:fs";
import { systemErrorReason, UsageError } from "./report-error";

export interface ReadOptions {
  /** Bytes the file may have, and what limits them, for the message. */
  most?: { bytes: number; because: string };
  /** What to give instead, for the message. */
  hint?: string;
}

/** More than any machine here can use. */
const ANY_FILE = { bytes: 2 ** 32 - 1, because: "files of 4 GiB and more cannot be loaded" };
/** Bytes of one system call. */
const CHUNK = 2 ** 30;

/**
 * The bytes of a regular file.
 * @throws UsageError when it is missing, a directory, a device, empty, too large, not readable, or changes while it is read
 */
export function readWholeFile(path: string, { most = ANY_FILE, hint }: ReadOptions = {}): Uint8Array {
  if (path === "") throw new UsageError("the file name is empty", hint);
  return orUsageError(path, () => {
    checkKind(path, statSync(path), hint);
    const file = openSync(path, "r");
    try {
      return readOpenFile(path, file, { most, hint });
    } finally {
      closeSync(file);
    }
  });
}

/** Writes a file. @throws UsageError when that is not possible */
export function writeWholeFile(path: string, bytes: Uint8Array): void {
  orUsageError(path, () => writeFileSync(path, bytes));
}

/** Turns what the system says about a file into a UsageError with its name. */
export function orUsageError<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const reason = systemErrorReason(error);
    if (reason === undefined) throw error;
    throw new UsageError(`${path}: ${reason}`);
  }
}

function checkKind(path: string, status: Stats, hint?: string): void {
  if (status.isDirectory()) throw new UsageError(`${path}: is a directory, not a file`, hint);
  if (!status.isFile()) throw new UsageError(`${path}: is a device or a pipe, not a file`, hint);
}

function readOpenFile(
  path: string,
  file: number,
  { most, hint }: Required<Pick<ReadOptions, "most">> & ReadOptions,
): Uint8Array {
  const before = fstatSync(file);
  checkKind(path, before, hint);
  if (before.size === 0) throw new UsageError(`${path}: the file is empty`, hint);
  if (before.size > most.bytes)
    throw new UsageError(`${path}: has ${before.size} bytes, but ${most.because}`, hint);
  const bytes = new Uint8Array(before.size);
  let length = 0;
  for (let more = -1; more !== 0 && length < bytes.length; length += more)
    more = readSync(file, bytes, length, Math.min(bytes.length - length, CHUNK), null);
  const after = fstatSync(file);
  if (length < bytes.length || after.size !== before.size || after.mtimeMs !== before.mtimeMs)
    throw new UsageError(
      `${path}: changed while it was read`,
      "try again when whatever writes it has finished",
    );
  return bytes;
}
