/** Checks of single values of a description. `where` is a value's place in it, for the message. */
import { formatMemorySize, parseMemorySize } from "./memory-size";
import type { MemorySize } from "./system";
import { SystemError } from "./system-error";

/** An object of the description whose fields are not known yet. */
export type Fields = Record<string, unknown>;

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as the description has it, for messages. */
export function show(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
}

/** Refuses fields nobody reads: a misspelt name must not be silence. */
export function refuseUnknownFields(fields: Fields, known: readonly string[], where: string): void {
  for (const name of Object.keys(fields)) {
    if (known.includes(name)) continue;
    throw new SystemError(`unknown field "${name}"`, `the fields are ${known.join(", ")}`, where);
  }
}

/** A whole number in a range. @throws SystemError */
export function wholeNumber(value: unknown, least: number, most: number, where: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SystemError(
    `${show(value)} is not possible`,
    `give a whole number from ${least} to ${most}`,
    where,
  );
}

/** A flag; left out means false. @throws SystemError */
export function flag(value: unknown, where: string): boolean {
  if (typeof value === "boolean" || value === undefined) return value === true;
  throw new SystemError(`${show(value)} is not possible`, "give true or false", where);
}

/** Bytes of an amount of memory in a range. @throws SystemError */
export function memory(value: unknown, least: number, most: number, where: string): number {
  const bytes =
    typeof value === "number" || typeof value === "string" ? parseMemorySize(value as MemorySize) : undefined;
  if (bytes === undefined)
    throw new SystemError(
      `${show(value)} is no amount of memory`,
      'give bytes or a text such as "64K", "4M", "1G"',
      where,
    );
  if (bytes < least || bytes > most)
    throw new SystemError(
      `${show(value)} is out of range`,
      `give between ${formatMemorySize(least)} and ${formatMemorySize(most)}`,
      where,
    );
  return bytes;
}

export function isPowerOfTwo(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && Math.log2(value) % 1 === 0;
}
