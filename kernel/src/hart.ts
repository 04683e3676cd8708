// Per-hart scheduler state: the record `tp` points to in the kernel.

import { threadPointer } from "rv";
import { PRIORITIES } from "../../abi/src/config";
import { HartContext } from "./riscv/hart-context";
import { HART_CONTEXT_SIZE, HART_RECORD_SIZE } from "./riscv/layout";
import { Tcb } from "./tcb";

/** Hart.action: go on with the current thread. Any other value but this and the next is the Tcb to switch to. */
export const RESUME_CURRENT: u32 = 0;
/** Hart.action: take the most important ready thread. */
export const CHOOSE_NEW: u32 = 1;

/** Offset of the 4 × 64-bit priority bitmap in the record. */
export const BITMAP: u32 = HART_CONTEXT_SIZE + 32;
/** Offset of the ready queues {head, tail}, one a priority. */
const QUEUES: u32 = BITMAP + PRIORITIES / 8;
/** Bytes of the record that are used. */
export const HART_BYTES: u32 = QUEUES + PRIORITIES * 8;

@unmanaged
export class Hart extends HartContext {
  /** What schedule() will do: RESUME_CURRENT, CHOOSE_NEW or a Tcb. */
  action: u32;
  /** Bit w: word w of the bitmap is not 0. */
  bitmapTop: u32;
  /** Harts that need a reschedule interrupt when this kernel entry ends; bit = logical number. */
  reschedulePending: u32;
  /** 1 + the highest priority of a ready thread; 0: none is ready. */
  readyLevel: u32;
  /** What a fast path must have to switch to a thread: `readyLevel`, or more while an asynchronous handler is ready. */
  switchLevel: u32;
  /** Units of work of long operations since the last look for interrupts. */
  workUnits: u32;

  /** Record of the hart that executes this. */
  @inline static current(): Hart {
    return changetype<Hart>(<u32>threadPointer());
  }

  /** Record of hart number `index`. */
  @inline static number(index: u32): Hart {
    return changetype<Hart>(changetype<u32>(HartContext.at(index)));
  }

  @inline static from(address: u32): Hart {
    return changetype<Hart>(address);
  }

  @inline get address(): u32 {
    return changetype<u32>(this);
  }

  /** The thread this hart runs. */
  @inline get thread(): Tcb {
    return changetype<Tcb>(this.current);
  }

  @inline isIdle(): bool {
    return this.current == this.idle;
  }

  /** Address of word `index` of the bitmap of priorities with ready threads. */
  @inline bitmapWord(index: u32): u32 {
    return changetype<u32>(this) + BITMAP + (index << 3);
  }

  /** Address of the ready queue {head: u32, tail: u32} of a priority. */
  @inline queue(priority: u32): u32 {
    return changetype<u32>(this) + QUEUES + (priority << 3);
  }
}

/** Does the record fit its place? Checked at boot. */
export function hartRecordFits(): bool {
  return offsetof<Hart>() <= BITMAP && HART_BYTES <= <u32>HART_RECORD_SIZE;
}
