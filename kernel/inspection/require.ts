/** How invariants are checked and numbers are shown. */

/** Something that must always hold in the kernel's memory does not. */
export class InvariantError extends Error {
  override name = "InvariantError";

  constructor(
    /** What should hold, and of which object. */
    readonly invariant: string,
    /** When and where it was seen, as far as the one who checks knows. */
    readonly place = "",
  ) {
    super(`broken invariant: ${invariant}${place === "" ? "" : ` (${place})`}`);
  }
}

/** @throws InvariantError that names the invariant when it does not hold */
export function require(condition: boolean, invariant: string): void {
  if (!condition) broken(invariant);
}

/**
 * The same, where the check is made so often that the invariant's name must not be put together for nothing.
 * @throws InvariantError that names the invariant
 */
export function broken(invariant: string): never {
  throw new InvariantError(invariant);
}

export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
