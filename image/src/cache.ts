/**
 * Results of expensive steps, kept on disk by the hash of everything they were made from.
 *
 * Compiling reads files nobody knows beforehand (imports), so a record lists the files that were read, with their
 * hashes; it is used again only while all of them are unchanged.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, repositoryPath } from "./repository";

/** Hexadecimal SHA-256 of texts and bytes, each preceded by its length. */
export function contentHash(...parts: (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}

/** A file's text, or null when it cannot be read. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

interface CacheRecord<T> {
  /** Path → hash of its text, or null for a file that was looked for and not found. */
  files: Record<string, string | null>;
  value: T;
}

function hashOfFile(path: string): string | null {
  const text = readText(path);
  return text === null ? null : contentHash(text);
}

/**
 * The value for `key`, computed by `make` unless a record of it is still valid.
 * @param key everything but files that the value depends on
 * @param make computes the value, reading files only through the function it is given
 */
export async function cached<T>(
  folder: string,
  key: string,
  make: (readFile: (path: string) => string | null) => Promise<T>,
): Promise<T> {
  const path = join(cacheFolder, folder, `${key}.json`);
  const record = readRecord<T>(path);
  if (record && Object.entries(record.files).every(([file, hash]) => hashOfFile(file) === hash))
    return record.value;

  const files: CacheRecord<T>["files"] = {};
  const value = await make((file) => {
    const text = readText(file);
    files[file] = text === null ? null : contentHash(text);
    return text;
  });
  mkdirSync(join(cacheFolder, folder), { recursive: true });
  // two processes may write at once: renaming is atomic
  const temporary = `${path}.${process.pid}.${Object.keys(files).length}`;
  writeFileSync(temporary, JSON.stringify({ files, value } satisfies CacheRecord<T>));
  renameSync(temporary, path);
  return value;
}

function readRecord<T>(path: string): CacheRecord<T> | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as CacheRecord<T>;
  } catch {
    return undefined;
  }
}

const toolSources = ["compiler/src", "compiler/lib", "runtime/assembly", "abi/src"];
let toolHash: string | undefined;

/** Hash of the compiler's own sources: a changed compiler makes every record old. */
export function toolchainHash(): string {
  toolHash ??= contentHash(...toolSources.flatMap((folder) => folderTexts(repositoryPath(folder))));
  return toolHash;
}

function folderTexts(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return folderTexts(path);
    return entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts")
      ? [path, readFileSync(path, "utf8")]
      : [];
  });
}
