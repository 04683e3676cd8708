/**
 * Signals that have arrived for this program's async channels and that nobody has looked at yet, one bit a vector.
 *
 * The user-interrupt entry (runtime/assembly/arrivals-entry.ts) adds bits while the program takes others away, hence the
 * atomic operations.
 */
import { amoAnd64, amoOr64, load64 } from "rv";

const word: u32 = <u32>memory.data(8, 8);

export class Arrivals {
  @inline static get address(): u32 {
    return word;
  }

  /** A program with a handler of its own passes on here the vectors that belong to its channels. */
  @inline static add(vectors: u64): void {
    amoOr64(word, vectors);
  }

  @inline static remove(vectors: u64): void {
    amoAnd64(word, ~vectors);
  }

  /** Whether one of `vectors` has arrived. */
  @inline static any(vectors: u64): bool {
    return (load64(word) & vectors) != 0;
  }
}
