/** How invariants are checked and numbers are shown. */

/** @throws Error that names the invariant when it does not hold */
export function require(condition: boolean, invariant: string): void {
  if (!condition) broken(invariant);
}

/**
 * The same, where the check is made so often that the invariant's name must not be put together for nothing.
 * @throws Error that names the invariant
 */
export function broken(invariant: string): never {
  throw new Error(`broken invariant: ${invariant}`);
}

export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
