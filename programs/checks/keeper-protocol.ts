/** What keeper and victim agree on: words in the page of their channel. */

/** Victim: its generation. */
export const STARTED_AT: u32 = 0;
/** Keeper: how the victim is to end. */
export const HOW_AT: u32 = 64;

export const RETURN: u32 = 1;
export const FAULT: u32 = 2;
export const ABORT: u32 = 3;
