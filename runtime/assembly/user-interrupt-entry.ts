/**
 * Where the hart jumps at a user interrupt (utvec), wherever the program is.
 *
 * uscratch holds the machine address of the handler, `(pending: u64) => u64`. Only what a call may destroy is saved, on
 * the interrupted stack: compiled code keeps everything it needs above sp, and gp never changes after the start stub.
 * Floating-point registers are not saved here: `handlerAddress` gives handlers that may use them an entry that does.
 * User interrupts stay off until `uret`, so one frame is enough. The pending vectors are taken before uip.USIP is
 * cleared; a vector that arrives after the read keeps the line up and interrupts again after `uret`.
 */
import { Assembler, reg } from "@rel4/compiler";
import { CSR_UIP, CSR_USCRATCH, UIP_USIP } from "./user-csr";

/** What a called function may overwrite. */
const CALLER_SAVED = [
  reg.ra,
  reg.t0,
  reg.t1,
  reg.t2,
  reg.a0,
  reg.a1,
  reg.a2,
  reg.a3,
  reg.a4,
  reg.a5,
  reg.a6,
  reg.a7,
  reg.t3,
  reg.t4,
  reg.t5,
  reg.t6,
];
const FRAME_BYTES = CALLER_SAVED.length * 8;

/** The user-interrupt entry; symbol `userInterruptEntry`, 4-byte aligned as utvec demands. */
export function userInterruptEntry() {
  const a = new Assembler("userInterruptEntry");
  a.align(4);
  a.addi(reg.sp, reg.sp, -FRAME_BYTES);
  CALLER_SAVED.forEach((register, i) => {
    a.sd(register, reg.sp, 8 * i);
  });
  a.csrr(reg.t0, CSR_USCRATCH);
  a.uipiRead(reg.a0);
  a.csrci(CSR_UIP, UIP_USIP);
  a.jalr(reg.ra, reg.t0, 0);
  a.beqz(reg.a0, "handled");
  a.uipiWrite(reg.a0);
  a.label("handled");
  CALLER_SAVED.forEach((register, i) => {
    a.ld(register, reg.sp, 8 * i);
  });
  a.addi(reg.sp, reg.sp, FRAME_BYTES);
  a.uret();
  return a.finish();
}
