/**
 * The first instructions of a program and of the root task: registers as compiled code wants them, then TypeScript.
 *
 * Both run the module's start function (top-level statements, static initialisers) before their main function, which
 * does not return; the illegal instruction behind it makes a broken promise visible.
 */
import { PROGRAM_STACK_TOP, ROOT_STACK_TOP } from "@rel4/abi";
import { Assembler, reg } from "@rel4/compiler";

/** Entry symbol of both stubs. */
export const ENTRY_SYMBOL = "_start";

/** Start stub of a program: the kernel enters it with nothing in the registers. */
export function programStart() {
  const a = new Assembler(ENTRY_SYMBOL);
  a.la(reg.gp, "__global_pointer");
  a.li(reg.sp, PROGRAM_STACK_TOP);
  a.call("__wasm_start");
  a.call("runMain");
  a.unimp();
  return a.finish();
}

/** Start stub of the root task: a0 holds the user virtual address of the BootInfo page. */
export function rootStart() {
  const a = new Assembler(ENTRY_SYMBOL);
  a.la(reg.gp, "__global_pointer");
  a.li(reg.sp, ROOT_STACK_TOP);
  a.mv(reg.s0, reg.a0);
  a.call("__wasm_start");
  a.sextW(reg.a0, reg.s0);
  a.call("runRoot");
  a.unimp();
  return a.finish();
}
