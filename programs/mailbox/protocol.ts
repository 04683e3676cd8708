/** What the mailbox understands. */

/** Leaves a letter: text. */
export const POST: u64 = 1;
/** Takes the oldest letter; answered with FULL and its text, or EMPTY. */
export const FETCH: u64 = 2;

export const DONE: u64 = 0;
export const FULL: u64 = 3;
export const EMPTY: u64 = 4;
