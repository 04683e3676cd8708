// Numbers of the RISC-V privileged architecture (version 1.12) and of the N extension draft: causes, status bits, CSRs.

export const CAUSE_FETCH_ACCESS: u32 = 1;
export const CAUSE_ILLEGAL: u32 = 2;
export const CAUSE_BREAKPOINT: u32 = 3;
export const CAUSE_LOAD_MISALIGNED: u32 = 4;
export const CAUSE_LOAD_ACCESS: u32 = 5;
export const CAUSE_STORE_MISALIGNED: u32 = 6;
export const CAUSE_STORE_ACCESS: u32 = 7;
export const CAUSE_ECALL_U: u32 = 8; // + privilege
export const CAUSE_FETCH_PAGE: u32 = 12;
export const CAUSE_LOAD_PAGE: u32 = 13;
export const CAUSE_STORE_PAGE: u32 = 15;

export const IRQ_U_SOFT: u32 = 0;
export const IRQ_S_SOFT: u32 = 1;
export const IRQ_M_SOFT: u32 = 3;
export const IRQ_U_TIMER: u32 = 4;
export const IRQ_S_TIMER: u32 = 5;
export const IRQ_M_TIMER: u32 = 7;
export const IRQ_U_EXT: u32 = 8;
export const IRQ_S_EXT: u32 = 9;
export const IRQ_M_EXT: u32 = 11;

export const U_INTERRUPTS: u64 = 0x111;
export const S_INTERRUPTS: u64 = 0x222;
export const M_INTERRUPTS: u64 = 0x888;

export const MSTATUS_UIE: u64 = 1 << 0;
export const MSTATUS_SIE: u64 = 1 << 1;
export const MSTATUS_MIE: u64 = 1 << 3;
export const MSTATUS_UPIE: u64 = 1 << 4;
export const MSTATUS_SPIE: u64 = 1 << 5;
export const MSTATUS_MPIE: u64 = 1 << 7;
export const MSTATUS_SPP: u64 = 1 << 8;
export const MSTATUS_MPP: u64 = 3 << 11;
export const MSTATUS_MPP_SHIFT: u64 = 11;
export const MSTATUS_FS: u64 = 3 << 13; // state of the floating-point unit: 0 off, 1 initial, 2 clean, 3 dirty
export const MSTATUS_MPRV: u64 = 1 << 17;
export const MSTATUS_SUM: u64 = 1 << 18;
export const MSTATUS_MXR: u64 = 1 << 19;
export const MSTATUS_TVM: u64 = 1 << 20;
export const MSTATUS_TW: u64 = 1 << 21;
export const MSTATUS_TSR: u64 = 1 << 22;
export const MSTATUS_UXL64: u64 = 2 << 32;
export const MSTATUS_SXL64: u64 = 2 << 34;
export const MSTATUS_SD: u64 = 1 << 63; // some state is dirty

export const SATP_MODE_SV39: u64 = 8;
export const SATP_MODE_SV48: u64 = 9;
export const SATP_PPN: u64 = 0xfffffffffff;

export const FLAG_INEXACT: u32 = 1; // bits of fflags
export const FLAG_UNDERFLOW: u32 = 2;
export const FLAG_OVERFLOW: u32 = 4;
export const FLAG_DIVIDE_BY_ZERO: u32 = 8;
export const FLAG_INVALID: u32 = 16;

export const ROUND_NEAREST_EVEN: u32 = 0; // values of rm and frm
export const ROUND_TO_ZERO: u32 = 1;
export const ROUND_DOWN: u32 = 2;
export const ROUND_UP: u32 = 3;
export const ROUND_NEAREST_AWAY: u32 = 4; // ties away from zero ("max magnitude")
export const ROUND_DYNAMIC: u32 = 7; // rm only: as frm says

export const PTE_V: u64 = 1;
export const PTE_R: u64 = 2;
export const PTE_W: u64 = 4;
export const PTE_X: u64 = 8;
export const PTE_U: u64 = 16;
export const PTE_A: u64 = 64;
export const PTE_D: u64 = 128;
export const PTE_RESERVED: u64 = (<u64>0x7f) << 54;
/** Page-based memory type (Svpbmt): 0 as the region's, 1 cacheable, 2 I/O, 3 reserved. */
export const PTE_PBMT: u64 = (<u64>3) << 61;
/** The entry is one of sixteen that map 64 KiB together (Svnapot). */
export const PTE_N: u64 = (<u64>1) << 63;

export const RIGHT_READ: u32 = 1;
export const RIGHT_WRITE: u32 = 2;
export const RIGHT_EXECUTE: u32 = 4;

export const CSR_USTATUS: u32 = 0x000;
export const CSR_FFLAGS: u32 = 0x001;
export const CSR_FRM: u32 = 0x002;
export const CSR_FCSR: u32 = 0x003;
export const CSR_UIE: u32 = 0x004;
export const CSR_UTVEC: u32 = 0x005;
export const CSR_USCRATCH: u32 = 0x040;
export const CSR_UEPC: u32 = 0x041;
export const CSR_UCAUSE: u32 = 0x042;
export const CSR_UTVAL: u32 = 0x043;
export const CSR_UIP: u32 = 0x044;
export const CSR_SSTATUS: u32 = 0x100;
export const CSR_SEDELEG: u32 = 0x102;
export const CSR_SIDELEG: u32 = 0x103;
export const CSR_SIE: u32 = 0x104;
export const CSR_STVEC: u32 = 0x105;
export const CSR_SCOUNTEREN: u32 = 0x106;
export const CSR_SENVCFG: u32 = 0x10a;
export const CSR_SSCRATCH: u32 = 0x140;
export const CSR_SEPC: u32 = 0x141;
export const CSR_SCAUSE: u32 = 0x142;
export const CSR_STVAL: u32 = 0x143;
export const CSR_SIP: u32 = 0x144;
export const CSR_STIMECMP: u32 = 0x14d;
export const CSR_SATP: u32 = 0x180;
export const CSR_SUIST: u32 = 0x1b0;
export const CSR_SUIRS: u32 = 0x1b1;
export const CSR_SUICFG: u32 = 0x1b2;
export const CSR_MSTATUS: u32 = 0x300;
export const CSR_MISA: u32 = 0x301;
export const CSR_MEDELEG: u32 = 0x302;
export const CSR_MIDELEG: u32 = 0x303;
export const CSR_MIE: u32 = 0x304;
export const CSR_MTVEC: u32 = 0x305;
export const CSR_MCOUNTEREN: u32 = 0x306;
export const CSR_MENVCFG: u32 = 0x30a;
export const CSR_MCOUNTINHIBIT: u32 = 0x320;
export const CSR_MHPMEVENT0: u32 = 0x320; // mhpmevent3..31 at + 3..31
export const CSR_MSCRATCH: u32 = 0x340;
export const CSR_MEPC: u32 = 0x341;
export const CSR_MCAUSE: u32 = 0x342;
export const CSR_MTVAL: u32 = 0x343;
export const CSR_MIP: u32 = 0x344;
export const CSR_PMPCFG0: u32 = 0x3a0;
export const CSR_PMPCFG2: u32 = 0x3a2;
export const CSR_PMPADDR0: u32 = 0x3b0;
export const CSR_TSELECT: u32 = 0x7a0;
export const CSR_TDATA3: u32 = 0x7a3;
export const CSR_MCYCLE: u32 = 0xb00;
export const CSR_CYCLE: u32 = 0xc00;
export const CSR_TIME: u32 = 0xc01;
export const CSR_MVENDORID: u32 = 0xf11;
export const CSR_MARCHID: u32 = 0xf12;
export const CSR_MIMPID: u32 = 0xf13;
export const CSR_MHARTID: u32 = 0xf14;
export const CSR_MCONFIGPTR: u32 = 0xf15;
