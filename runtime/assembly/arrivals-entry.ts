/**
 * The user-interrupt entry of async channels: adds the pending vectors to a word in memory, and that is all.
 *
 * uscratch holds the word's address. Two registers are enough, so two are saved; the rest of the program's state is not
 * touched. As in the general entry, a vector that arrives after the read keeps the line up and interrupts again.
 */
import { Assembler, reg } from "@rel4/compiler";
import { CSR_UIP, CSR_USCRATCH, UIP_USIP } from "./user-csr";

/** Symbol `arrivalsEntry`, 4-byte aligned as utvec demands. */
export function arrivalsEntry() {
  const a = new Assembler("arrivalsEntry");
  a.align(4);
  a.addi(reg.sp, reg.sp, -16);
  a.sd(reg.t0, reg.sp, 0);
  a.sd(reg.t1, reg.sp, 8);
  a.csrr(reg.t1, CSR_USCRATCH);
  a.uipiRead(reg.t0);
  a.csrci(CSR_UIP, UIP_USIP);
  a.amoorD(reg.zero, reg.t0, reg.t1);
  a.ld(reg.t0, reg.sp, 0);
  a.ld(reg.t1, reg.sp, 8);
  a.addi(reg.sp, reg.sp, 16);
  a.uret();
  return a.finish();
}
