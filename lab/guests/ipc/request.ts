/**
 * The work of one call, the same however the message travels: the client makes four words, the server adds to each, the
 * client checks all four.
 */

/** Words of request `i`; word 0 is i itself. */
export class Request {
  @inline static word1(i: u64): u64 {
    return i + 10;
  }
  @inline static word2(i: u64): u64 {
    return i + 20;
  }
  @inline static word3(i: u64): u64 {
    return i + 30;
  }
}

/** What the server makes of each word. */
export class Answer {
  @inline static word0(word: u64): u64 {
    return word + 1;
  }
  @inline static word1(word: u64): u64 {
    return word + 2;
  }
  @inline static word2(word: u64): u64 {
    return word + 3;
  }
  /** @param work result of the server's work for this call (work.ts) */
  @inline static word3(word: u64, work: u64): u64 {
    return word + 4 + work;
  }

  /** Whether these four words answer request `i`. */
  @inline static isRight(i: u64, word0: u64, word1: u64, word2: u64, word3: u64, work: u64): bool {
    return (
      word0 == Answer.word0(i) &&
      word1 == Answer.word1(Request.word1(i)) &&
      word2 == Answer.word2(Request.word2(i)) &&
      word3 == Answer.word3(Request.word3(i), work)
    );
  }
}

/** Ends the program: request `i` was answered wrongly. A function of its own, so that callers hold nothing the collector manages. */
export function refuse(i: u64): void {
  throw new Error(`wrong answer to request ${i.toString()}`);
}
