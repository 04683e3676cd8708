// Floating point: whose values the registers of each hart hold.
//
// A thread's f0…f31 and fcsr are in its TCB, except while the thread *owns* its hart's FPU: then they are in the hart, and
// the TCB has them only as long as the registers are clean. sstatus.FS is on exactly while the owner is in user mode. The
// first floating-point instruction of anybody else is therefore illegal; the thread becomes the owner and makes it again.
// It stays the owner when others run that use no floating point, so only those pay who do.
//
// Invariants: a hart's `fpuOwner` is the one thread of that hart with FLAG_FPU, or 0. While the owner is not in user mode,
// its `fpuStatus` is what FS was. In the kernel FS is off, but on the way out and where registers are moved. The kernel
// itself never computes with floating point.

import { FPU } from "../../../abi/src/config";
import { loadFpu, probeFpu, saveFpu } from "./asm";
import { SSTATUS_FS_CLEAN, SSTATUS_FS_DIRTY } from "./csr";
import { HartContext } from "./hart-context";
import { FLAG_FPU, GIVE_UP_FPU } from "./layout";
import { ThreadContext } from "./thread-context";
import { Threads } from "./threads";

export class Fpu {
  /** Boot: finds out whether the hart that executes this has floating point. */
  static initialiseHart(): void {
    if (FPU) HartContext.get().fpuPresent = <u32>probeFpu();
  }

  /** May threads of this hart use floating point? */
  @inline static present(): bool {
    return HartContext.get().fpuPresent != 0;
  }

  /**
   * The current thread becomes the owner of this hart's FPU; the owner before keeps its values in its TCB.
   * @returns false when there is no FPU, or the thread owns it already
   */
  static take(tcb: u32): bool {
    const hart = HartContext.get();
    const thread = changetype<ThreadContext>(tcb);
    if (hart.fpuPresent == 0 || thread.flags & FLAG_FPU) return false;
    Fpu.releaseOwner();
    loadFpu(tcb);
    thread.fpuStatus = SSTATUS_FS_CLEAN;
    thread.flags |= FLAG_FPU;
    hart.fpuOwner = tcb;
    return true;
  }

  /** The thread, which runs on no other hart, owns no FPU any more; its values are in its TCB. */
  static release(tcb: u32): void {
    if (!FPU) return;
    const thread = changetype<ThreadContext>(tcb);
    if ((thread.flags & FLAG_FPU) == 0) return;
    const hart = changetype<HartContext>(thread.hart);
    if (thread.fpuStatus == SSTATUS_FS_DIRTY) {
      if (hart == HartContext.get()) saveFpu(tcb);
      else Threads.demand(hart, GIVE_UP_FPU);
    }
    Fpu.disown(hart, thread);
  }

  /** The owner of this hart's FPU, if there is one, owns it no more. */
  static releaseOwner(): void {
    const owner = HartContext.get().fpuOwner;
    if (owner != 0) Fpu.release(owner);
  }

  /** The same for a thread that is deleted: nobody needs its values. */
  static forget(tcb: u32): void {
    if (!FPU) return;
    const thread = changetype<ThreadContext>(tcb);
    if (thread.flags & FLAG_FPU) Fpu.disown(changetype<HartContext>(thread.hart), thread);
  }

  private static disown(hart: HartContext, thread: ThreadContext): void {
    hart.fpuOwner = 0;
    thread.flags &= ~FLAG_FPU;
  }
}
