// What the test root tasks call in assembly (kernel/tests/system/floating-point.ts). Floating-point registers are not kept,
// so compiled code that calls these must use none.

/** Sets f0…f31 and fcsr from 33 words of 8 bytes. */
export declare function loadFloats(from: u32): void;
/** Stores f0…f31 and fcsr in 33 words of 8 bytes. */
export declare function storeFloats(to: u32): void;
/** Bits of the double at which a chaotic map is after 100 steps from `start` thousandths. */
export declare function orbit(start: u64): u64;
/** Sets fcsr. */
export declare function setFloatControl(value: u64): void;
