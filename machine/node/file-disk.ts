// A disk image in a file of the host, read and written in place. Nothing is kept back: what the guest wrote is in the file, and
// a flush makes the host store it.
import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { type BlockBackend, MachineError, SECTOR_SIZE } from "../src/index";

/** Zeros are written in pieces of so many bytes. */
const ZEROS = new Uint8Array(1 << 20);

export class FileDisk implements BlockBackend {
  /**
   * @param size bytes, as checked by {@link openDisk}
   * @param path for messages
   */
  constructor(
    private readonly descriptor: number,
    private readonly path: string,
    readonly size: number,
    readonly readOnly: boolean,
  ) {}

  /** A file that has become shorter meanwhile is an error, and not zeros. */
  read(offset: number, target: Uint8Array): void {
    for (let done = 0; done < target.length; ) {
      const count = this.attempt("read", () =>
        readSync(this.descriptor, target, done, target.length - done, offset + done),
      );
      if (count === 0) throw new Error(`cannot read ${this.path}: it ends before byte ${offset + done + 1}`);
      done += count;
    }
  }

  write(offset: number, source: Uint8Array): void {
    for (let done = 0; done < source.length; )
      done += this.attempt("write", () =>
        writeSync(this.descriptor, source, done, source.length - done, offset + done),
      );
  }

  zero(offset: number, length: number): void {
    for (let done = 0; done < length; done += ZEROS.length)
      this.write(offset + done, ZEROS.subarray(0, Math.min(ZEROS.length, length - done)));
  }

  flush(): void {
    this.attempt("write", () => fdatasyncSync(this.descriptor));
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private attempt<T>(verb: string, operation: () => T): T {
    try {
      return operation();
    } catch (error) {
      throw new Error(`cannot ${verb} ${this.path}: ${reasonOf(error)}`);
    }
  }
}

/**
 * Opens a disk image.
 * @throws MachineError when the file cannot be opened or is no whole number of sectors
 */
export function openDisk(path: string, { readOnly = false }: { readOnly?: boolean } = {}): FileDisk {
  let descriptor: number;
  try {
    descriptor = openSync(path, readOnly ? "r" : "r+");
  } catch (error) {
    throw new MachineError(
      `cannot open the disk image ${path}: ${reasonOf(error)}`,
      readOnly
        ? "is the path right?"
        : "is the path right, and may the file be written? If not, open it read-only",
    );
  }
  const status = fstatSync(descriptor);
  const problem =
    !status.isFile() && !status.isBlockDevice()
      ? { message: `${path} is no file`, hint: "give a raw disk image" }
      : status.size === 0 || status.size % SECTOR_SIZE !== 0
        ? {
            message: `the disk image ${path} has ${status.size} bytes, which is not a positive multiple of ${SECTOR_SIZE}`,
            hint: `pad it to whole sectors, for example with \`truncate -s %${SECTOR_SIZE} ${path}\``,
          }
        : undefined;
  if (problem) {
    closeSync(descriptor);
    throw new MachineError(problem.message, problem.hint);
  }
  return new FileDisk(descriptor, path, status.size, readOnly);
}

const REASONS: Readonly<{ [code: string]: string }> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "it lies on a read-only file system",
  EISDIR: "it is a folder",
  ENOSPC: "no space left on the host's file system",
  EDQUOT: "the quota of the host's file system is used up",
  EFBIG: "the file would become too large",
  EIO: "the host's file system reports an I/O error",
};

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code !== undefined && REASONS[code]) || (message ?? String(error));
}
