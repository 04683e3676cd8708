// Copy-on-write in a file: what a guest changes of a disk, in granules of 4 KiB, so that the disk itself is never written. The file
// is sparse: a header, a map with a byte for every granule (1: it is here), then room for every granule at its place.
// Invariant: a granule's bytes are written before its place in the map, so what a crash leaves is old or new, never garbage.
import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { type BlockBackend, type Eventually, MachineError } from "../src/index";

const MAGIC = "rel4 overlay 1\n";
const HEADER_SIZE = 32;
/** Bytes of the disk, u64, behind the magic. */
const DISK_SIZE = 16;
const GRANULE = 4096;

export class OverlayFile implements BlockBackend {
  readonly readOnly = false;
  readonly size: number;
  private readonly start: number;

  /** @param map a byte for every granule, as in the file */
  constructor(
    private readonly base: BlockBackend,
    private readonly descriptor: number,
    private readonly path: string,
    private readonly map: Uint8Array,
  ) {
    this.size = base.size;
    this.start = granuleAt(0, map.length);
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    for (const { granule, start, at, length } of piecesOf(offset, target.length)) {
      const piece = target.subarray(at, at + length);
      if (this.map[granule]) this.transfer(readSync, piece, granule, start);
      else await this.base.read(offset + at, piece);
    }
  }

  async write(offset: number, source: Uint8Array): Promise<void> {
    for (const { granule, start, at, length } of piecesOf(offset, source.length)) {
      if (!this.map[granule]) await this.copyUp(granule, start, length);
      this.transfer(writeSync, source.subarray(at, at + length), granule, start);
      this.mark(granule);
    }
  }

  async zero(offset: number, length: number): Promise<void> {
    const zeros = new Uint8Array(GRANULE);
    for (const piece of piecesOf(offset, length))
      await this.write(offset + piece.at, zeros.subarray(0, piece.length));
  }

  flush(): Eventually {
    this.attempt("write", () => fdatasyncSync(this.descriptor));
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Brings a granule over from the base, unless all of it is about to be written. */
  private async copyUp(granule: number, start: number, length: number): Promise<void> {
    const bytes = new Uint8Array(Math.min(GRANULE, this.size - granule * GRANULE));
    if (start === 0 && length === bytes.length) return;
    await this.base.read(granule * GRANULE, bytes);
    this.transfer(writeSync, bytes, granule, 0);
  }

  private mark(granule: number): void {
    if (this.map[granule]) return;
    const here = Uint8Array.of(1);
    this.attempt("write", () => writeSync(this.descriptor, here, 0, 1, HEADER_SIZE + granule));
    this.map[granule] = 1;
  }

  /** Reads or writes all of `bytes` at a place in a granule. */
  private transfer(
    operation: typeof readSync | typeof writeSync,
    bytes: Uint8Array,
    granule: number,
    start: number,
  ): void {
    const verb = operation === readSync ? "read" : "write";
    for (let done = 0; done < bytes.length; ) {
      const position = this.start + granule * GRANULE + start + done;
      const count = this.attempt(verb, () =>
        (operation as typeof writeSync)(this.descriptor, bytes, done, bytes.length - done, position),
      );
      if (count === 0) throw new Error(`cannot read ${this.path}: it has become shorter`);
      done += count;
    }
  }

  private attempt<T>(verb: string, operation: () => T): T {
    try {
      return operation();
    } catch (error) {
      throw new Error(`cannot ${verb} ${this.path}: ${(error as Error).message}`);
    }
  }
}

/**
 * Opens the file with the changes to `base`, or makes it.
 * @throws MachineError when it cannot be written, is something else, or belongs to a disk of another size
 */
export function openOverlay(path: string, base: BlockBackend): OverlayFile {
  const granules = Math.ceil(base.size / GRANULE);
  let descriptor: number;
  try {
    descriptor = openOrCreate(path);
  } catch (error) {
    throw new MachineError(
      `cannot open the overlay ${path}: ${(error as Error).message}`,
      "choose another file",
    );
  }
  try {
    return new OverlayFile(base, descriptor, path, readMap(descriptor, path, base.size, granules));
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** For reading and writing, and without changing what is there. */
function openOrCreate(path: string): number {
  try {
    return openSync(path, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return openSync(path, "wx+");
  }
}

function readMap(descriptor: number, path: string, diskSize: number, granules: number): Uint8Array {
  const status = fstatSync(descriptor);
  if (!status.isFile()) throw new MachineError(`the overlay ${path} is no file`, "choose another file");
  const map = new Uint8Array(granules);
  if (status.size === 0) {
    writeSync(descriptor, headerOf(diskSize), 0, HEADER_SIZE, 0);
    writeSync(descriptor, map, 0, granules, HEADER_SIZE);
    return map;
  }
  const header = Buffer.alloc(HEADER_SIZE);
  readSync(descriptor, header, 0, HEADER_SIZE, 0);
  if (!header.subarray(0, MAGIC.length).equals(Buffer.from(MAGIC)))
    throw new MachineError(
      `${path} is no overlay`,
      "give a file that does not exist yet, or one made as an overlay before",
    );
  const size = Number(header.readBigUInt64LE(DISK_SIZE));
  if (size !== diskSize)
    throw new MachineError(
      `the overlay ${path} belongs to a disk of ${size} bytes, and this one has ${diskSize}`,
      "give the disk it was made with, or another overlay",
    );
  if (readSync(descriptor, map, 0, granules, HEADER_SIZE) !== granules)
    throw new MachineError(`the overlay ${path} is incomplete`, "start with a new one");
  return map;
}

function headerOf(diskSize: number): Uint8Array {
  const header = Buffer.alloc(HEADER_SIZE);
  header.write(MAGIC);
  header.writeBigUInt64LE(BigInt(diskSize), DISK_SIZE);
  return header;
}

/** Byte of the file at which a granule begins, when there are so many. */
function granuleAt(granule: number, granules: number): number {
  return Math.ceil((HEADER_SIZE + granules) / GRANULE) * GRANULE + granule * GRANULE;
}

/** The parts of a range that lie in one granule: `length` bytes from `start` of it, which are those from `at` of the range. */
function* piecesOf(
  offset: number,
  size: number,
): Iterable<{ granule: number; start: number; at: number; length: number }> {
  for (let at = 0; at < size; ) {
    const granule = Math.floor((offset + at) / GRANULE);
    const start = offset + at - granule * GRANULE;
    const length = Math.min(GRANULE - start, size - at);
    yield { granule, start, at, length };
    at += length;
  }
}
