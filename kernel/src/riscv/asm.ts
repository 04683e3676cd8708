// Assembly fragments (kernel/assembly) that compiled code calls.

/** Physical base of the user-interrupt controller, or 0 when this hart has none. Changes no other state. */
export declare function probeUserInterrupts(): u64;
/** Stops this hart for good. */
export declare function haltHart(): void;
