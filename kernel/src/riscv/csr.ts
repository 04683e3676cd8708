// Control and status registers the kernel uses, and their bits (RISC-V privileged specification; user-interrupt
// extension: N draft and UINTC specification). Shared with the kernel's assembly.

export const CSR_USTATUS = 0x000;
/** Floating-point rounding mode and flags. */
export const CSR_FCSR = 0x003;
export const CSR_UIE = 0x004;
export const CSR_UTVEC = 0x005;
export const CSR_USCRATCH = 0x040;
export const CSR_UEPC = 0x041;

export const CSR_SSTATUS = 0x100;
export const CSR_SIDELEG = 0x103;
export const CSR_SIE = 0x104;
export const CSR_STVEC = 0x105;
export const CSR_SCOUNTEREN = 0x106;
export const CSR_SSCRATCH = 0x140;
export const CSR_SEPC = 0x141;
export const CSR_SCAUSE = 0x142;
export const CSR_STVAL = 0x143;
export const CSR_SIP = 0x144;
export const CSR_SATP = 0x180;

/** Sender table of the running thread: bit 63 enable, 55:44 size in pages, 43:0 physical page number. */
export const CSR_SUIST = 0x1b0;
/** Receiver entry of the running thread: bit 63 enable, 15:0 index. */
export const CSR_SUIRS = 0x1b1;
/** Physical base address of the user-interrupt controller. */
export const CSR_SUICFG = 0x1b2;

export const SSTATUS_UIE = 1;
export const SSTATUS_UPIE = 16;
export const SSTATUS_SPIE = 32;
/** State of the floating-point registers: 0 when they may not be used, else one of these. */
export const SSTATUS_FS = 0x6000;
export const SSTATUS_FS_CLEAN = 0x4000;
export const SSTATUS_FS_DIRTY = 0x6000;

/** Bits of sie and sip. */
export const IP_USER_SOFTWARE = 1;
export const IP_SOFTWARE = 2;
export const IP_TIMER = 32;
export const IP_EXTERNAL = 512;

/** Exception codes of scause. */
export const CAUSE_INSTRUCTION_ACCESS = 1;
export const CAUSE_ILLEGAL_INSTRUCTION = 2;
export const CAUSE_LOAD_ACCESS = 5;
export const CAUSE_STORE_ACCESS = 7;
export const CAUSE_USER_ECALL = 8;
export const CAUSE_INSTRUCTION_PAGE = 12;
export const CAUSE_LOAD_PAGE = 13;
export const CAUSE_STORE_PAGE = 15;

/** satp.MODE of Sv39. */
export const SATP_MODE_SV39 = 8;
