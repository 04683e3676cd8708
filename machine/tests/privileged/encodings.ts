// Numbers of the privileged architecture that the generator of random programs needs.

export const MSTATUS = {
  SIE: 1n << 1n,
  SPIE: 1n << 5n,
  MPIE: 1n << 7n,
  SPP: 1n << 8n,
  MPP: 3n << 11n,
  FS: 3n << 13n,
  MPRV: 1n << 17n,
  SUM: 1n << 18n,
  MXR: 1n << 19n,
  TVM: 1n << 20n,
  TW: 1n << 21n,
  TSR: 1n << 22n,
} as const;

export const CSR = {
  sstatus: 0x100,
  sie: 0x104,
  sepc: 0x141,
  scause: 0x142,
  stval: 0x143,
  sip: 0x144,
  stimecmp: 0x14d,
  satp: 0x180,
  mstatus: 0x300,
  medeleg: 0x302,
  mepc: 0x341,
  mcause: 0x342,
  mip: 0x344,
  cycle: 0xc00,
  time: 0xc01,
  instret: 0xc02,
} as const;

/** Interrupts that can be delegated. */
export const SUPERVISOR_INTERRUPTS = 0x222n;

export const WORD = {
  ecall: 0x0000_0073,
  ebreak: 0x0010_0073,
  sret: 0x1020_0073,
  mret: 0x3020_0073,
  wfi: 0x1050_0073,
  sinvalVma: 0x1600_0073,
  /** Two 16-bit instructions that return. */
  returns: 0x8082_8082,
} as const;

/** What is illegal, always or in some mode or state. */
export const ILLEGAL_WORDS = [
  0x0200_7053, // fadd.d: legal where FS is on
  0x0010_2273, // csrr tp, fflags: likewise
  0xffff_ffff, // all ones
  0x0000_705b, // custom-2
  0x8ff0_1073, // csrrw x0, 0x8ff, x0: no such CSR
  0xf140_9073, // csrrw x0, mhartid, x1: read-only
  0x0000_9067, // jalr with funct3 1
  0x3002_1073, // csrrw x0, mstatus, tp: M mode's
  0x3400_2273, // csrr tp, mscratch: likewise
];
