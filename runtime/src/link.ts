/** Addresses of assembly fragments (module "link": the linker's symbols). */

/** Where the hart jumps at a user interrupt: `runtime/assembly/user-interrupt-entry.ts`. */
export declare function userInterruptEntry(): u64;
