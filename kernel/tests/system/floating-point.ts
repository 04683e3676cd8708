/** Floating-point instructions for the test root tasks (guest/asm.ts). */
import { Assembler, type Fragment, freg, reg } from "@rel4/compiler";

const REGISTERS = Object.values(freg);
const CSR_FCSR = 0x003;
const THOUSAND = 1000;
const STEPS = 100;

/** `orbit`: x ← 3.9 x (1 − x), from a0 thousandths, rounded as fcsr says; returns the bits of x. */
function orbitFragment(): Fragment {
  const a = new Assembler("orbit");
  const [x, factor, one, rest] = [freg.ft0, freg.ft1, freg.ft2, freg.ft3];
  a.li(reg.t0, THOUSAND);
  a.fcvtDLu(x, reg.a0);
  a.fcvtDLu(factor, reg.t0);
  a.fdivD(x, x, factor);
  a.li(reg.t0, bitsOf(3.9));
  a.fmvDX(factor, reg.t0);
  a.li(reg.t0, bitsOf(1));
  a.fmvDX(one, reg.t0);
  a.li(reg.t0, STEPS);
  a.label("step");
  a.fsubD(rest, one, x, "dyn");
  a.fmulD(x, x, factor, "dyn");
  a.fmulD(x, x, rest, "dyn");
  a.addi(reg.t0, reg.t0, -1);
  a.bnez(reg.t0, "step");
  a.fmvXD(reg.a0, x);
  a.ret();
  return a.finish();
}

function bitsOf(value: number): bigint {
  return new BigInt64Array(new Float64Array([value]).buffer)[0]!;
}

/** What guest/asm.ts declares; `loadFloats`, `storeFloats` and `setFloatControl` have the address or the value in a0. */
export function floatFragments(): Fragment[] {
  const load = new Assembler("loadFloats");
  const store = new Assembler("storeFloats");
  REGISTERS.forEach((register, index) => {
    load.fld(register, reg.a0, 8 * index);
    store.fsd(register, reg.a0, 8 * index);
  });
  load.ld(reg.t0, reg.a0, 8 * REGISTERS.length);
  load.csrw(CSR_FCSR, reg.t0);
  load.ret();
  store.csrr(reg.t0, CSR_FCSR);
  store.sd(reg.t0, reg.a0, 8 * REGISTERS.length);
  store.ret();
  const control = new Assembler("setFloatControl");
  control.csrw(CSR_FCSR, reg.a0);
  control.ret();
  return [load.finish(), store.finish(), control.finish(), orbitFragment()];
}
