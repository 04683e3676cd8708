// What the test root tasks call in assembly (kernel/tests/system/floating-point.ts).

/** Sets f0…f31 and fcsr from 33 words of 8 bytes. */
export declare function loadFloats(from: u32): void;
/** Stores f0…f31 and fcsr in 33 words of 8 bytes. */
export declare function storeFloats(to: u32): void;
/** Sets fcsr. */
export declare function setFloatControl(value: u64): void;
