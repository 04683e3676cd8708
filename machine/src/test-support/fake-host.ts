// The machine as devices see it, without a machine: a clock moved by hand and interrupt lines one can look at.
import { type DeviceHost, type GuestMemory, InterruptBit } from "../device";

const LINE_NAMES = new Map(Object.entries(InterruptBit).map(([name, bit]) => [bit as number, name]));

export class FakeHost implements DeviceHost {
  cycle = 0n;
  ticksAhead = 0n;
  /** Lines that are high, as `hart:name`, for example `1:supervisorExternal`. */
  readonly lines = new Set<string>();
  readonly compare: bigint[];
  readonly supervisorTimers: bigint[];
  /** What ended the run: an exit code or "reset". */
  ended: number | "reset" | null = null;
  /** What a device waits for, if it does; time must not go on before. */
  hostWork: Promise<void> | undefined;
  readonly warnings: string[] = [];
  private events: { cycle: bigint; callback: () => void }[] = [];

  constructor(
    readonly hartCount = 2,
    readonly memory: GuestMemory = new FakeMemory(0x8000_0000, 0x10_0000),
  ) {
    this.compare = Array.from({ length: hartCount }, () => (1n << 64n) - 1n);
    this.supervisorTimers = [...this.compare];
  }

  now(): bigint {
    return this.cycle;
  }
  time(): bigint {
    return BigInt.asUintN(64, this.cycle / 10n + this.ticksAhead);
  }
  setTime(ticks: bigint): void {
    this.ticksAhead += ticks - this.time();
  }
  timeCompare(hart: number): bigint {
    return this.compare[hart]!;
  }
  setTimeCompare(hart: number, ticks: bigint): void {
    this.compare[hart] = ticks;
  }
  setSupervisorTimer(hart: number, ticks: bigint): void {
    this.supervisorTimers[hart] = ticks;
  }
  setInterrupt(hart: number, bit: number, level: boolean): void {
    if (hart < 0 || hart >= this.hartCount) throw new RangeError(`no hart ${hart}`);
    const line = `${hart}:${LINE_NAMES.get(bit)}`;
    if (level) this.lines.add(line);
    else this.lines.delete(line);
  }
  scheduleAt(cycle: bigint, callback: () => void): () => void {
    const event = { cycle, callback };
    this.events.push(event);
    return () => {
      this.events = this.events.filter((other) => other !== event);
    };
  }
  powerOff(exitCode: number): void {
    this.ended = exitCode;
  }
  requestReset(): void {
    this.ended = "reset";
  }

  waitForHost<T>(work: Promise<T>, then: (result: T) => void): void {
    this.hostWork = work.then(then);
  }
  fromHost(deliver: () => void): void {
    deliver();
  }
  warn(device: string, message: string): void {
    this.warnings.push(`${device}: ${message}`);
  }

  /** Moves the clock on, calling what was scheduled on the way. */
  advance(cycles: bigint): void {
    const end = this.cycle + cycles;
    for (;;) {
      const next = this.events
        .filter((event) => event.cycle <= end)
        .sort((a, b) => Number(a.cycle - b.cycle))[0];
      if (!next) break;
      this.events = this.events.filter((event) => event !== next);
      if (next.cycle > this.cycle) this.cycle = next.cycle;
      next.callback();
    }
    this.cycle = end;
  }
}

/** RAM in a plain array. */
export class FakeMemory implements GuestMemory {
  readonly bytes: Uint8Array;
  private readonly data: DataView;

  constructor(
    readonly base: number,
    readonly size: number,
  ) {
    this.bytes = new Uint8Array(size);
    this.data = new DataView(this.bytes.buffer);
  }

  read(address: number | bigint, length: number): Uint8Array {
    const at = this.offset(address, length);
    return this.bytes.slice(at, at + length);
  }
  write(address: number | bigint, bytes: Uint8Array): void {
    this.bytes.set(bytes, this.offset(address, bytes.length));
  }
  view(address: number | bigint, length: number): Uint8Array {
    const at = this.offset(address, length);
    return this.bytes.subarray(at, at + length);
  }
  written(address: number | bigint, length: number): void {
    this.offset(address, length);
  }
  readU16(address: number | bigint): number {
    return this.data.getUint16(this.offset(address, 2), true);
  }
  writeU16(address: number | bigint, value: number): void {
    this.data.setUint16(this.offset(address, 2), value, true);
  }
  readU32(address: number | bigint): number {
    return this.data.getUint32(this.offset(address, 4), true);
  }
  readU64(address: number | bigint): bigint {
    return this.data.getBigUint64(this.offset(address, 8), true);
  }
  writeU32(address: number | bigint, value: number): void {
    this.data.setUint32(this.offset(address, 4), value, true);
  }
  writeU64(address: number | bigint, value: bigint): void {
    this.data.setBigUint64(this.offset(address, 8), value, true);
  }

  private offset(address: number | bigint, length: number): number {
    const offset = Number(address) - this.base;
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size))
      throw new RangeError(`address ${address} is outside RAM`);
    return offset;
  }
}
