// How programs show the laboratory where an operation begins and ends. Host and guest compile this file.

/** In a6 of GetFeatures: a0 is the number of the program that calls. */
export const ANNOUNCEMENT = 0x4c41_4222;

/** Reading instret marks the begin of an operation, hpmcounter4 its end. */
export const BEGIN_COUNTER = 0xc02;
export const END_COUNTER = 0xc04;

/** Numbers programs announce themselves by. */
export const PROGRAM_SENDER = 1;
export const PROGRAM_RECEIVER = 2;
export const PROGRAM_COMPETITOR = 3;
