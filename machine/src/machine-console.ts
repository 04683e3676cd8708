// The machine's console: bytes the guest prints, bytes typed to it.
import type { ConsolePort } from "./board";

/** Both directions of the console. */
export class MachineConsole {
  private readonly listeners = new Set<(bytes: Uint8Array) => void>();
  private isOpen = false;

  /** @param atPort does something to the board's port, at the guest's present time */
  constructor(private readonly atPort: (action: (port: ConsolePort) => void) => void) {}

  /** Adds a listener for what the guest prints; returns a function that removes it. */
  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Types bytes. */
  input(bytes: Uint8Array | string): void {
    this.atPort((port) => port.receive(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes));
  }

  /** Announces that input may come: an idle machine then waits for it instead of reporting a deadlock. */
  openInput(): void {
    this.isOpen = true;
  }

  /** Announces that no more input will come. */
  closeInput(): void {
    this.isOpen = false;
    this.atPort((port) => port.closeInput());
  }

  /** Whether the guest may still be typed to. */
  get inputOpen(): boolean {
    return this.isOpen;
  }

  /** The guest printed. For the machine. */
  emit(bytes: Uint8Array): void {
    for (const listener of this.listeners) listener(bytes);
  }
}
