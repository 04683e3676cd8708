/** What client and server of the tour agree on. */

/** Round trips before the measured ones: translations, caches and registrations settle. */
export const WARM_UP: u32 = 100;
/** Round trips measured in a mode, unless the machine is too slow for so many. */
export const MOST_MEASURED: u32 = 2000;
/** Round trips that show how slow it is. */
export const TRIAL: u32 = 20;
/** Least number of measured round trips. */
export const LEAST_MEASURED: u32 = 100;
/** Ticks of `time` (10 MHz) that the measured round trips of a mode should not exceed: 5 s. */
export const TIME_BUDGET: u64 = 50_000_000;

// Labels of the messages over the endpoint
/** Start serving; word 0 = the way, word 1 = measured round trips. Answered before the first round trip. */
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
