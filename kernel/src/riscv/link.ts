// Addresses that the linker knows.

/** End of the kernel's data. */
export declare function __bss_end(): u64;
/** Start of the kernel's text. */
export declare function __text_start(): u64;
/** The header that the host fills in: where the root task is (`layout.ts`). */
export declare function imageHeader(): u64;
/** The kernel lock: next ticket, ticket being served (kernel/assembly/lock.ts). */
export declare function kernelLock(): u64;
/** Entry of every trap into the kernel. */
export declare function trapEntry(): u64;
/** Trap handler that skips the instruction at fault, for probing. */
export declare function probeTrap(): u64;
/** Where a hart that came to the image's entry late finds its record (`layout.ts`). */
export declare function lateHarts(): u64;
/** First instruction of a hart started through the firmware. */
export declare function secondaryEntry(): u64;
