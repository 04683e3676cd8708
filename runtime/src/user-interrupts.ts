/**
 * User interrupts: a function that runs in this program, between two of its instructions, when a peer sends.
 *
 * The hart itself calls `userInterruptEntry` (assembly): it takes the pending vectors, calls the handler with them, and
 * raises again the ones the handler returns. A handler may run anywhere in the program, even inside the allocator.
 * It must therefore touch no managed values (strings, arrays, objects), print nothing and make no system call that
 * leaves a message in `Message`; numbers in static memory, atomic operations and signals are fine.
 */
import { csrClearRead, csrSet, csrWrite, functionAddress } from "rv";
import { userInterruptEntry } from "./link";
import { CSR_UIE, CSR_USCRATCH, CSR_USTATUS, CSR_UTVEC, UIE_USIE, USTATUS_UIE } from "./rv-registers";

export class UserInterrupts {
  /**
   * Installs the handler and lets user interrupts in. Only on hardware that has them (`Features.userInterrupts`).
   * @param handler gets the set of pending vectors, returns the set it leaves pending
   */
  static enable(handler: (pending: u64) => u64): void {
    UserInterrupts.enableEntry(userInterruptEntry(), functionAddress(handler.index));
  }

  /** Installs an assembly entry, which finds `scratch` in uscratch, and lets user interrupts in. */
  static enableEntry(entry: u64, scratch: u64): void {
    csrWrite(CSR_UTVEC, entry);
    csrWrite(CSR_USCRATCH, scratch);
    csrSet(CSR_UIE, UIE_USIE);
    csrSet(CSR_USTATUS, USTATUS_UIE);
  }

  /** Holds user interrupts back; returns what `restore` needs. */
  static mask(): u64 {
    return csrClearRead(CSR_USTATUS, USTATUS_UIE) & USTATUS_UIE;
  }

  /** Undoes `mask`; interrupts held back arrive now. */
  static restore(previous: u64): void {
    csrSet(CSR_USTATUS, previous);
  }
}
