/** What the server of squares understands. */

/** word 0: a number; answered with its square, and how many the server has answered so far. */
export const SQUARE: u64 = 1;
/** Six numbers; answered with their sum. */
export const SUM: u64 = 2;
/** Text; answered with as many letters as it has. */
export const LENGTH: u64 = 3;

/** Label of answers. */
export const DONE: u64 = 7;
