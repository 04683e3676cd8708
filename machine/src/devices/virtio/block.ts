// Block device. (VIRTIO 1.2, section 5.2.) It carries out one request after another, each a fixed number of cycles after it was
// seen; a backend that takes longer than that stops the guest's clock, so runs are the same on any host.
import {
  type BlockBackend,
  checkDiskSize,
  type Eventually,
  inOrder,
  SECTOR_SIZE,
} from "../../disk/block-backend";
import { MachineError } from "../../errors";
import type { VirtioDevice, VirtioFactory, VirtioPort } from "./device";
import { type Chain, MAX_QUEUE_SIZE, QueueError } from "./queue";

const DEVICE_TYPE = 2;

/** Feature bits (section 5.2.3). */
const F_SEG_MAX = 1n << 2n;
const F_READ_ONLY = 1n << 5n;
const F_BLOCK_SIZE = 1n << 6n;
const F_FLUSH = 1n << 9n;
const F_DISCARD = 1n << 13n;
const F_WRITE_ZEROES = 1n << 14n;

// Configuration space (section 5.2.4).
const CAPACITY = 0;
const SEG_MAX = 12;
const BLOCK_SIZE = 20;
const MAX_DISCARD_SECTORS = 36;
const MAX_DISCARD_SEG = 40;
const DISCARD_ALIGNMENT = 44;
const MAX_WRITE_ZEROES_SECTORS = 48;
const MAX_WRITE_ZEROES_SEG = 52;
const WRITE_ZEROES_MAY_UNMAP = 56;
const CONFIGURATION_SIZE = 60;

/** Request header (section 5.2.6): type u32, reserved u32, sector u64. */
const HEADER_SIZE = 16;
/** Discard and write zeroes name ranges: sector u64, number of sectors u32, flags u32. */
const RANGE_SIZE = 16;
const RANGE_UNMAP = 1;
const MOST_RANGES = 16;
const MOST_ZEROED_SECTORS = 1 << 15;
const ID_SIZE = 20;

const Request = { read: 0, write: 1, flush: 4, getId: 8, discard: 11, writeZeroes: 13 } as const;
const Status = { ok: 0, ioError: 1, unsupported: 2 } as const;

/** Descriptors besides those of data: header and status. */
const OVERHEAD = 2;
/** 10 µs at 100 MHz. */
const DEFAULT_LATENCY = 1000;

export interface BlockOptions {
  /** What the guest can ask the disk for, up to 20 bytes of ASCII (default "rel4"). */
  id?: string;
  /** Cycles from seeing a request to having carried it out (default 1000, 10 µs). */
  latency?: number;
}

/**
 * A disk for a slot of the board.
 * @throws MachineError when `backend` is no whole number of sectors, or the latency no positive number of cycles
 */
export function virtioBlock(backend: BlockBackend, options: BlockOptions = {}): VirtioFactory {
  checkDiskSize(backend.size, "the disk");
  const { latency = DEFAULT_LATENCY } = options;
  if (!Number.isSafeInteger(latency) || latency < 1)
    throw new MachineError(
      `a disk cannot take ${latency} cycles`,
      `give at least 1; the default is ${DEFAULT_LATENCY}`,
    );
  return (port) => new BlockDevice(port, backend, options);
}

/** A request that cannot be carried out; the guest sees the status. */
class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

class BlockDevice implements VirtioDevice {
  readonly name = "virtio-blk";
  readonly type = DEVICE_TYPE;
  readonly features: bigint;
  readonly queueCount = 1;
  readonly configuration: Uint8Array;
  private readonly id: Uint8Array;
  private readonly latency: number;
  /** A request is going to be carried out. */
  private isBusy = false;
  private lastWarning = "";

  constructor(
    private readonly port: VirtioPort,
    private readonly backend: BlockBackend,
    { id = "rel4", latency = DEFAULT_LATENCY }: BlockOptions,
  ) {
    const writable = F_DISCARD | F_WRITE_ZEROES;
    this.features = F_SEG_MAX | F_BLOCK_SIZE | F_FLUSH | (backend.readOnly ? F_READ_ONLY : writable);
    this.configuration = configurationOf(backend);
    this.id = new TextEncoder().encode(id).slice(0, ID_SIZE);
    this.latency = latency;
  }

  notified(): void {
    if (this.isBusy) return;
    this.isBusy = true;
    this.port.performLater(this.latency, () => this.serve());
  }

  reset(): void {
    this.isBusy = false;
  }

  private serve(): void {
    this.isBusy = false;
    const chain = this.port.queue(0).take();
    if (!chain) return;
    if (chain.readable.length < HEADER_SIZE || chain.writable.length === 0)
      throw new QueueError("queue 0 has a request without room for its header or its status");
    this.isBusy = true;
    const failed = (error: unknown) => this.finish(chain, this.statusOf(error));
    let pending: Eventually;
    try {
      pending = this.carryOut(chain);
    } catch (error) {
      failed(error);
      return;
    }
    if (!pending) this.finish(chain, Status.ok);
    else
      this.port.performAfter(
        pending.then(
          () => undefined,
          (error: unknown) => ({ error }),
        ),
        (outcome) => (outcome ? failed(outcome.error) : this.finish(chain, Status.ok)),
      );
  }

  /** What the guest is told of a failure. One of the host is told to the user, too. */
  private statusOf(error: unknown): number {
    if (error instanceof RequestError) return error.status;
    const message = error instanceof Error ? error.message : String(error);
    if (message !== this.lastWarning) this.port.warn(`${message}; the guest sees an I/O error`);
    this.lastWarning = message;
    return Status.ioError;
  }

  private finish(chain: Chain, status: number): void {
    const data = chain.writable.length - 1;
    chain.writable.slice(data).write(Uint8Array.of(status));
    // What lies before the status was written by nobody if the request failed.
    const written = status === Status.ok || data === 0 ? data + 1 : 0;
    this.isBusy = false;
    const queue = this.port.queue(0);
    queue.use(chain, written);
    if (queue.hasNext) this.notified();
  }

  private carryOut(chain: Chain): Eventually {
    const header = viewOf(chain.readable.slice(0, HEADER_SIZE).read());
    const sector = header.getBigUint64(8, true);
    switch (header.getUint32(0, true)) {
      case Request.read:
        return this.read(chain, sector);
      case Request.write:
        return this.write(chain, sector);
      case Request.flush:
        return this.backend.flush();
      case Request.getId:
        return this.getId(chain);
      case Request.discard:
        return this.zero(chain, 0);
      case Request.writeZeroes:
        return this.zero(chain, RANGE_UNMAP);
      default:
        throw new RequestError(Status.unsupported, "unknown request");
    }
  }

  private read(chain: Chain, sector: bigint): Eventually {
    const data = chain.writable.slice(0, chain.writable.length - 1);
    let offset = this.offsetOf(sector, data.length);
    const { backend } = this;
    function* steps(): Iterable<() => Eventually> {
      for (const view of data.views()) {
        const at = offset;
        yield () => backend.read(at, view);
        offset += view.length;
      }
      yield () => data.written();
    }
    return inOrder(steps());
  }

  private write(chain: Chain, sector: bigint): Eventually {
    this.checkWritable();
    const data = chain.readable.slice(HEADER_SIZE);
    let offset = this.offsetOf(sector, data.length);
    const { backend } = this;
    function* steps(): Iterable<() => Eventually> {
      for (const view of data.views()) {
        const at = offset;
        yield () => backend.write(at, view);
        offset += view.length;
      }
    }
    return inOrder(steps());
  }

  private getId(chain: Chain): void {
    const padded = new Uint8Array(Math.min(ID_SIZE, chain.writable.length - 1));
    padded.set(this.id.subarray(0, padded.length));
    chain.writable.write(padded);
  }

  /** Section 5.2.6.2: flags that a request does not know are unsupported. */
  private zero(chain: Chain, knownFlags: number): Eventually {
    this.checkWritable();
    const ranges = chain.readable.slice(HEADER_SIZE);
    if (ranges.length % RANGE_SIZE !== 0 || ranges.length > MOST_RANGES * RANGE_SIZE)
      throw new RequestError(Status.ioError, "wrong number of ranges");
    const view = viewOf(ranges.read());
    const checked = Array.from({ length: ranges.length / RANGE_SIZE }, (_, index) => {
      const at = index * RANGE_SIZE;
      const sectors = view.getUint32(at + 8, true);
      if (view.getUint32(at + 12, true) & ~knownFlags)
        throw new RequestError(Status.unsupported, "unknown flag");
      if (sectors > MOST_ZEROED_SECTORS) throw new RequestError(Status.ioError, "too many sectors");
      const length = sectors * SECTOR_SIZE;
      return { offset: this.offsetOf(view.getBigUint64(at, true), length), length };
    });
    return inOrder(
      checked.map(
        ({ offset, length }) =>
          () =>
            this.backend.zero(offset, length),
      ),
    );
  }

  private checkWritable(): void {
    if (this.backend.readOnly) throw new RequestError(Status.ioError, "read-only");
  }

  /** Offset in bytes of a range that lies on the disk. */
  private offsetOf(sector: bigint, length: number): number {
    const { size } = this.backend;
    const fits = sector * BigInt(SECTOR_SIZE) + BigInt(length) <= BigInt(size);
    if (length % SECTOR_SIZE !== 0 || !fits) throw new RequestError(Status.ioError, "not on the disk");
    return Number(sector) * SECTOR_SIZE;
  }
}

function configurationOf(backend: BlockBackend): Uint8Array {
  const bytes = new Uint8Array(CONFIGURATION_SIZE);
  const view = viewOf(bytes);
  view.setBigUint64(CAPACITY, BigInt(backend.size / SECTOR_SIZE), true);
  view.setUint32(SEG_MAX, MAX_QUEUE_SIZE - OVERHEAD, true);
  view.setUint32(BLOCK_SIZE, SECTOR_SIZE, true);
  if (backend.readOnly) return bytes;
  view.setUint32(MAX_DISCARD_SECTORS, MOST_ZEROED_SECTORS, true);
  view.setUint32(MAX_DISCARD_SEG, MOST_RANGES, true);
  view.setUint32(DISCARD_ALIGNMENT, 1, true);
  view.setUint32(MAX_WRITE_ZEROES_SECTORS, MOST_ZEROED_SECTORS, true);
  view.setUint32(MAX_WRITE_ZEROES_SEG, MOST_RANGES, true);
  view.setUint8(WRITE_ZEROES_MAY_UNMAP, 1);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
