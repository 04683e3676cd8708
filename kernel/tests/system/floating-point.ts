/** Floating-point instructions for the test root tasks (guest/asm.ts), in machine words. */
import { Assembler, type Fragment, reg } from "@rel4/compiler";

const REGISTERS = 32;
const CSR_FCSR = 0x003;
/** fld f0, 0(a0) and fsd f0, 0(a0). */
const FLD = 0x0005_3007;
const FSD = 0x0005_3027;

/** `loadFloats`, `storeFloats` and `setFloatControl`: a0 = the address, or the value. */
export function floatFragments(): Fragment[] {
  const load = new Assembler("loadFloats");
  const store = new Assembler("storeFloats");
  for (let register = 0; register < REGISTERS; register++) {
    const offset = 8 * register;
    load.word(FLD | (offset << 20) | (register << 7));
    store.word(FSD | ((offset >> 5) << 25) | (register << 20) | ((offset & 31) << 7));
  }
  load.ld(reg.t0, reg.a0, 8 * REGISTERS);
  load.csrw(CSR_FCSR, reg.t0);
  load.ret();
  store.csrr(reg.t0, CSR_FCSR);
  store.sd(reg.t0, reg.a0, 8 * REGISTERS);
  store.ret();
  const control = new Assembler("setFloatControl");
  control.csrw(CSR_FCSR, reg.a0);
  control.ret();
  return [load.finish(), store.finish(), control.finish()];
}
