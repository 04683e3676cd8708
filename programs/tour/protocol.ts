/** What client and server of the tour agree on. */

/** Round trips before the measured ones: translations, caches and registrations settle. */
export const WARM_UP: u32 = 100;
/** Measured round trips. */
export const MEASURED: u32 = 2000;
/** Round trips of one mode; the one after the measured ones closes the server's window. */
export const ALL_TRIPS: u32 = WARM_UP + MEASURED + 1;

// Labels of the messages over the endpoint
/** Start serving; word 0 = the way. Answered before the first round trip. */
export const BEGIN: u64 = 1;
/** One round trip; word 0 = a number, answered with the number after it. */
export const PING: u64 = 2;
/** Asks for the server's counters; answered with traps and user interrupts of the server's hart in its window. */
export const REPORT: u64 = 3;

// Ways to carry a ping and its answer
export const OVER_ENDPOINT: u64 = 0;
export const OVER_NOTIFICATION: u64 = 1;
export const OVER_ASYNC: u64 = 2;

/** Notifications carry no data: ping and answer stand in the async channel's page, a cache line each. */
export const PING_OFFSET: u32 = 0;
export const ANSWER_OFFSET: u32 = 64;
