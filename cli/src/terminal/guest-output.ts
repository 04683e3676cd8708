// The guest's console on standard output. Guests print byte by byte; written is what came in one turn of the host's event loop.

const CAPACITY = 0x1_0000;
const NEWLINE = 0x0a;

export class GuestOutput {
  private readonly buffer = new Uint8Array(CAPACITY);
  private length = 0;
  private isScheduled = false;
  private last = NEWLINE;

  /** @param sink takes what was printed; the bytes are its own */
  constructor(private readonly sink: (bytes: Uint8Array) => void) {}

  /** Takes bytes; they are passed on soon. */
  write(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += CAPACITY)
      this.append(bytes.subarray(start, start + CAPACITY));
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.flush();
    });
  }

  private append(bytes: Uint8Array): void {
    if (this.length + bytes.length > CAPACITY) this.flush();
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    this.last = bytes.at(-1) ?? this.last;
  }

  /** The guest's last line has not ended. */
  get isWithinLine(): boolean {
    return this.last !== NEWLINE;
  }

  /** Passes on what is left. */
  flush(): void {
    if (this.length === 0) return;
    const bytes = this.buffer.slice(0, this.length);
    this.length = 0;
    this.sink(bytes);
  }
}
