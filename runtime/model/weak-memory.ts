/**
 * Shared memory as RVWMO lets harts see it (RISC-V unprivileged specification, chapter 17). Accesses may be performed early or
 * late, so
 * - a store waits in its hart's *store buffer*; stores to different words leave it in any order, except across fences;
 *   the hart's own loads see it at once;
 * - a load may have been performed early: it returns any value the word has had since the hart's last fence that orders
 *   loads, but never an older one than a load of the same word before;
 * - a load whose value decides nothing may be performed late, even after later stores, until a fence;
 * - an atomic operation happens at once, and orders nothing but its own word.
 * `uipi send` is a store to a device: it waits in the store buffer too, and only a fence with `o` keeps it behind others.
 */

/** Entries a hart's store buffer has room for, and loads that can be late. */
const BUFFERED_STORES = 6;
const LATE_LOADS = 2;
/** Values of a word kept besides the present one; more than there are different ones is never needed. */
const OLD_VALUES = 3;

// Entries of a store buffer: a word and its value, or one of
const EMPTY = 0xfd;
const OUTPUT_FENCE = 0xfe;
const STORE_FENCE = 0xff;
/** a user interrupt for process (first byte − this), with its vectors as value. */
const FIRST_INTERRUPT = 0xf0;

export class WeakMemory {
  /** Bytes of a state that belong to memory. */
  readonly size: number;

  /**
   * @param readerHarts the hart that loads each word; the others only write it
   * @param isWeak false: every access happens at once and in order
   */
  constructor(
    private readonly readerHarts: readonly number[],
    private readonly harts: number,
    readonly isWeak: boolean,
  ) {
    this.size = this.old(readerHarts.length);
  }

  // Layout: words; for each hart store buffer and late loads; for each word its old values (their number, the oldest first)

  private buffer(hart: number): number {
    return this.readerHarts.length + hart * 2 * (BUFFERED_STORES + LATE_LOADS);
  }
  private late(hart: number): number {
    return this.buffer(hart) + 2 * BUFFERED_STORES;
  }
  private old(word: number): number {
    return this.buffer(this.harts) + word * (1 + OLD_VALUES);
  }

  initialise(state: Uint8Array): void {
    for (let hart = 0; hart < this.harts; hart++) {
      for (let i = 0; i < BUFFERED_STORES + LATE_LOADS; i++) state[this.buffer(hart) + 2 * i] = EMPTY;
    }
  }

  hasStores(state: Uint8Array, hart: number): boolean {
    return state[this.buffer(hart)] !== EMPTY;
  }
  hasLateLoads(state: Uint8Array, hart: number): boolean {
    return state[this.late(hart)] !== EMPTY;
  }
  /** Are all accesses of the hart performed? */
  isQuiet(state: Uint8Array, hart: number): boolean {
    return !this.hasStores(state, hart) && !this.hasLateLoads(state, hart);
  }
  hasStoreTo(state: Uint8Array, hart: number, word: number): boolean {
    return this.isEarlier(state, hart, BUFFERED_STORES, word);
  }

  // Issuing accesses: false when there is no room at present

  store(state: Uint8Array, hart: number, word: number, value: number): boolean {
    if (this.isWeak) return this.push(state, hart, word, value);
    this.write(state, hart, word, value);
    return true;
  }
  fenceStores(state: Uint8Array, hart: number): boolean {
    return this.push(state, hart, STORE_FENCE, 0);
  }
  fenceOutput(state: Uint8Array, hart: number): boolean {
    return this.push(state, hart, OUTPUT_FENCE, 0);
  }
  interrupt(state: Uint8Array, hart: number, process: number, vectors: number): boolean {
    return this.push(state, hart, FIRST_INTERRUPT + process, vectors);
  }
  loadLate(state: Uint8Array, hart: number, word: number, expected: number): boolean {
    return append(state, this.late(hart), LATE_LOADS, word, expected);
  }

  private push(state: Uint8Array, hart: number, what: number, value: number): boolean {
    return append(state, this.buffer(hart), BUFFERED_STORES, what, value);
  }

  /** A fence that orders loads: later ones are not early any more. */
  forgetOldValues(state: Uint8Array, hart: number): void {
    for (let word = 0; word < this.readerHarts.length; word++) {
      const old = this.old(word);
      if (state[old] !== 0 && this.readerHarts[word] === hart) state.fill(0, old, old + 1 + OLD_VALUES);
    }
  }

  /** Calls `use` with each value a load can return, in a state of its own. */
  load(
    before: Uint8Array,
    hart: number,
    word: number,
    use: (next: Uint8Array, value: number, note: string) => void,
  ): void {
    const buffer = this.buffer(hart);
    for (let i = BUFFERED_STORES - 1; i >= 0; i--) {
      if (before[buffer + 2 * i] !== word) continue;
      use(before.slice(), before[buffer + 2 * i + 1]!, " (its own store)");
      return;
    }
    const old = this.old(word);
    const count = before[old]!;
    for (let i = 0; i < count; i++) {
      const next = before.slice();
      // the values before this one cannot be loaded any more
      next.copyWithin(old + 1, old + 1 + i, old + 1 + OLD_VALUES);
      next.fill(0, old + 1 + OLD_VALUES - i, old + 1 + OLD_VALUES);
      next[old] = count - i;
      use(next, before[old + 1 + i]!, " (loaded early)");
    }
    const next = before.slice();
    next.fill(0, old, old + 1 + OLD_VALUES);
    use(next, before[word]!, "");
  }

  // Performing accesses

  /** A value reaches memory: the reader may have loaded the old one already. */
  write(state: Uint8Array, hart: number, word: number, value: number): void {
    const before = state[word]!;
    state[word] = value;
    if (!this.isWeak) return;
    const old = this.old(word);
    if (this.readerHarts[word] === hart) {
      state.fill(0, old, old + 1 + OLD_VALUES);
      return;
    }
    const count = state[old]!;
    // A value that stands in the list already can be loaded from there, with all that came after it.
    for (let i = 0; i < count; i++) if (state[old + 1 + i] === before) return;
    if (count === OLD_VALUES) throw new Error("the model needs room for more old values");
    state[old + 1 + count] = before;
    state[old] = count + 1;
  }

  /** Calls one of the functions for each entry of a store buffer that can leave it, in a state where it has left. */
  drain(
    before: Uint8Array,
    hart: number,
    written: (next: Uint8Array, word: number, value: number) => void,
    sent: (next: Uint8Array, process: number, vectors: number) => void,
  ): void {
    const buffer = this.buffer(hart);
    let outputWaits = false;
    for (let i = 0; i < BUFFERED_STORES; i++) {
      const what = before[buffer + 2 * i]!;
      const value = before[buffer + 2 * i + 1]!;
      if (what === EMPTY || what === STORE_FENCE) return;
      if (what === OUTPUT_FENCE) outputWaits = true;
      else if (what >= FIRST_INTERRUPT) {
        if (!outputWaits) sent(this.without(before, hart, i), what - FIRST_INTERRUPT, value);
      } else if (!this.isEarlier(before, hart, i, what)) {
        const next = this.without(before, hart, i);
        this.write(next, hart, what, value);
        written(next, what, value);
      }
    }
  }

  /** Calls `performed` for each late load and each value it can return. */
  performLate(
    before: Uint8Array,
    hart: number,
    performed: (next: Uint8Array, word: number, value: number, expected: number) => void,
  ): void {
    const late = this.late(hart);
    for (let i = 0; i < LATE_LOADS; i++) {
      const word = before[late + 2 * i]!;
      if (word === EMPTY) return;
      this.load(before, hart, word, (next, value) => {
        remove(next, late, LATE_LOADS, i);
        performed(next, word, value, before[late + 2 * i + 1]!);
      });
    }
  }

  /** Is there a store to `word` among the first entries? */
  private isEarlier(state: Uint8Array, hart: number, entries: number, word: number): boolean {
    const buffer = this.buffer(hart);
    for (let i = 0; i < entries; i++) if (state[buffer + 2 * i] === word) return true;
    return false;
  }

  /** The state without an entry of a store buffer, and without fences that then have nothing before them. */
  private without(before: Uint8Array, hart: number, entry: number): Uint8Array {
    const next = before.slice();
    const buffer = this.buffer(hart);
    remove(next, buffer, BUFFERED_STORES, entry);
    while (next[buffer] === STORE_FENCE || next[buffer] === OUTPUT_FENCE) {
      remove(next, buffer, BUFFERED_STORES, 0);
    }
    return next;
  }
}

// Lists of pairs of bytes

function append(state: Uint8Array, list: number, length: number, what: number, value: number): boolean {
  for (let at = list; at < list + 2 * length; at += 2) {
    if (state[at] !== EMPTY) continue;
    state[at] = what;
    state[at + 1] = value;
    return true;
  }
  return false;
}

function remove(state: Uint8Array, list: number, length: number, entry: number): void {
  const end = list + 2 * length;
  state.copyWithin(list + 2 * entry, list + 2 * entry + 2, end);
  state[end - 2] = EMPTY;
  state[end - 1] = 0;
}
