// What the core imports from TypeScript (module "host"). While one of these runs, all state stands in memory.

/** Loads `bytes` (1, 2, 4, 8) from a device; sets MACHINE_BUS_FAULT when there is none at the physical address. */
export declare function busRead(address: u32, bytes: u32): u64;
/** Stores the low `bytes` of `value` to a device; sets MACHINE_BUS_FAULT when there is none. */
export declare function busWrite(address: u32, bytes: u32, value: u64): void;
/** Lets built-in firmware serve the ecall a hart has just executed in S mode. */
export declare function environmentCall(hartId: u32): void;
/** Reports an event of a kind (EVENT_*) that the machine block's mask asks for. */
export declare function event(kind: u32, hartId: u32, a: u64, b: u64, c: u64, d: u64): void;
