/**
 * The big kernel lock: a ticket lock, so that harts enter in the order in which they came.
 *
 * Two 32-bit words: the next ticket to hand out, and the ticket being served. A hart queues after it has saved its
 * thread's registers, so the holder may take that thread away while it waits (`giveUp`, see src/riscv/threads.ts): it
 * then leaves the thread's address space, which the holder may be about to destroy, and says so. Likewise the holder may ask
 * for the floating-point registers, which only the hart itself can save.
 */
import { Assembler, type Fragment, fragment, reg } from "@rel4/compiler";
import { CSR_SATP } from "../src/riscv/csr";
import { GIVE_UP_FPU, HART_FPU_OWNER, HART_GIVE_UP, HART_KERNEL_SATP } from "../src/riscv/layout";
import type { KernelConfiguration } from "./configuration";
import { storeFpu } from "./floating-point";
import { kept } from "./registers";

export const LOCK_SYMBOL = "kernelLock";
const GIVE_UP_SYMBOL = "giveUp";
const SERVING = 4;

// Sets of memory accesses, as the fence instruction names them
const READ = 2;
const WRITE = 1;
const READ_WRITE = 3;

/** The lock's words. */
export function lockData(): Fragment {
  const data = fragment(LOCK_SYMBOL, "data");
  data.alignment = 64;
  for (let word = 0; word < 16; word++) data.items.push({ kind: "data", size: 4, value: 0n });
  return data;
}

/** Takes the lock; the ticket stays in `kept.ticket`, its address in `kept.lock`. Overwrites t0–t2 and ra. `scope` makes the labels unique. */
export function takeLock(a: Assembler, scope: string): void {
  a.la(kept.lock, LOCK_SYMBOL);
  a.li(reg.t2, 1);
  a.amoaddW(kept.ticket, reg.t2, kept.lock);
  a.label(`${scope}.wait`);
  a.lw(reg.t2, kept.lock, SERVING);
  a.beq(reg.t2, kept.ticket, `${scope}.taken`);
  a.lw(reg.t2, reg.tp, HART_GIVE_UP);
  a.beqz(reg.t2, `${scope}.wait`);
  a.call(GIVE_UP_SYMBOL);
  a.j(`${scope}.wait`);
  a.label(`${scope}.taken`);
  a.fence(READ, READ_WRITE);
}

/** `giveUp`: does what another hart wants of this one, and says so. Given `giveUp` in t2; overwrites t0–t2. */
export function giveUpFragment({ fpu }: KernelConfiguration): Fragment {
  const a = new Assembler(GIVE_UP_SYMBOL);
  if (fpu) {
    a.andi(reg.t2, reg.t2, GIVE_UP_FPU);
    a.beqz(reg.t2, "thread");
    a.lw(reg.t0, reg.tp, HART_FPU_OWNER);
    storeFpu(a, reg.t0, reg.t2, reg.t1);
    a.j("done");
    a.label("thread");
  }
  a.ld(reg.t2, reg.tp, HART_KERNEL_SATP);
  a.csrw(CSR_SATP, reg.t2);
  a.label("done");
  a.fence(READ_WRITE, WRITE);
  a.sw(reg.zero, reg.tp, HART_GIVE_UP);
  a.ret();
  return a.finish();
}

/** Serves the next ticket. Overwrites `kept.ticket`. `symbol` (exits.ts) names the instruction that does so. */
export function releaseLock(a: Assembler, symbol: string): void {
  a.addiw(kept.ticket, kept.ticket, 1);
  a.fence(READ_WRITE, WRITE);
  a.global(symbol);
  a.sw(kept.ticket, kept.lock, SERVING);
}
