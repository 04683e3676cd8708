/** Requests that "odd-server" knows, and one it does not. */
export const SAY_NOTHING: u32 = 1;
export const SAY_NOTHING_LATE: u32 = 2;
export const REPLY_THEN_FAIL: u32 = 3;
export const FAIL_THEN_REPLY: u32 = 4;
/** Answered with seven words, counting from the first of the request. */
export const SEVEN_WORDS: u32 = 5;
export const SEVEN_WORDS_LATE: u32 = 6;
/** Its handler cancels its own coroutine before it has answered. */
export const END_EARLY: u32 = 8;
/** Refused with the code in word 0. */
export const FAIL_WITH: u32 = 7;
export const UNKNOWN: u32 = 63;
