/** Amounts of memory as people write them. */
import type { MemorySize } from "./system";

const UNITS: Record<string, number> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Bytes of an amount such as 65536 or "64K", or undefined when it is none (units K, M, G; whole, not negative). */
export function parseMemorySize(size: MemorySize): number | undefined {
  if (typeof size === "number") return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
  const match = /^\s*(\d+)\s*([KMG]?)(?:i?B)?\s*$/i.exec(size);
  if (!match) return undefined;
  const bytes = Number(match[1]) * UNITS[match[2]!.toUpperCase()]!;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** An amount in the largest unit that gives a short number. */
export function formatMemorySize(bytes: number): string {
  for (const [unit, size] of [
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ] as const) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(1))} ${unit}`;
  }
  return `${bytes} bytes`;
}
