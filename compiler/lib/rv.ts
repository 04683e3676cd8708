/**
 * Machine intrinsics: each call becomes one instruction (or a few) of the RISC-V machine the program is compiled for.
 *
 * Guest code imports them from "rv". Addresses called `address` are 64-bit virtual addresses; addresses called
 * `pointer` are ordinary AssemblyScript pointers (u32, sign-extended by the machine). CSR numbers and fence sets must be
 * compile-time constants. Ordinary `load`/`store` may be merged or moved by the compiler; the ones here never are.
 */

// Control and status registers

/** Reads a CSR. */
export declare function csrRead(csr: u32): u64;
/** Writes a CSR. */
export declare function csrWrite(csr: u32, value: u64): void;
/** Sets the bits of `mask` in a CSR. */
export declare function csrSet(csr: u32, mask: u64): void;
/** Clears the bits of `mask` in a CSR. */
export declare function csrClear(csr: u32, mask: u64): void;
/** Writes a CSR and returns its old value. */
export declare function csrSwap(csr: u32, value: u64): u64;
/** Sets the bits of `mask` in a CSR and returns its old value, atomically. */
export declare function csrSetRead(csr: u32, mask: u64): u64;
/** Clears the bits of `mask` in a CSR and returns its old value, atomically. */
export declare function csrClearRead(csr: u32, mask: u64): u64;
/** Cycles this hart has run. */
export declare function rdcycle(): u64;
/** The machine's real-time counter, in ticks of the device tree's timebase-frequency. */
export declare function rdtime(): u64;
/** Instructions this hart has retired. */
export declare function rdinstret(): u64;

// Ordering and address translation

/** Orders memory accesses between harts. Both arguments are sets: 8 device input, 4 device output, 2 reads, 1 writes. */
export declare function fence(predecessor: u32, successor: u32): void;
/** Makes this hart's earlier stores visible to its instruction fetches. */
export declare function fenceI(): void;
/** Forgets all cached address translations of this hart. */
export declare function sfenceVma(): void;
/** Forgets cached translations of one virtual address, in every address space. */
export declare function sfenceVmaAddress(address: u64): void;
/** Forgets cached translations of one address space, except global ones. */
export declare function sfenceVmaAsid(asid: u64): void;
/** Forgets cached translations of one virtual address in one address space. */
export declare function sfenceVmaAddressAsid(address: u64, asid: u64): void;
/** Waits until an interrupt may be pending. */
export declare function wfi(): void;
/** Hints that this is a spin loop (Zihintpause). */
export declare function pause(): void;
/** Waits a short time while the 32 bits at `pointer` are `value` (Zawrs); may return early. Polling loops call it between looks. */
export declare function waitWhileEqual32(pointer: u32, value: u32): void;

// Hints

/** `condition`; tells the compiler that it is rarely true, so that the way on which it is false becomes the straight one. */
export declare function unlikely(condition: bool): bool;

// Environment

/** Calls the next more privileged mode with these registers and returns a0. a1–a5 as the callee left them are read with `ecallResult`; other registers are preserved, memory may have changed. */
export declare function ecall(a0: u64, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64, a6: u64, a7: u64): u64;
/** Register a1–a5 (index 1–5, a constant) as the last `ecall` left it. Nothing may be called in between. */
export declare function ecallResult(index: u32): u64;
/** Executes `ebreak`. */
export declare function breakpoint(): void;
/** Register tp, which compiled code never uses itself. */
export declare function threadPointer(): u64;
/** Sets register tp. */
export declare function setThreadPointer(value: u64): void;
/** Saves ra, sp and s0–s11 (14 × 8 bytes) at pointer `from`, loads them from `to` and continues where that context was saved. Programs with floating point keep fs0–fs11 on the stack. */
export declare function contextSwitch(from: u32, to: u32): void;
/**
 * Continues another stack: saves ra and sp (2 × 8 bytes) at pointer `from`, loads them from `to` and goes on where that stack
 * was left; returns when somebody switches back. Much cheaper than `contextSwitch`: every other register is lost, and the
 * compiler keeps what is live in stack slots. A new stack starts with ra = `stackEntry`, sp = its end (16-byte aligned).
 */
export declare function switchStack(from: u32, to: u32): void;
/**
 * Whether some function on a new stack may be suspended by `switchStack` while `pointer`, a mutable global such as
 * `__stack_pointer`, differs from its value when that function was entered. A constant: the compiler looks at the whole program.
 * When it is false, what `pointer` points to can be shared by all stacks: only the original one leaves anything there.
 */
export declare function isPushedAtSuspension(pointer: usize): bool;
/**
 * Machine address at which a new stack for `switchStack` begins: that of a `() => void` in the function table (`fn.index`),
 * which must not return. Other functions trap there. (`functionAddress` works too, but first saves registers nobody needs.)
 */
export declare function stackEntry(index: u32): u64;
/** Register sp, somewhere in the calling function's frame. */
export declare function stackPointer(): u64;
/** Machine address of a function-table entry (`fn.index`), for assembly and hardware: it follows the psABI. */
export declare function functionAddress(index: u32): u64;
/**
 * Machine address of a `(u64) => u64` in the function table (`fn.index`), for interrupt entries that save integer registers
 * only: a function that may use floating point leaves those registers, and fcsr, as they were. Other functions trap there.
 */
export declare function handlerAddress(index: u32): u64;

// User interrupts

/** Sends the user interrupt described by entry `index` of this thread's sender table. */
export declare function uipiSend(index: u64): void;
/** Takes (reads and clears) this receiver's pending vectors. */
export declare function uipiRead(): u64;
/** Adds pending vectors to this receiver. */
export declare function uipiWrite(bits: u64): void;
/** Lets this receiver's pending vectors interrupt it. */
export declare function uipiActivate(): void;
/** Stops this receiver's pending vectors from interrupting it. */
export declare function uipiDeactivate(): void;

// Volatile accesses: device registers and words another hart writes

/** Reads 8 bits at a 64-bit virtual address, exactly once, zero-extended. */
export declare function load8(address: u64): u32;
/** Reads 16 bits at a 64-bit virtual address, exactly once, zero-extended. */
export declare function load16(address: u64): u32;
/** Reads 32 bits at a 64-bit virtual address, exactly once. */
export declare function load32(address: u64): u32;
/** Reads 64 bits at a 64-bit virtual address, exactly once. */
export declare function load64(address: u64): u64;
/** Writes the low 8 bits of `value` at a 64-bit virtual address, exactly once. */
export declare function store8(address: u64, value: u32): void;
/** Writes the low 16 bits of `value` at a 64-bit virtual address, exactly once. */
export declare function store16(address: u64, value: u32): void;
/** Writes the low 32 bits of `value` at a 64-bit virtual address, exactly once. */
export declare function store32(address: u64, value: u32): void;
/** Writes the low 64 bits of `value` at a 64-bit virtual address, exactly once. */
export declare function store64(address: u64, value: u64): void;

// Acquire loads and release stores

/** Reads 32 bits; no later access is done before it. */
export declare function loadAcquire32(pointer: u32): u32;
/** Reads 64 bits; no later access is done before it. */
export declare function loadAcquire64(pointer: u32): u64;
/** Writes 32 bits; every earlier access is done before it. */
export declare function storeRelease32(pointer: u32, value: u32): void;
/** Writes 64 bits; every earlier access is done before it. */
export declare function storeRelease64(pointer: u32, value: u64): void;

// Atomic read-modify-write: the plain form does not order other accesses; Acquire, Release and AcqRel do

/** Replaces the 32 bits at `pointer` by `value` and returns the old value (relaxed). */
export declare function amoSwap32(pointer: u32, value: u32): u32;
/** Replaces the 32 bits at `pointer` by `value` and returns the old value (acquire). */
export declare function amoSwap32Acquire(pointer: u32, value: u32): u32;
/** Replaces the 32 bits at `pointer` by `value` and returns the old value (release). */
export declare function amoSwap32Release(pointer: u32, value: u32): u32;
/** Replaces the 32 bits at `pointer` by `value` and returns the old value (acquire and release). */
export declare function amoSwap32AcqRel(pointer: u32, value: u32): u32;
/** Replaces the 64 bits at `pointer` by `value` and returns the old value (relaxed). */
export declare function amoSwap64(pointer: u32, value: u64): u64;
/** Replaces the 64 bits at `pointer` by `value` and returns the old value (acquire). */
export declare function amoSwap64Acquire(pointer: u32, value: u64): u64;
/** Replaces the 64 bits at `pointer` by `value` and returns the old value (release). */
export declare function amoSwap64Release(pointer: u32, value: u64): u64;
/** Replaces the 64 bits at `pointer` by `value` and returns the old value (acquire and release). */
export declare function amoSwap64AcqRel(pointer: u32, value: u64): u64;

/** Adds `value` to the 32 bits at `pointer` and returns the old value (relaxed). */
export declare function amoAdd32(pointer: u32, value: u32): u32;
/** Adds `value` to the 32 bits at `pointer` and returns the old value (acquire). */
export declare function amoAdd32Acquire(pointer: u32, value: u32): u32;
/** Adds `value` to the 32 bits at `pointer` and returns the old value (release). */
export declare function amoAdd32Release(pointer: u32, value: u32): u32;
/** Adds `value` to the 32 bits at `pointer` and returns the old value (acquire and release). */
export declare function amoAdd32AcqRel(pointer: u32, value: u32): u32;
/** Adds `value` to the 64 bits at `pointer` and returns the old value (relaxed). */
export declare function amoAdd64(pointer: u32, value: u64): u64;
/** Adds `value` to the 64 bits at `pointer` and returns the old value (acquire). */
export declare function amoAdd64Acquire(pointer: u32, value: u64): u64;
/** Adds `value` to the 64 bits at `pointer` and returns the old value (release). */
export declare function amoAdd64Release(pointer: u32, value: u64): u64;
/** Adds `value` to the 64 bits at `pointer` and returns the old value (acquire and release). */
export declare function amoAdd64AcqRel(pointer: u32, value: u64): u64;

/** Ands `value` into the 32 bits at `pointer` and returns the old value (relaxed). */
export declare function amoAnd32(pointer: u32, value: u32): u32;
/** Ands `value` into the 32 bits at `pointer` and returns the old value (acquire). */
export declare function amoAnd32Acquire(pointer: u32, value: u32): u32;
/** Ands `value` into the 32 bits at `pointer` and returns the old value (release). */
export declare function amoAnd32Release(pointer: u32, value: u32): u32;
/** Ands `value` into the 32 bits at `pointer` and returns the old value (acquire and release). */
export declare function amoAnd32AcqRel(pointer: u32, value: u32): u32;
/** Ands `value` into the 64 bits at `pointer` and returns the old value (relaxed). */
export declare function amoAnd64(pointer: u32, value: u64): u64;
/** Ands `value` into the 64 bits at `pointer` and returns the old value (acquire). */
export declare function amoAnd64Acquire(pointer: u32, value: u64): u64;
/** Ands `value` into the 64 bits at `pointer` and returns the old value (release). */
export declare function amoAnd64Release(pointer: u32, value: u64): u64;
/** Ands `value` into the 64 bits at `pointer` and returns the old value (acquire and release). */
export declare function amoAnd64AcqRel(pointer: u32, value: u64): u64;

/** Ors `value` into the 32 bits at `pointer` and returns the old value (relaxed). */
export declare function amoOr32(pointer: u32, value: u32): u32;
/** Ors `value` into the 32 bits at `pointer` and returns the old value (acquire). */
export declare function amoOr32Acquire(pointer: u32, value: u32): u32;
/** Ors `value` into the 32 bits at `pointer` and returns the old value (release). */
export declare function amoOr32Release(pointer: u32, value: u32): u32;
/** Ors `value` into the 32 bits at `pointer` and returns the old value (acquire and release). */
export declare function amoOr32AcqRel(pointer: u32, value: u32): u32;
/** Ors `value` into the 64 bits at `pointer` and returns the old value (relaxed). */
export declare function amoOr64(pointer: u32, value: u64): u64;
/** Ors `value` into the 64 bits at `pointer` and returns the old value (acquire). */
export declare function amoOr64Acquire(pointer: u32, value: u64): u64;
/** Ors `value` into the 64 bits at `pointer` and returns the old value (release). */
export declare function amoOr64Release(pointer: u32, value: u64): u64;
/** Ors `value` into the 64 bits at `pointer` and returns the old value (acquire and release). */
export declare function amoOr64AcqRel(pointer: u32, value: u64): u64;

/** Exclusive-ors `value` into the 32 bits at `pointer` and returns the old value (relaxed). */
export declare function amoXor32(pointer: u32, value: u32): u32;
/** Exclusive-ors `value` into the 32 bits at `pointer` and returns the old value (acquire). */
export declare function amoXor32Acquire(pointer: u32, value: u32): u32;
/** Exclusive-ors `value` into the 32 bits at `pointer` and returns the old value (release). */
export declare function amoXor32Release(pointer: u32, value: u32): u32;
/** Exclusive-ors `value` into the 32 bits at `pointer` and returns the old value (acquire and release). */
export declare function amoXor32AcqRel(pointer: u32, value: u32): u32;
/** Exclusive-ors `value` into the 64 bits at `pointer` and returns the old value (relaxed). */
export declare function amoXor64(pointer: u32, value: u64): u64;
/** Exclusive-ors `value` into the 64 bits at `pointer` and returns the old value (acquire). */
export declare function amoXor64Acquire(pointer: u32, value: u64): u64;
/** Exclusive-ors `value` into the 64 bits at `pointer` and returns the old value (release). */
export declare function amoXor64Release(pointer: u32, value: u64): u64;
/** Exclusive-ors `value` into the 64 bits at `pointer` and returns the old value (acquire and release). */
export declare function amoXor64AcqRel(pointer: u32, value: u64): u64;
