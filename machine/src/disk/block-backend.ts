// What is behind a block device: an array of bytes. Each operation may be done at once or return a promise; a machine waits for
// those with its clock standing still, so that a run does not depend on how fast the host is.

import { MachineError } from "../errors";

/** Done, or not yet. */
export type Eventually = void | Promise<void>;

/** Bytes in a sector, the unit of virtio's block device. */
export const SECTOR_SIZE = 512;

/**
 * A disk's contents. The machine never exceeds `size` and never begins an operation before the last one is done. What an
 * operation throws (or rejects with) reaches the guest as an I/O error and the user as a message.
 */
export interface BlockBackend {
  /** Bytes, a multiple of {@link SECTOR_SIZE}. */
  readonly size: number;
  readonly readOnly: boolean;
  /** Fills `target` with the bytes from `offset` on. */
  read(offset: number, target: Uint8Array): Eventually;
  write(offset: number, source: Uint8Array): Eventually;
  /** Makes bytes read as zero; they need no room any more. */
  zero(offset: number, length: number): Eventually;
  /** Makes what was written survive a crash of the host. */
  flush(): Eventually;
}

/** @throws MachineError when a disk cannot have so many bytes */
export function checkDiskSize(size: number, what: string): void {
  if (!Number.isSafeInteger(size) || size <= 0 || size % SECTOR_SIZE !== 0)
    throw new MachineError(
      `${what} has ${size} bytes, which is not a positive multiple of ${SECTOR_SIZE}`,
      "pad it to whole sectors, for example with `truncate -s %512 FILE`",
    );
}

/** Takes steps one after another, at once as long as none returns a promise. */
export function inOrder(steps: Iterable<() => Eventually>): Eventually {
  const iterator = steps[Symbol.iterator]();
  const goOn = (): Eventually => {
    for (let step = iterator.next(); !step.done; step = iterator.next()) {
      const pending = step.value();
      if (pending) return pending.then(goOn);
    }
  };
  return goOn();
}
