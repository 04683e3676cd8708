/** How switches are measured. */

export const CACHELESS =
  "The present timing model has no caches: a working set costs the instructions that sum it, which are measured alone and subtracted, and nothing beyond. The layout is ready for a model in which switches also cost misses, as the published ones do.";

export const METHOD = [
  "n entities pass a token in a ring; who has it sums the 32-bit words of an array of its own, the working set, and passes it on. After some rounds, a window of further rounds is opened; then the same sums are measured without passing anything. A switch costs the difference, as in lmbench's lat_ctx: all instructions of the runtime and the kernel, ticks of the scheduler's timer (220 instructions each 2 ms while rivals can run) and, for coroutines, the executor's turns included. With working sets there are fewer rounds where rivals can run at any time, so that no time slice ends inside a turn.",
  "All entities are on one hart and of one priority. Coroutines belong to one program and yield to each other. Threads are kernel threads of one program and yield through the kernel, as processes do, each of which has an address space and capabilities of its own. The last two pass the token by notifications, in the way lat_ctx passes it by pipes: each signals the next one and waits for its own, in two system calls or in one.",
  CACHELESS,
];
