// Options several commands share, with their parsing and errors.
import { InvalidArgumentError } from "commander";

/** Parses a whole number within [least, most]. @throws InvalidArgumentError, which commander prints with the option. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
    return value;
  };
}

const UNITS: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
/** The kernel window is 2 GiB. */
const MOST_MEMORY = 2 ** 31;
const LEAST_MEMORY = 2 ** 20;

/** Parses an amount of memory such as 64M into bytes. */
export const memorySize = memorySizeWithin(LEAST_MEMORY, MOST_MEMORY);

/** Parses amounts such as 64M, 1.5G or, as QEMU's -m has it, 512 (MiB) into bytes, from `least` to `most`. */
export function memorySizeWithin(least: number, most: number): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)([KMG]?)(?:i?B)?$/i.exec(text);
    const bytes = match ? Number(match[1]) * UNITS[match[2]!.toUpperCase() || "M"]! : Number.NaN;
    if (!(bytes >= least && bytes <= most) || bytes % 4096 !== 0)
      throw new InvalidArgumentError(
        `Give an amount such as 64M or 1G: whole pages of 4 KiB, from ${describeSize(least)} to ${describeSize(most)}.`,
      );
    return bytes;
  };
}

/** Bytes as an amount, such as 64M. */
export function describeSize(bytes: number): string {
  const unit = ["G", "M", "K"].find((name) => bytes % UNITS[name]! === 0);
  return unit ? `${bytes / UNITS[unit]!}${unit}` : `${bytes} bytes`;
}
