/** How invariants are checked and numbers are shown. */

/** @throws Error that names the invariant when it does not hold */
export function require(condition: boolean, invariant: string): void {
  if (!condition) throw new Error(`broken invariant: ${invariant}`);
}

export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
