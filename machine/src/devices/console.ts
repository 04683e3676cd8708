// The console: what the board's serial port and the firmware's console calls write to and read from. Both take typed bytes
// from the same queue, so that a kernel may begin with the firmware's console and go on with its own driver.
import type { ConsolePort as MachineConsole } from "../board";
import type { ConsolePort } from "./uart";

/** Bytes waiting to be read by the guest, and the way out for what it writes. */
export class Console implements ConsolePort, MachineConsole {
  private readonly chunks: Uint8Array[] = [];
  private position = 0;
  private waiting = 0;
  private closed = false;
  private onInput: () => void = () => {};

  /** @param output takes the guest's bytes */
  constructor(private readonly output: (bytes: Uint8Array) => void) {}

  /** Who is told when bytes arrive. */
  set inputListener(listener: () => void) {
    this.onInput = listener;
  }

  receive(bytes: Uint8Array): void {
    if (this.closed || bytes.length === 0) return;
    this.chunks.push(bytes.slice());
    this.waiting += bytes.length;
    this.onInput();
  }

  closeInput(): void {
    this.closed = true;
  }

  get available(): number {
    return this.waiting;
  }

  read(): number {
    const chunk = this.chunks[0];
    if (!chunk) return -1;
    const byte = chunk[this.position]!;
    this.position++;
    this.waiting--;
    if (this.position === chunk.length) {
      this.chunks.shift();
      this.position = 0;
    }
    return byte;
  }

  write(byte: number): void {
    this.output(Uint8Array.of(byte));
  }

  writeAll(bytes: Uint8Array): void {
    if (bytes.length > 0) this.output(bytes);
  }
}
