/** Addresses of assembly fragments (module "link": the linker's symbols). */

/** Where the hart jumps at a user interrupt that only has to be noted: `runtime/assembly/arrivals-entry.ts`. */
export declare function arrivalsEntry(): u64;
/** Where it jumps when a handler is to be called: `runtime/assembly/user-interrupt-entry.ts`. */
export declare function userInterruptEntry(): u64;
/** What register gp holds in compiled code, on every thread. */
export declare function __global_pointer(): u64;
