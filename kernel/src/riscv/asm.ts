// Assembly fragments (kernel/assembly) that compiled code calls.

/** Physical base of the user-interrupt controller, or 0 when this hart has none. Changes no other state. */
export declare function probeUserInterrupts(): u64;
/** 1 when this hart has floating point (F and D), else 0. Changes f0, and leaves sstatus.FS off. */
export declare function probeFpu(): u64;
/** Stores the floating-point registers and fcsr in a thread's context. */
export declare function saveFpu(context: u32): void;
/** Loads them from there. */
export declare function loadFpu(context: u32): void;
/** Stops this hart for good. */
export declare function haltHart(): void;
