/**
 * Moving floating-point registers between a hart and a thread's context, and finding out whether there are any
 * (kernel/src/riscv/fpu.ts says whose they are). sstatus.FS is off before and after.
 */
import { Assembler, type Fragment, freg, reg } from "@rel4/compiler";
import { CSR_FCSR, CSR_SSTATUS, CSR_STVEC, SSTATUS_FS } from "../src/riscv/csr";
import { CONTEXT_FCSR, CONTEXT_FPU_REGISTERS } from "../src/riscv/layout";

/** f0…f31 in order. */
const REGISTERS = Object.values(freg);
/** Where a context keeps f`index`. */
const registerOffset = (index: number): number => CONTEXT_FPU_REGISTERS + 8 * index;

/** Stores all of them in the context at `base`. Overwrites `status` and `control`. */
export function storeFpu(a: Assembler, base: number, status: number, control: number): void {
  a.li(status, SSTATUS_FS);
  a.csrs(CSR_SSTATUS, status);
  REGISTERS.forEach((register, index) => {
    a.fsd(register, base, registerOffset(index));
  });
  a.csrr(control, CSR_FCSR);
  a.sw(control, base, CONTEXT_FCSR);
  a.csrc(CSR_SSTATUS, status);
}

/** `saveFpu`: a0 = context. */
function saveFragment(): Fragment {
  const a = new Assembler("saveFpu");
  storeFpu(a, reg.a0, reg.t0, reg.t1);
  a.ret();
  return a.finish();
}

/** `loadFpu`: a0 = context. */
function loadFragment(): Fragment {
  const a = new Assembler("loadFpu");
  a.li(reg.t0, SSTATUS_FS);
  a.csrs(CSR_SSTATUS, reg.t0);
  REGISTERS.forEach((register, index) => {
    a.fld(register, reg.a0, registerOffset(index));
  });
  a.lwu(reg.t1, reg.a0, CONTEXT_FCSR);
  a.csrw(CSR_FCSR, reg.t1);
  a.csrc(CSR_SSTATUS, reg.t0);
  a.ret();
  return a.finish();
}

/** `probeFpu`: tries an instruction of D with a trap handler that says 0. FS may be writable where there is no F. */
function probeFragment(): Fragment {
  const a = new Assembler("probeFpu");
  a.la(reg.t0, "fpuMissing");
  a.csrrw(reg.t1, CSR_STVEC, reg.t0);
  a.li(reg.t0, SSTATUS_FS);
  a.csrs(CSR_SSTATUS, reg.t0);
  a.fmvDX(freg.ft0, reg.zero);
  a.li(reg.a0, 1);
  a.label("end");
  a.csrc(CSR_SSTATUS, reg.t0);
  a.csrw(CSR_STVEC, reg.t1);
  a.ret();
  a.align(4);
  a.global("fpuMissing");
  a.li(reg.a0, 0);
  a.j("end");
  return a.finish();
}

/** What kernel/src/riscv/fpu.ts calls. */
export function floatingPointFragments(): Fragment[] {
  return [saveFragment(), loadFragment(), probeFragment()];
}
