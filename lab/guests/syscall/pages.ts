/** The pages that are mapped and unmapped: frames made of the program's own untyped memory, and where each goes. */
import { ErrorCode, errorText } from "rel4";
import { CNode } from "rel4/invocations/cnode";
import { Frame } from "rel4/invocations/frame";
import { PageTable } from "rel4/invocations/page-table";
import { Untyped } from "rel4/invocations/untyped";
import { SlotAllocator } from "rel4/slots";
import { OBJECT_PAGE, OBJECT_PAGE_TABLE, VM_EXECUTE_NEVER } from "../../../abi/src/objects";
import { SLOT_OWN_CNODE, SLOT_OWN_VSPACE, SLOT_UNTYPED } from "../../../abi/src/program-layout";
import { RIGHT_READ, RIGHT_WRITE } from "../../../abi/src/rights";

/** Pages in all: what one page table of the lowest level holds. */
export const PAGES: u32 = 512;
const PAGE_SIZE: u32 = 4096;
/** Where page 0 goes; nothing else is in these 2 MiB. */
const BASE: u32 = 0x4000_0000;
/** Most objects one Retype makes. */
const MOST_RETYPED: u32 = 256;

export const PAGE_RIGHTS: u64 = RIGHT_READ | RIGHT_WRITE;
export const PAGE_ATTRIBUTES: u64 = VM_EXECUTE_NEVER;

let firstFrame: u32 = 0;

export class Pages {
  /** Makes the frames and the page table they are mapped through. */
  static prepare(): void {
    const untyped = changetype<Untyped>(SLOT_UNTYPED);
    const own = changetype<CNode>(SLOT_OWN_CNODE);
    const slots = SlotAllocator.own();
    firstFrame = slots.allocate(PAGES);
    for (let made: u32 = 0; made < PAGES; made += MOST_RETYPED)
      check(untyped.retype(OBJECT_PAGE, 0, own, firstFrame + made, MOST_RETYPED), "making frames");
    const table = slots.allocate();
    check(untyped.retype(OBJECT_PAGE_TABLE, 0, own, table, 1), "making a page table");
    check(changetype<PageTable>(table).map(Pages.vspace, BASE, 0), "mapping the page table");
  }

  @inline static get vspace(): PageTable {
    return changetype<PageTable>(SLOT_OWN_VSPACE);
  }

  @inline static frame(page: u32): Frame {
    return changetype<Frame>(firstFrame + page);
  }

  @inline static address(page: u32): u32 {
    return BASE + page * PAGE_SIZE;
  }

  /** Writes to a page that should be mapped, and reads it back. */
  static touch(page: u32): void {
    store<u32>(Pages.address(page), page ^ 0x5a5a);
    if (load<u32>(Pages.address(page)) != (page ^ 0x5a5a))
      throw new Error(`page ${page.toString()} is not memory`);
  }
}

/** Maps a page by an ordinary system call. */
export function mapPage(page: u32): void {
  const error = Pages.frame(page).map(Pages.vspace, Pages.address(page), PAGE_RIGHTS, PAGE_ATTRIBUTES);
  if (error != 0) fail(error, "mapping a page");
}

/** Unmaps a page by an ordinary system call. */
export function unmapPage(page: u32): void {
  const error = Pages.frame(page).unmap();
  if (error != 0) fail(error, "unmapping a page");
}

/** Ends the program when a system call failed: what would be measured is something else. */
export function check(error: ErrorCode, what: string): void {
  if (error != 0) fail(error, what);
}

/** A function of its own, so that those that may fail hold nothing the collector manages. */
export function fail(error: ErrorCode, what: string): void {
  throw new Error(`${what}: ${errorText(error)}`);
}
