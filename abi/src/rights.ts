// Capability rights as a word, and the data word that gives a CNode capability its guard.

export const RIGHT_WRITE = 1;
export const RIGHT_READ = 2;
export const RIGHT_GRANT = 4;
export const RIGHT_GRANT_REPLY = 8;
export const ALL_RIGHTS = 15;

/** CNode capability data: guard size in bits 5:0, the guard itself above. */
export const GUARD_SIZE_BITS = 6;
export const GUARD_SIZE_MASK = 63;
