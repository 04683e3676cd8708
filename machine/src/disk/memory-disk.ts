// Disks in the host's memory: one array of bytes, or an overlay that keeps what was written beside a disk it never changes.
import { MachineError } from "../errors";
import { type BlockBackend, checkDiskSize, type Eventually, inOrder } from "./block-backend";

/** A disk whose contents are an array, which the guest's writes change. */
export class MemoryDisk implements BlockBackend {
  readonly size: number;
  readonly readOnly: boolean;

  /** @throws MachineError when the array is no whole number of sectors */
  constructor(
    readonly bytes: Uint8Array,
    { readOnly = false }: { readOnly?: boolean } = {},
  ) {
    checkDiskSize(bytes.length, "the disk image");
    this.size = bytes.length;
    this.readOnly = readOnly;
  }

  read(offset: number, target: Uint8Array): void {
    target.set(this.bytes.subarray(offset, offset + target.length));
  }

  write(offset: number, source: Uint8Array): void {
    this.bytes.set(source, offset);
  }

  zero(offset: number, length: number): void {
    this.bytes.fill(0, offset, offset + length);
  }

  flush(): void {}
}

/** A disk full of zeros that keeps nothing: the base of an empty {@link OverlayDisk} of any size. */
export class ZeroDisk implements BlockBackend {
  readonly readOnly = true;

  constructor(readonly size: number) {
    checkDiskSize(size, "the disk");
  }

  read(_offset: number, target: Uint8Array): void {
    target.fill(0);
  }

  write(): void {
    throw new MachineError("this disk keeps nothing", "put an OverlayDisk on it");
  }

  zero(): void {}

  flush(): void {}
}

/** Bytes copied at the first write to any of them. */
const GRANULE = 4096;
/** Stands for every granule that is all zeros; never changed. */
const ZEROS = new Uint8Array(GRANULE);

/** Copy-on-write: reads what it has not changed from a base, and keeps all changes in memory. */
export class OverlayDisk implements BlockBackend {
  readonly readOnly = false;
  private readonly granules = new Map<number, Uint8Array>();

  constructor(private readonly base: BlockBackend) {
    checkDiskSize(base.size, "the disk image");
  }

  get size(): number {
    return this.base.size;
  }

  read(offset: number, target: Uint8Array): Eventually {
    return inOrder(this.reads(offset, target));
  }

  write(offset: number, source: Uint8Array): Eventually {
    const parts = [...granulesOf(offset, source.length)];
    return inOrder(
      parts.map(
        ({ granule, start, end, at }) =>
          () =>
            this.change(granule, start, end, (bytes) =>
              bytes.set(source.subarray(at, at + end - start), start),
            ),
      ),
    );
  }

  zero(offset: number, length: number): Eventually {
    return inOrder(this.zeroings(offset, length));
  }

  flush(): void {}

  private *zeroings(offset: number, length: number): Iterable<() => Eventually> {
    for (const { granule, start, end } of granulesOf(offset, length)) {
      if (end - start === GRANULE) this.granules.set(granule, ZEROS);
      else yield () => this.change(granule, start, end, (bytes) => bytes.fill(0, start, end));
    }
  }

  /** Neighbouring granules that are unchanged are read from the base at once. */
  private *reads(offset: number, target: Uint8Array): Iterable<() => Eventually> {
    let unchanged = 0;
    const fromBase = (end: number, from: number) => () =>
      this.base.read(offset + from, target.subarray(from, end));
    for (const { granule, start, end, at } of granulesOf(offset, target.length)) {
      const bytes = this.granules.get(granule);
      if (!bytes) continue;
      if (unchanged < at) yield fromBase(at, unchanged);
      target.set(bytes.subarray(start, end), at);
      unchanged = at + end - start;
    }
    if (unchanged < target.length) yield fromBase(target.length, unchanged);
  }

  /** Changes bytes `start` to `end` of a granule, which is fetched from the base unless all of it changes. */
  private change(
    granule: number,
    start: number,
    end: number,
    apply: (bytes: Uint8Array) => void,
  ): Eventually {
    const present = this.granules.get(granule);
    if (present && present !== ZEROS) {
      apply(present);
      return;
    }
    const size = Math.min(GRANULE, this.size - granule * GRANULE);
    const bytes = new Uint8Array(size);
    const keep = (): void => {
      apply(bytes);
      this.granules.set(granule, bytes);
    };
    if (present) return keep();
    if (end - start === size) return keep();
    const pending = this.base.read(granule * GRANULE, bytes);
    return pending ? pending.then(keep) : keep();
  }
}

/** The parts of a range, granule by granule: bytes `start` to `end` of it are those at `at` of the range. */
function* granulesOf(
  offset: number,
  length: number,
): Iterable<{ granule: number; start: number; end: number; at: number }> {
  for (let at = 0; at < length; ) {
    const granule = Math.floor((offset + at) / GRANULE);
    const start = offset + at - granule * GRANULE;
    const end = Math.min(GRANULE, start + length - at);
    yield { granule, start, end, at };
    at += end - start;
  }
}
