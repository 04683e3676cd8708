// Control and status registers that hold what is written through a mask and do nothing else: where their values lie in a hart's
// block, and which of their bits exist.

import * as E from "./encoding";
import { Machine } from "./hart";
import * as S from "./state";

const MEDELEG_MASK: u64 = 0xb3ff;
const SEDELEG_MASK: u64 = 0xb1ff;

/** A register that holds what is written through a mask and has no other effect. */
export class PlainCsr {
  /** Offset of its value in the hart block, or 0 for a register with rules of its own. */
  static offset(csr: u32): u32 {
    switch (csr) {
      case E.CSR_USCRATCH:
        return S.HART_USCRATCH;
      case E.CSR_UEPC:
        return S.HART_UEPC;
      case E.CSR_UCAUSE:
        return S.HART_UCAUSE;
      case E.CSR_UTVAL:
        return S.HART_UTVAL;
      case E.CSR_UTVEC:
        return S.HART_UTVEC;
      case E.CSR_SEDELEG:
        return S.HART_SEDELEG;
      case E.CSR_SIDELEG:
        return S.HART_SIDELEG;
      case E.CSR_STVEC:
        return S.HART_STVEC;
      case E.CSR_SCOUNTEREN:
        return S.HART_SCOUNTEREN;
      case E.CSR_SSCRATCH:
        return S.HART_SSCRATCH;
      case E.CSR_SEPC:
        return S.HART_SEPC;
      case E.CSR_SCAUSE:
        return S.HART_SCAUSE;
      case E.CSR_STVAL:
        return S.HART_STVAL;
      case E.CSR_SUIST:
        return S.HART_SUIST;
      case E.CSR_SUIRS:
        return S.HART_SUIRS;
      case E.CSR_SUICFG:
        return S.HART_SUICFG;
      default:
        return PlainCsr.machineOffset(csr);
    }
  }

  private static machineOffset(csr: u32): u32 {
    switch (csr) {
      case E.CSR_MEDELEG:
        return S.HART_MEDELEG;
      case E.CSR_MIDELEG:
        return S.HART_MIDELEG;
      case E.CSR_MIE:
        return S.HART_MIE;
      case E.CSR_MTVEC:
        return S.HART_MTVEC;
      case E.CSR_MCOUNTEREN:
        return S.HART_MCOUNTEREN;
      case E.CSR_MSCRATCH:
        return S.HART_MSCRATCH;
      case E.CSR_MEPC:
        return S.HART_MEPC;
      case E.CSR_MCAUSE:
        return S.HART_MCAUSE;
      case E.CSR_MTVAL:
        return S.HART_MTVAL;
      default:
        return 0;
    }
  }

  /** The bits of a register that can be written. */
  static mask(csr: u32): u64 {
    switch (csr) {
      case E.CSR_UEPC:
      case E.CSR_SEPC:
      case E.CSR_MEPC:
        return ~(<u64>1);
      case E.CSR_SEDELEG:
        return SEDELEG_MASK;
      case E.CSR_SIDELEG:
        return E.U_INTERRUPTS;
      case E.CSR_MEDELEG:
        return MEDELEG_MASK;
      case E.CSR_MIDELEG:
        return E.S_INTERRUPTS | userInterrupts();
      case E.CSR_MIE:
        return E.M_INTERRUPTS | E.S_INTERRUPTS | userInterrupts();
      case E.CSR_SCOUNTEREN:
      case E.CSR_MCOUNTEREN:
        return 0xffffffff;
      case E.CSR_SUIST:
        return ((<u64>1) << 63) | (((<u64>1) << 56) - 1);
      case E.CSR_SUIRS:
        return ((<u64>1) << 63) | 0xffff;
      default:
        return ~(<u64>0);
    }
  }

  static isTrapVector(csr: u32): bool {
    return csr == E.CSR_UTVEC || csr == E.CSR_STVEC || csr == E.CSR_MTVEC;
  }
}

/** Interrupts of U mode, where there are some. */
export function userInterrupts(): u64 {
  return Machine.hasUintc() ? E.U_INTERRUPTS : 0;
}
