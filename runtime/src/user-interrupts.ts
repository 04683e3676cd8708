/**
 * User interrupts: a function that runs in this program, between two of its instructions, when a peer sends.
 *
 * The hart itself calls `userInterruptEntry` (assembly): it takes the pending vectors, calls the handler with them, and
 * raises again the ones the handler returns. A handler may run anywhere in the program, even inside the allocator.
 * It must therefore touch no managed values (strings, arrays, objects), print nothing and make no system call that
 * leaves a message in `Message`; numbers in static memory, atomic operations and signals are fine. So is floating point: the
 * compiler saves those registers around a handler that may use it, and around no other.
 */
import { csrClear, csrClearRead, csrSet, csrWrite, handlerAddress, uipiRead } from "rv";
import { Arrivals } from "./arrivals";
import { Features } from "./features";
import { arrivalsEntry, userInterruptEntry } from "./link";
import {
  CSR_UIE,
  CSR_UIP,
  CSR_USCRATCH,
  CSR_USTATUS,
  CSR_UTVEC,
  UIE_USIE,
  UIP_USIP,
  USTATUS_UIE,
} from "./rv-registers";
import { becomeInterruptReceiver } from "./supervisor";

/** Whether this program receives user interrupts; asked once. */
const NOT_ASKED: u32 = 0;
const RECEIVES: u32 = 1;
const CANNOT_RECEIVE: u32 = 2;
let reception: u32 = NOT_ASKED;
let entryInstalled: bool = false;
let hasOwnHandler: bool = false;

/** Makes this program the receiver of its async channels' interrupts, if the hardware and the kernel's tables allow. */
function becomeReceiver(): bool {
  if (reception == NOT_ASKED) {
    reception = Features.userInterrupts && becomeInterruptReceiver() ? RECEIVES : CANNOT_RECEIVE;
  }
  return reception == RECEIVES;
}

function install(entry: u64, scratch: u64): void {
  entryInstalled = true;
  csrWrite(CSR_UTVEC, entry);
  csrWrite(CSR_USCRATCH, scratch);
  csrSet(CSR_UIE, UIE_USIE);
  csrSet(CSR_USTATUS, USTATUS_UIE);
}

export class UserInterrupts {
  /**
   * Installs a handler of the program's own and lets user interrupts in.
   * @param handler gets the set of pending vectors, returns the set it leaves pending. Vectors of async channels it
   *   must pass on: `Arrivals.add`.
   * @returns false without the hardware, or when the kernel's tables are full
   */
  static enable(handler: (pending: u64) => u64): bool {
    if (!becomeReceiver()) return false;
    hasOwnHandler = true;
    install(userInterruptEntry(), handlerAddress(handler.index));
    return true;
  }

  /** Lets user interrupts in for the async channels, unless a handler is installed; false as for `enable`. */
  static enableArrivals(): bool {
    if (!becomeReceiver()) return false;
    if (!entryInstalled) install(arrivalsEntry(), Arrivals.address);
    return true;
  }

  /** Have they been let in? */
  @inline static get areEnabled(): bool {
    return entryInstalled;
  }

  /** Holds user interrupts back; returns what `restore` needs. Nothing where there are none: then there is no such register. */
  static mask(): u64 {
    return entryInstalled ? csrClearRead(CSR_USTATUS, USTATUS_UIE) & USTATUS_UIE : 0;
  }

  /** While they are held back: takes those that are pending, so that they do not arrive later. A handler gets its own. */
  static take(): u64 {
    if (hasOwnHandler) return 0;
    const vectors = uipiRead();
    // in this order: a vector that comes in between raises the line again
    csrClear(CSR_UIP, UIP_USIP);
    return vectors;
  }

  /** Undoes `mask`; interrupts held back arrive now. */
  static restore(previous: u64): void {
    if (previous != 0) csrSet(CSR_USTATUS, previous);
  }
}
