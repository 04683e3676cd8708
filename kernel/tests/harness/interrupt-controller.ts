/** Fake PLIC: sources 1…95, enable bits and threshold of each context, claim and complete. */

const PENDING_LIMIT = 0x2000;
const ENABLE = 0x2000;
const ENABLE_STRIDE = 0x80;
const CONTEXT = 0x20_0000;
const CONTEXT_STRIDE = 0x1000;
const CLAIM = 4;
const SOURCES = 96;

export const PLIC_BASE = 0xc00_0000;
export const PLIC_SIZE = 0x60_0000;

export class FakeInterruptController {
  private readonly enabled = new Map<number, number>();
  private readonly pending = new Set<number>();
  /** Claimed and not completed: these stay quiet. */
  readonly inService = new Set<number>();

  raise(source: number): void {
    this.pending.add(source);
  }

  /** Does a context's output interrupt its hart? */
  line(context: number): boolean {
    return this.next(context) !== 0;
  }

  isEnabled(context: number, source: number): boolean {
    const word = this.enabled.get(ENABLE + context * ENABLE_STRIDE + 4 * (source >> 5)) ?? 0;
    return ((word >>> (source & 31)) & 1) === 1;
  }

  read(offset: number): number {
    if (offset >= CONTEXT) {
      const context = Math.floor((offset - CONTEXT) / CONTEXT_STRIDE);
      return (offset - CONTEXT) % CONTEXT_STRIDE === CLAIM ? this.claim(context) : 0;
    }
    return offset >= ENABLE ? (this.enabled.get(offset) ?? 0) : 0;
  }

  write(offset: number, value: number): void {
    if (offset >= CONTEXT) {
      if ((offset - CONTEXT) % CONTEXT_STRIDE === CLAIM) this.inService.delete(value);
    } else if (offset >= PENDING_LIMIT) {
      this.enabled.set(offset, value);
    }
  }

  private claim(context: number): number {
    const source = this.next(context);
    this.pending.delete(source);
    if (source !== 0) this.inService.add(source);
    return source;
  }

  private next(context: number): number {
    for (let source = 1; source < SOURCES; source++) {
      if (this.pending.has(source) && !this.inService.has(source) && this.isEnabled(context, source))
        return source;
    }
    return 0;
  }
}
