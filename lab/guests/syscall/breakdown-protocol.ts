// Windows of breakdown.ts: host and guest compile this file.

/** Calls in the small and in the large windows. */
export const FEW = 2;
export const MANY = 10;

export const FEW_MAPS = 1;
export const MANY_MAPS = 2;
export const FEW_UNMAPS = 3;
export const MANY_UNMAPS = 4;
