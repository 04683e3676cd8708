// Keeping the harts' translation caches in step with the page tables.
//
// A mapping that is added or replaced must be seen by this hart; one that is taken away, by every hart before the
// memory is used for something else. Other harts are reached through the firmware, which interrupts them above the
// kernel, so a hart that waits for the kernel lock answers too.

import { fence, sfenceVma, sfenceVmaAddressAsid, sfenceVmaAsid } from "rv";
import { Firmware } from "./firmware";
import { HartContext } from "./hart-context";

const READ_WRITE: u32 = 3;
/** Above this many bytes a whole address space is flushed instead. */
const PAGE: u64 = 4096;

export class Translations {
  /** The mapping of one page (of any size) at `address` in `asid` changed. */
  static flushPage(asid: u64, address: u64): void {
    sfenceVmaAddressAsid(address, asid);
    Translations.flushOthers(asid, address, PAGE);
  }

  /** A table of `asid` was unhooked or the whole address space ends. */
  static flushSpace(asid: u64): void {
    sfenceVmaAsid(asid);
    Translations.flushOthers(asid, 0, ~0);
  }

  /** A mapping was added where there was none: only this hart has to forget that it found nothing. */
  @inline static added(asid: u64, address: u64): void {
    sfenceVmaAddressAsid(address, asid);
  }

  /** Every address space may have changed. */
  static flushAll(): void {
    sfenceVma();
    for (let i: u32 = 0; i < HartContext.count(); i++) {
      const hart = HartContext.at(i);
      if (hart != HartContext.get()) Firmware.flushTranslations(hart.hartId);
    }
  }

  private static flushOthers(asid: u64, address: u64, bytes: u64): void {
    if (HartContext.count() == 1) return;
    // Page-table stores before the firmware's message to the other hart
    fence(READ_WRITE, READ_WRITE);
    for (let i: u32 = 0; i < HartContext.count(); i++) {
      const hart = HartContext.at(i);
      if (hart != HartContext.get()) Firmware.flushAddresses(hart.hartId, asid, address, bytes);
    }
  }
}
