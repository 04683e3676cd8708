// Addresses that the linker knows.

/** Value of gp for compiled code. */
export declare function __global_pointer(): u64;
/** Where user interrupts enter (runtime/assembly). */
export declare function userInterruptEntry(): u64;
