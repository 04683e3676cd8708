// Where everything lies that the programs of the privileged comparison and their generator share. All addresses are physical.

export const RAM = 0x8000_0000;
/** Driver and trap handlers. */
export const CODE = RAM;
export const VARIABLES = RAM + 0x1_0000;
/** 64 KiB that steps load from and store to. */
export const DATA = RAM + 0x2_0000;
export const DATA_PAGES = 16;
/** 64 KiB full of `c.jr ra`, which steps call; never written. */
export const CALLEES = DATA + DATA_PAGES * 0x1000;
export const CALLEE_PAGES = 16;
/** Steps, their code and the page tables they use, as the generator makes them. */
export const STEPS = RAM + 0x4_0000;
/** What the program finds out: records of RECORD words each. */
export const LOG = RAM + 0x100_0000;
export const LOG_SIZE = 0x80_0000;
/** Memory under superpages, 2 MiB aligned. */
export const LARGE = RAM + 0x1a0_0000;
export const LARGE_SIZE = 0x20_0000;
export const RAM_SIZE = 64 << 20;
/** Nothing answers here, neither on our machine nor on QEMU. */
export const NOTHING = 0x70_0000;

/** Registers a step begins with, in the order of the step's words. */
export const STEP_CSRS = {
  pmpaddr0: 0x3b0,
  pmpaddr1: 0x3b1,
  pmpaddr2: 0x3b2,
  pmpaddr3: 0x3b3,
  pmpaddr4: 0x3b4,
  pmpaddr5: 0x3b5,
  pmpaddr6: 0x3b6,
  pmpaddr7: 0x3b7,
  pmpcfg0: 0x3a0,
  satp: 0x180,
  medeleg: 0x302,
  mideleg: 0x303,
  menvcfg: 0x30a,
  stimecmp: 0x14d,
  mie: 0x304,
  mip: 0x344,
  mcounteren: 0x306,
  scounteren: 0x106,
  mtvec: 0x305,
  stvec: 0x105,
  mepc: 0x341,
  mstatus: 0x300,
} as const;
export type StepCsr = keyof typeof STEP_CSRS;
const CSR_COUNT = Object.keys(STEP_CSRS).length;

/** Offsets in a step, in bytes: CLINT's msip and mtimecmp, whether S mode's handler returns, CSRs, x1 to x31. */
export const STEP = {
  msip: 0,
  mtimecmp: 8,
  supervisorReturns: 16,
  csrs: 24,
  registers: 24 + 8 * CSR_COUNT,
  size: 24 + 8 * CSR_COUNT + 8 * 31,
} as const;

/** A record of the log: who wrote it, then words that depend on that. */
export const RECORD_WORDS = 8;
export const WRITER = { machineTrap: 1n, supervisorTrap: 2n, end: 3n, registers: 4n } as const;

/** In a7 at an ecall: the step is over. */
export const END_OF_STEP = 0x5e0f;
/** Traps after which a step is over, too. */
export const MOST_TRAPS = 24;
