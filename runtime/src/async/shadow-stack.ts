/**
 * The collector and coroutines.
 *
 * AssemblyScript's collector learns what functions hold from a *shadow stack*: every function pushes the managed values it
 * works with, and the collector looks at all words between `__stack_pointer` and `__heap_base`. There is one such stack, which
 * coroutines share: one that is suspended while it holds something has its words copied into the *vault*, cells at the upper
 * end of the stack, which the collector looks at like everything else; when it goes on they are copied back. A coroutine that
 * holds no managed values costs one comparison.
 *
 * Cells in no use are zero, so that the collector passes over them. Which cells belong together is noted outside of the stack.
 */
import { isPushedAtSuspension } from "rv";
import { Coroutine } from "./coroutine";

/** Words of a cell, and how many cells there are: half of the stack's 64 KiB. */
const CELL_WORDS: u32 = 4;
const CELL_BYTES: u32 = 16;
const CELLS: u32 = 2048;
export const VAULT_BYTES: u32 = CELLS * CELL_BYTES;

/** For each cell the number of the next one of its chain + 1. */
const links: u32 = <u32>memory.data(4096, 8);

/** Where the stack of whoever runs begins: below the vault. */
let base: u32 = 0;
let vault: u32 = 0;
/** First free cell + 1 that was used before, and the number of cells never used. */
let freeCell: u32 = 0;
let untouched: u32 = 0;

function link(cell: u32): u32 {
  return load<u16>(links + ((cell - 1) << 1));
}

function setLink(cell: u32, next: u32): void {
  store<u16>(links + ((cell - 1) << 1), <u16>next);
}

function takeCell(): u32 {
  const cell = freeCell;
  if (cell != 0) {
    freeCell = link(cell);
    return cell;
  }
  if (untouched == CELLS) throw new Error("suspended coroutines hold too many objects: at most 8192 in all");
  untouched += 1;
  return untouched;
}

/** Clears a cell and makes it free; returns the next one of its chain. */
function giveBack(cell: u32): u32 {
  const at = vault + (cell - 1) * CELL_BYTES;
  store<u64>(at, 0);
  store<u64>(at, 0, 8);
  const next = link(cell);
  setLink(cell, freeCell);
  freeCell = cell;
  return next;
}

export class ShadowStack {
  /** Sets the vault aside. Before anything is on the stack. */
  static reserve(): void {
    vault = <u32>__heap_base - VAULT_BYTES;
    __stack_pointer -= VAULT_BYTES;
  }

  /** From now on coroutines share what is below. */
  static start(): void {
    base = <u32>__stack_pointer;
  }

  /** Does whoever runs hold managed values? In a program none of whose coroutines ever waits while it does, that costs nothing. */
  @inline static get inUse(): bool {
    return isPushedAtSuspension(__stack_pointer) && <u32>__stack_pointer != base;
  }

  /** Puts away what the suspended `coroutine` holds; the stack is empty afterwards. */
  static save(coroutine: Coroutine): void {
    let from = <u32>__stack_pointer;
    coroutine.shadowPointer = from;
    // `main` may be above the base when it was in a deeper function as coroutines started
    let chain: u32 = 0;
    while (from < base) {
      const cell = takeCell();
      const to = vault + (cell - 1) * CELL_BYTES;
      for (let i: u32 = 0; i < CELL_WORDS && from < base; i++) {
        store<u32>(to + (i << 2), load<u32>(from));
        from += 4;
      }
      setLink(cell, chain);
      chain = cell;
    }
    coroutine.shadowChain = chain;
    __stack_pointer = base;
  }

  /** Brings back what `save` put away for a coroutine that goes on. */
  static restore(coroutine: Coroutine): void {
    const pointer = coroutine.shadowPointer;
    if (pointer == 0) return;
    coroutine.shadowPointer = 0;
    __stack_pointer = pointer;
    let cell = coroutine.shadowChain;
    if (cell == 0) return;
    coroutine.shadowChain = 0;
    // The chain begins with the cell saved last, the only one that may be partly full.
    let words = ((base - pointer) >> 2) & (CELL_WORDS - 1);
    if (words == 0) words = CELL_WORDS;
    let end = base;
    while (cell != 0) {
      const from = vault + (cell - 1) * CELL_BYTES;
      end -= words << 2;
      for (let i: u32 = 0; i < words; i++) store<u32>(end + (i << 2), load<u32>(from + (i << 2)));
      cell = giveBack(cell);
      words = CELL_WORDS;
    }
  }

  /** Forgets what a suspended coroutine holds that will not go on. */
  static drop(coroutine: Coroutine): void {
    coroutine.shadowPointer = 0;
    let cell = coroutine.shadowChain;
    coroutine.shadowChain = 0;
    while (cell != 0) cell = giveBack(cell);
  }
}

ShadowStack.reserve();
