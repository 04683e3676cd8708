// The machine's state as it lies in the one WebAssembly.Memory: the contract between the interpreter (AssemblyScript),
// the host (TypeScript), and whatever else executes guest code beside the interpreter, such as a translator to wasm.
//
// This file is in the common subset of both languages and is imported by both. All offsets and sizes are bytes; an
// address in this file is an address in that memory, never a guest address. Everything a hart is stands in its block;
// nothing that can be seen by the guest is kept in a wasm global or local while TypeScript runs.

// --- Map of the memory --------------------------------------------------------------------------------------------
export const MACHINE_BASE = 0x0; // one block for the whole machine, offsets MACHINE_*
export const HARTS_BASE = 0x1000; // hart i's block lies at HARTS_BASE + i * HART_SIZE
export const HART_SIZE = 0x1000;
export const MAX_HARTS = 8;
export const UINTC_BASE = 0x10000; // receiver entry i at UINTC_BASE + i * 16: low word, pending word
export const UINTC_RECEIVERS = 512;
export const STATIC_BASE = 0x20000; // the core module's own constant data
export const CSR_TABLE_BASE = 0x40000; // u16 per CSR number, see csr.ts
export const TLB_BASE = 0x100000; // hart i's TLB banks at TLB_BASE + i * TLB_BANKS * TLB_BANK_SIZE
export const TLB_LISTS_BASE = 0x900000; // for each bank, the list of entries filled since its last flush
export const TLB_STRICT_BANK = 0x920000; // a bank without entries, so that every access takes the slow path
export const STORE_BUFFER_BASE = 0x940000; // hart i's buffered stores at STORE_BUFFER_BASE + i * STORE_BUFFER_SIZE
export const CODE_MAP_BASE = 0xa00000; // u16 per RAM page: its decoded page in the code pool, 0 = none
export const CODE_POOL_BASE = 0x1000000; // decoded pages, see decode.ts
export const RAM_BASE = 0x2000000; // guest RAM
export const RAM_SLACK = 0x10000; // bytes kept behind RAM, so that wide host accesses at its end stay inside the memory

// --- Guest physical map that the core itself must know -------------------------------------------------------------
export const RAM_PHYSICAL = 0x80000000; // unsigned: in AssemblyScript use <u32>RAM_PHYSICAL
export const UINTC_PHYSICAL = 0x2f10000;
export const UINTC_SIZE = 0x4000;
export const CYCLES_PER_TICK = 10; // mtime runs at a tenth of the clock

// --- Machine block --------------------------------------------------------------------------------------------------
export const MACHINE_HARTS = 0x00; // u32: number of harts
export const MACHINE_RAM_SIZE = 0x08; // u64: bytes of guest RAM
export const MACHINE_QUANTUM = 0x10; // u32: cycles a hart may run ahead of the slowest running hart
export const MACHINE_FEATURES = 0x14; // u32: FEATURE_*
export const MACHINE_EVENT_MASK = 0x18; // u32: bit per EVENT_*, which events call back into TypeScript
export const MACHINE_STOP = 0x1c; // u32: nonzero asks the core to return as soon as the present instruction is done
export const MACHINE_NOW = 0x20; // u64: clock (cycles) of the hart that ran last; never moves backwards
export const MACHINE_TIME_OFFSET = 0x28; // u64: mtime = clock / CYCLES_PER_TICK + this
export const MACHINE_CURRENT_HART = 0x30; // u32: hart that is executing while TypeScript is called back, NO_HART outside run
export const MACHINE_BUS_FAULT = 0x34; // u32: set by TypeScript when a bus access hits no device
export const MACHINE_NEXT_EVENT = 0x38; // u64: clock at which a device wants to be called, all ones = never
export const MACHINE_INSTRUCTION_BUDGET = 0x40; // i64: cycles all harts together may still execute
export const MACHINE_CODE_PAGES = 0x48; // u32: decoded pages in use
export const MACHINE_LIVE_RESERVATIONS = 0x4c; // u32: bit per hart that holds an LR reservation
export const MACHINE_SYNC_CLOCK = 0x50; // u64: last clock at which the executing hart may do what others must see in order
export const MACHINE_RESUME_HART = 0x58; // u32: hart whose slice was cut by the instruction budget, NO_HART = none
export const MACHINE_RESUME_END = 0x60; // u64: where that slice ends
export const MACHINE_ACTIVE_RECEIVERS = 0x68; // u32: UINTC entries whose active bit is set
export const MACHINE_MARKS = 0x6c; // u32: addresses in the table below
export const MACHINE_WATCHED_PAGES = 0x70; // u32: bit per hart whose HART_WATCHED_PAGE is set
export const MACHINE_STORE_BUFFER = 0x74; // u32: stores each hart buffers (store-buffer.ts), 0 = none
export const MACHINE_STORE_RANDOM = 0x78; // u64: state of the generator that delays them, not 0
export const MACHINE_PACED = 0x80; // u32: nonzero = return RUN_PAUSE instead of skipping idle time beyond the clock below
export const MACHINE_IDLE_LIMIT = 0x88; // u64: clock up to which idle time may be skipped
export const MACHINE_IDLE_TARGET = 0x90; // u64: with RUN_PAUSE, the clock at which a hart or a device has something to do
export const MACHINE_MARK_TABLE = 0x800; // MAX_MARKS × u64: virtual addresses that report their execution
export const MAX_MARKS = 256;

export const NO_HART = 0xffffffff;

export const FEATURE_UINTC = 1; // N extension, uipi and the UINTC exist
export const FEATURE_FIRMWARE = 2; // ecall from S mode calls TypeScript instead of trapping into M mode
export const FEATURE_COHERENT_FETCH = 4; // fetches see stores without fence.i

export const EVENT_TRAP = 0; // (cause with bit 63 for interrupts, epc, tval, from << 4 | to)
export const EVENT_USER_INTERRUPT = 1; // (cause, uepc, 0, 0)
export const EVENT_UIPI_SEND = 2; // (receiver index, vector, sender table index, 0)
export const EVENT_RETURN = 3; // (privilege whose return instruction it is, target pc, privilege it goes to, 0)
export const EVENT_WAIT = 4; // (0 = wfi, 1 = wrs, 0, 0, 0)
export const EVENT_WAKE = 5; // (0 = wfi, 1 = wrs, cycles waited, 0, 0)
export const EVENT_MARK = 6; // (satp, 0, 0, 0)
export const EVENT_DEVICE = 7; // reported by the bus, not by the core

// --- Hart block: registers ------------------------------------------------------------------------------------------
export const HART_X = 0x000; // x0..x31, u64 each; x0 stays 0
export const HART_X_SINK = 0x100; // the slot decoded instructions write when their rd is x0
export const HART_PC = 0x108; // u64
export const HART_SLICE_END = 0x110; // u64: local clock at which the present slice ends
export const HART_LEFT = 0x118; // i32: cycles of the slice not used yet; local clock = HART_SLICE_END - HART_LEFT
export const HART_ATTENTION = 0x11c; // u32: nonzero = interrupts or translation changed, leave the hot loop
export const HART_PRIVILEGE = 0x120; // u32: PRIVILEGE_*
export const HART_RUN_STATE = 0x124; // u32: RUN_*
export const HART_EXIT = 0x128; // u32: EXIT_*, why the hot loop was left
export const HART_CAUSE = 0x12c; // u32: exception cause, valid with EXIT_EXCEPTION
export const HART_TVAL = 0x130; // u64: its trap value
export const HART_DATA_TLB = 0x138; // u32: address of the bank for loads and stores
export const HART_FETCH_TLB = 0x13c; // u32: address of the bank for fetches
export const HART_ID = 0x140; // u32
export const HART_RESERVATION_VALID = 0x144; // u32
export const HART_RESERVATION_ADDRESS = 0x148; // u64: physical
export const HART_RESERVATION_CLOCK = 0x150; // u64: local clock of the LR
export const HART_NEXT_BANK = 0x158; // u32: bank that is taken over next
export const HART_STRICT = 0x15c; // u32: nonzero in slices that must see every store (another hart holds a reservation)
export const HART_DATA_BANK = 0x160; // u32: the bank HART_DATA_TLB stands for when not strict
export const HART_TRANSLATED_ADDRESS = 0x168; // u64: guest physical address found by the last translation
export const HART_TRANSLATED_RIGHTS = 0x170; // u32: 1 read, 2 write, 4 execute: what the page allows now, 0 = do not cache
export const HART_TRANSLATED_LEVEL = 0x174; // u32: 0 = 4 KiB, 1 = 2 MiB, 2 = 1 GiB, 3 = 512 GiB leaf
export const HART_MARK_CLOCK = 0x178; // u64: clock at which a mark was last reported
export const HART_MARK_PC = 0x180; // u64: and where
export const HART_WAIT_INSTRUCTION = 0x188; // u32: WAIT_*, what a waiting hart executed
export const HART_WAIT_END = 0x190; // u64: clock at which a waiting hart goes on by itself, all ones = never
export const HART_WATCHED_PAGE = 0x198; // u64: physical page whose stores are looked at for this hart, 0 = none
export const HART_WATCH_CLOCK = 0x1a0; // u64: clock at which the hart last used that
export const HART_STORES = 0x1a8; // u32: stores in its buffer
export const HART_STORE_EPOCH = 0x1ac; // u32: fences so far that keep stores in order
export const HART_PAGE_PC = 0x1b0; // u64: virtual address of the page whose decoded code is being executed

export const PRIVILEGE_USER = 0;
export const PRIVILEGE_SUPERVISOR = 1;
export const PRIVILEGE_MACHINE = 3;

export const RUN_STOPPED = 0; // never started, or stopped by firmware
export const RUN_RUNNING = 1;
export const RUN_WAITING = 2; // in wfi or wrs

export const WAIT_WFI = 0;
export const WAIT_WRS = 1; // for a store to the reserved word, too

export const EXIT_NONE = 0; // end of the slice
export const EXIT_EXCEPTION = 1; // HART_CAUSE and HART_TVAL say which; HART_PC is the faulting instruction
export const EXIT_YIELD = 2; // the instruction at HART_PC must wait until slower harts have caught up
export const EXIT_ATTENTION = 3; // look at interrupts, run state and stop requests
export const EXIT_FETCH = 4; // HART_PC left the page whose code was decoded
export const EXIT_FIRMWARE = 5; // ecall that TypeScript handles
export const EXIT_RELOAD = 6; // privilege, translation or interrupt enables changed; the slice goes on

// --- Hart block: control and status registers, u64 each -------------------------------------------------------------
export const HART_MSTATUS = 0x200;
export const HART_MEDELEG = 0x208;
export const HART_MIDELEG = 0x210;
export const HART_MIE = 0x218;
export const HART_MIP = 0x220; // bits held by software
export const HART_LINES = 0x228; // bits driven by hardware; mip reads as HART_MIP | HART_LINES
export const HART_MTVEC = 0x230;
export const HART_MCOUNTEREN = 0x238;
export const HART_MCOUNTINHIBIT = 0x240;
export const HART_MSCRATCH = 0x248;
export const HART_MEPC = 0x250;
export const HART_MCAUSE = 0x258;
export const HART_MTVAL = 0x260;
export const HART_MENVCFG = 0x268;
export const HART_SEDELEG = 0x270;
export const HART_SIDELEG = 0x278;
export const HART_STVEC = 0x280;
export const HART_SCOUNTEREN = 0x288;
export const HART_SSCRATCH = 0x290;
export const HART_SEPC = 0x298;
export const HART_SCAUSE = 0x2a0;
export const HART_STVAL = 0x2a8;
export const HART_SATP = 0x2b0;
export const HART_SENVCFG = 0x2b8;
export const HART_SUIST = 0x2c0;
export const HART_SUIRS = 0x2c8;
export const HART_SUICFG = 0x2d0;
export const HART_UTVEC = 0x2d8;
export const HART_USCRATCH = 0x2e0;
export const HART_UEPC = 0x2e8;
export const HART_UCAUSE = 0x2f0;
export const HART_UTVAL = 0x2f8;
export const HART_PMPADDR = 0x300; // 16 × u64
export const HART_PMPCFG = 0x380; // 16 × u8
export const HART_PMP_ACTIVE = 0x390; // u32: number of entries up to the last one that is not OFF
export const HART_MTIMECMP = 0x398; // u64 ticks: drives MTIP
export const HART_STIMECMP = 0x3a0; // u64 ticks: drives STIP where menvcfg.STCE is set
export const HART_UINTC_ACTIVE = 0x3a8; // u32: receivers that drive this hart's USIP line at present

// --- Hart block: counters, u64 each ---------------------------------------------------------------------------------
export const HART_HPM_EVENT = 0x400; // 32 × u64: mhpmevent3..31 at their index
export const HART_COUNTER_OFFSET = 0x500; // 32 × u64: counter i reads its source minus this (or this, while inhibited)
export const HART_NOT_RETIRED = 0x600; // cycles that retired no instruction: traps and waiting; instret = clock - this
export const HART_MODE_SINCE = 0x608; // clock of the last change of privilege
export const HART_MODE_NOT_RETIRED = 0x610; // HART_NOT_RETIRED at that time
export const HART_MODE_CYCLES = 0x620; // 4 × u64 by privilege, up to the last change
export const HART_MODE_INSTRUCTIONS = 0x640; // 4 × u64 by privilege, up to the last change
export const HART_TRAPS_TO = 0x660; // 4 × u64 by target privilege (user: exceptions delegated to U)
export const HART_USER_INTERRUPTS = 0x680; // interrupts taken into U
export const HART_UIPI_SENDS = 0x688; // uipi sends that reached a receiver
export const HART_SLICES = 0x690; // slices executed, a measure of scheduling overhead
export const HART_WAIT_CYCLES = 0x698; // cycles spent in wfi, in wrs or stopped
export const HART_EXCEPTIONS = 0x700; // 16 × u64 by exception cause
export const HART_INTERRUPTS = 0x780; // 16 × u64 by interrupt cause

// --- Hart block: TLB bank directory ---------------------------------------------------------------------------------
export const HART_BANKS = 0x800; // TLB_BANKS × 16 bytes: satp u64, key u32, number of list entries u32
export const BANK_SATP = 0;
export const BANK_KEY = 8; // privilege | sum << 2 | mxr << 3, all ones = unused
export const BANK_FILLED = 12;
export const BANK_DIRECTORY_ENTRY = 16;

// --- Hart block: floating point (float-environment.ts) --------------------------------------------------------------
export const HART_F = 0x900; // f0..f31, u64 each; a single has all ones above it
export const HART_FCSR = 0xa00; // u32: frm in bits 7:5, fflags in bits 4:0
export const HART_FLOAT_TLB = 0xa04; // u32: HART_DATA_TLB while mstatus.FS is Dirty, else a bank without entries
export const HART_NATIVE_SINGLE = 0xa08; // f32: infinity while the host's arithmetic may serve (float-native.ts), else 0
export const HART_NATIVE_DOUBLE = 0xa10; // f64: the same

// --- TLB ------------------------------------------------------------------------------------------------------------
// A bank holds translations of one context (satp, privilege, SUM, MXR), so that entering the kernel flushes nothing.
// An entry matches when its tag equals the virtual address with offset bits cleared; alignment bits stay in the compare
// (address & (TLB_PAGE_MASK | size - 1)), so that a misaligned access misses and is handled on the slow path.
export const TLB_BANKS = 8;
export const TLB_ENTRIES = 4096;
export const TLB_ENTRY_SIZE = 32;
export const TLB_BANK_SIZE = 131072; // TLB_ENTRIES * TLB_ENTRY_SIZE
export const TLB_READ_TAG = 0; // u64: virtual page address, all ones = invalid
export const TLB_WRITE_TAG = 8; // u64: the same for stores
export const TLB_FETCH_TAG = 16; // u64: the same for instruction fetch
export const TLB_ADDEND = 24; // u32: memory address = low 32 bits of virtual address + addend, modulo 2^32
export const TLB_CODE = 28; // u32: address of the decoded page (with fetch tag) | TLB_WATCHED | level of the leaf in bits 1:0
export const TLB_LEVEL_MASK = 3;
export const TLB_WATCHED = 4; // writable, but has no write tag while its page is watched (watch.ts)
export const TLB_FLAGS = 63; // all bits of TLB_CODE that are not the address
export const TLB_LIST_CAPACITY = 511; // entries a bank remembers for cheap flushing; more = clear the whole bank
export const TLB_LIST_SIZE = 1024; // bytes: u16 entry indexes

// --- Store buffers (store-buffer.ts), oldest store first ------------------------------------------------------------
export const STORE_BUFFER_SIZE = 0x800;
export const STORE_BUFFER_DEPTH = 64; // most entries of a hart: STORE_BUFFER_SIZE / STORE_ENTRY_SIZE
export const STORE_ENTRY_SIZE = 32;
export const STORE_ADDRESS = 0; // u64: physical
export const STORE_VALUE = 8; // u64
export const STORE_DUE = 16; // u64: clock at which it drains
export const STORE_BYTES = 24; // u16: 1 to 8
export const STORE_FLAGS = 26; // u16: what it must drain before
export const STORE_EPOCH = 28; // u32: HART_STORE_EPOCH at the store

// --- Decoded code ---------------------------------------------------------------------------------------------------
export const CODE_SLOT_SIZE = 8; // a decoded instruction, one slot for every two bytes of code
export const CODE_PAGE_SIZE = 16448; // 2048 slots, two guard slots at the end, the address below, rounded up to 64 bytes
export const CODE_PAGE_RAM = 16400; // u32 in a decoded page: memory address of the RAM page it decodes
export const CODE_PAGE_CHECKED = 16404; // u32 in a decoded page: nonzero = each instruction is checked against PMP
export const CODE_POOL_PAGES = 1000;
