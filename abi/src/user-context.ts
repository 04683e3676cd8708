// The order of a user context (ReadRegisters, WriteRegisters): 32 words
// pc ra sp gp s0–s11 a0–a7 t0–t6 tp.

export const CONTEXT_PC = 0;
export const CONTEXT_RA = 1;
export const CONTEXT_SP = 2;
export const CONTEXT_GP = 3;
export const CONTEXT_S0 = 4;
export const CONTEXT_A0 = 16;
export const CONTEXT_T0 = 24;
export const CONTEXT_TP = 31;
export const CONTEXT_WORDS = 32;
/** CopyRegisters' “frame” half is words 0–15 (pc, ra, sp, gp, s0–s11), its “integer” half words 16–31. */
export const CONTEXT_FRAME_REGISTERS = 16;
