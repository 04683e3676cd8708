/** Where `Math.random` begins: the import `env.seed` of AssemblyScript, called at its first use. */
import { Assembler, freg, reg } from "@rel4/compiler";
import { CSR_TIME } from "./user-csr";

/** Symbol `randomSeed`, `() => f64`: the time as the bits of a number; AssemblyScript mixes them before it uses them. */
export function randomSeed() {
  const a = new Assembler("randomSeed");
  a.csrr(reg.t0, CSR_TIME);
  a.fmvDX(freg.fa0, reg.t0);
  a.ret();
  return a.finish();
}
