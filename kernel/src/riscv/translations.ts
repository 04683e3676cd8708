// Keeping the harts' translation caches in step with the page tables.
//
// A mapping that is added or replaced must be seen by this hart; one that is taken away, by every hart before the
// memory is used for something else. Other harts are reached through the firmware, which interrupts them above the
// kernel, so a hart that waits for the kernel lock answers too. A hart that idles is left asleep: it is in the kernel's own
// address space, uses no mapping that ever changes, and forgets everything before it runs a thread again.
//
// In a *batch* changes are only noted, and flushed together by `flushNoted`. Whoever opens a batch keeps these rules:
// while something is noted, nothing happens but the mapping and unmapping of pages and the hooking in of empty tables (no
// memory is retyped, deleted or cleared, and no table unhooked, as such memory may then be used for something else);
// nobody is told that a change was made before it is flushed; and the kernel is not left with something noted. So a
// translation that was asked to be taken away may live on for as long as its taker has no answer, but no longer.

import { fence, sfenceVma, sfenceVmaAddressAsid, sfenceVmaAsid } from "rv";
import { BatchWalk } from "./batch-walk";
import { Firmware } from "./firmware";
import { HartContext } from "./hart-context";

const READ_WRITE: u32 = 3;
const PAGE: u64 = 4096;
/** Length that stands for a whole address space. */
const WHOLE: u64 = ~0;

// What is noted in a batch
const NOTHING: u32 = 0;
const ONE_PAGE: u32 = 1;
const ONE_SPACE: u32 = 2;
const EVERY_SPACE: u32 = 3;

export class Translations {
  private static batching: bool = false;
  private static noted: u32 = NOTHING;
  private static asid: u64 = 0;
  private static address: u64 = 0;
  /** Who asks for the batch's changes runs on another hart. */
  private static elsewhere: bool = false;
  /** Something noted must be forgotten by other harts, too. */
  private static onOthers: bool = false;

  /** The mapping of one page (of any size) at `address` in `asid` changed. */
  static flushPage(asid: u64, address: u64): void {
    if (Translations.batching) {
      Translations.note(asid, address, true);
      return;
    }
    sfenceVmaAddressAsid(address, asid);
    Translations.flushOthers(asid, address, PAGE);
  }

  /** A table of `asid` was hooked in or unhooked, or the whole address space ends. */
  static flushSpace(asid: u64): void {
    if (Translations.batching) {
      Translations.note(asid, WHOLE, true);
      return;
    }
    sfenceVmaAsid(asid);
    Translations.flushOthers(asid, 0, WHOLE);
  }

  /** A mapping was added where there was none: only the hart that asked for it has to forget that it found nothing. */
  @inline static added(asid: u64, address: u64): void {
    if (Translations.batching) Translations.note(asid, address, false);
    else sfenceVmaAddressAsid(address, asid);
  }

  /** Every address space may have changed. */
  static flushAll(): void {
    sfenceVma();
    Translations.flushAllOnOthers();
  }

  // Batches

  /** Changes are noted from now on. @param elsewhere who asks for them runs on another hart than this */
  static beginBatch(elsewhere: bool): void {
    BatchWalk.forget();
    Translations.batching = true;
    Translations.elsewhere = elsewhere;
    Translations.onOthers = elsewhere;
  }

  /** Changes are flushed at once again. Nothing is noted any more. */
  static endBatch(): void {
    Translations.pauseBatch();
  }

  /** Until `resumeBatch`, changes are flushed at once. Nothing is noted any more. */
  static pauseBatch(): void {
    Translations.flushNoted();
    Translations.batching = false;
    BatchWalk.forget();
  }

  @inline static isBatching(): bool {
    return Translations.batching;
  }

  static resumeBatch(): void {
    Translations.batching = true;
  }

  /** Flushes what the batch has changed so far, once. */
  @inline static flushNoted(): void {
    if (Translations.noted != NOTHING) Translations.flushBatch();
  }

  private static note(asid: u64, address: u64, onOthers: bool): void {
    const noted = Translations.noted;
    if (noted == NOTHING) {
      Translations.asid = asid;
      Translations.address = address;
      Translations.noted = address == WHOLE ? ONE_SPACE : ONE_PAGE;
    } else if (asid != Translations.asid) {
      Translations.noted = EVERY_SPACE;
    } else if (noted == ONE_PAGE && address != Translations.address) {
      Translations.noted = ONE_SPACE;
    }
    if (onOthers) Translations.onOthers = true;
  }

  private static flushBatch(): void {
    const noted = Translations.noted;
    const asid = Translations.asid;
    const address = Translations.address;
    const onOthers = Translations.onOthers;
    Translations.noted = NOTHING;
    Translations.onOthers = Translations.elsewhere;
    if (noted == ONE_PAGE) {
      sfenceVmaAddressAsid(address, asid);
      if (onOthers) Translations.flushOthers(asid, address, PAGE);
    } else if (noted == ONE_SPACE) {
      sfenceVmaAsid(asid);
      if (onOthers) Translations.flushOthers(asid, 0, WHOLE);
    } else {
      sfenceVma();
      if (onOthers) Translations.flushAllOnOthers();
    }
  }

  // Other harts

  private static flushAllOnOthers(): void {
    if (HartContext.count() == 1) return;
    fence(READ_WRITE, READ_WRITE);
    for (let i: u32 = 0; i < HartContext.count(); i++) {
      const hart = HartContext.at(i);
      if (hart != HartContext.get() && !Translations.postpone(hart)) Firmware.flushTranslations(hart.hartId);
    }
  }

  private static flushOthers(asid: u64, address: u64, bytes: u64): void {
    if (HartContext.count() == 1) return;
    // Page-table stores before the firmware's message to the other hart
    fence(READ_WRITE, READ_WRITE);
    for (let i: u32 = 0; i < HartContext.count(); i++) {
      const hart = HartContext.at(i);
      if (hart != HartContext.get() && !Translations.postpone(hart))
        Firmware.flushAddresses(hart.hartId, asid, address, bytes);
    }
  }

  /** Lets a hart sleep that idles: it forgets all translations when it has the lock next (assembly/trap.ts). False: it runs a thread. */
  @inline private static postpone(hart: HartContext): bool {
    if (hart.current != hart.idle) return false;
    hart.staleTranslations = 1;
    return true;
  }
}
