// How a guest program shows the laboratory a moment: a system call that changes nothing (GetFeatures), with this number
// in a6 and what the mark means in a0. Host and guest compile this file.

/** In a6 of a system call that is a mark. */
export const MARK = 0x4c41_4221;

/** Directly before MARK_BEGIN: the time between the two is what a mark costs. */
export const MARK_CALIBRATE = 1;
/** A window opens; a1 = its number. */
export const MARK_BEGIN = 2;
/** The window opened last closes; a1 = operations done in it. */
export const MARK_END = 3;
