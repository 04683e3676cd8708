/** Building address spaces: frames, and the page tables they need. */
import { ROOT_SLOT_ASID_POOL, ROOT_SLOT_VSPACE } from "../../abi/src/bootinfo";
import { FAILED_LOOKUP } from "../../abi/src/errors";
import { OBJECT_MEGA_PAGE, OBJECT_PAGE, OBJECT_PAGE_TABLE, VM_EXECUTE_NEVER } from "../../abi/src/objects";
import { PROGRAM_PAGE_SIZE, ROOT_COPY_WINDOW, ROOT_TABLES_BASE } from "../../abi/src/program-layout";
import { RIGHT_READ, RIGHT_WRITE } from "../../abi/src/rights";
import { AsidPool } from "../../runtime/src/invocations/asid-pool";
import { Frame } from "../../runtime/src/invocations/frame";
import { PageTable } from "../../runtime/src/invocations/page-table";
import { BootInfo } from "./boot-info";
import { mustSucceed } from "./failure";
import { failForMemory, Workshop } from "./workshop";

const MEGA_PAGE_SIZE: u32 = 0x20_0000;
const READ_WRITE: u64 = RIGHT_READ | RIGHT_WRITE;

export class AddressSpace {
  /** The root server's own. */
  static readonly own: AddressSpace = new AddressSpace(Workshop.root);

  /** Capability to the root table. */
  table: PageTable = changetype<PageTable>(ROOT_SLOT_VSPACE);

  /** @param workshop makes what is needed: page tables, frames, copies of capabilities */
  constructor(private readonly workshop: Workshop) {}

  /** Begins anew, empty. */
  make(): void {
    this.table = changetype<PageTable>(this.workshop.make(OBJECT_PAGE_TABLE, 0));
    mustSucceed(
      "assigning an address-space identifier",
      changetype<AsidPool>(ROOT_SLOT_ASID_POOL).assign(this.table),
    );
  }

  /** Maps a frame, adding the page tables that are missing; returns the kernel's error. */
  tryMap(frame: u32, address: u32, rights: u64, attributes: u64): u32 {
    let error = changetype<Frame>(frame).map(this.table, address, rights, attributes);
    while (error == FAILED_LOOKUP) {
      const table = changetype<PageTable>(this.workshop.make(OBJECT_PAGE_TABLE, 0));
      mustSucceed("mapping a page table", table.map(this.table, address, 0));
      error = changetype<Frame>(frame).map(this.table, address, rights, attributes);
    }
    return error;
  }

  /** Maps a frame that nothing is to be executed from. */
  map(frame: u32, address: u32, rights: u64): void {
    mustSucceed("mapping a page", this.tryMap(frame, address, rights, VM_EXECUTE_NEVER));
  }

  /** Maps copies of `pages` frames in consecutive slots at `address`. */
  mapCopies(firstFrame: u32, address: u32, pages: u32, rights: u64, attributes: u64): void {
    const firstCopy = this.workshop.allocateSlots(pages);
    for (let i: u32 = 0; i < pages; i++) {
      this.workshop.copy(firstFrame + i, firstCopy + i, READ_WRITE);
      const error = this.tryMap(firstCopy + i, address + i * PROGRAM_PAGE_SIZE, rights, attributes);
      mustSucceed("mapping a page", error);
    }
  }

  /** Maps copies of the root image's own frames (`pages` from `source`, an address in the root task) at `address`. */
  mapImagePages(source: u32, address: u32, pages: u32, rights: u64, attributes: u64): void {
    this.mapCopies(imageFrame(source), address, pages, rights, attributes);
  }

  /** Maps new pages at `address` with the contents of the root image's from `source` on; those stay as they are. */
  mapFilledPages(source: u32, address: u32, pages: u32): void {
    const first = this.workshop.makePages(pages);
    for (let i: u32 = 0; i < pages; i++) {
      AddressSpace.own.map(first + i, ROOT_COPY_WINDOW, READ_WRITE);
      memory.copy(ROOT_COPY_WINDOW, source + i * PROGRAM_PAGE_SIZE, PROGRAM_PAGE_SIZE);
      mustSucceed("unmapping a page", changetype<Frame>(first + i).unmap());
      this.map(first + i, address + i * PROGRAM_PAGE_SIZE, READ_WRITE);
    }
  }

  /** Maps `pages` new zero-filled pages at `address`, readable and writable; large pages where they fit. */
  mapNewPages(address: u32, pages: u32): void {
    const end = address + pages * PROGRAM_PAGE_SIZE;
    while (address < end) {
      if (address % MEGA_PAGE_SIZE == 0 && end - address >= MEGA_PAGE_SIZE) {
        if (this.mapNewFrames(address, OBJECT_MEGA_PAGE, MEGA_PAGE_SIZE, 1) == 1) {
          address += MEGA_PAGE_SIZE;
          continue;
        }
      }
      const boundary = (address & ~(MEGA_PAGE_SIZE - 1)) + MEGA_PAGE_SIZE;
      const count = (min(boundary, end) - address) / PROGRAM_PAGE_SIZE;
      const made = this.mapNewFrames(address, OBJECT_PAGE, PROGRAM_PAGE_SIZE, count);
      if (made == 0) failForMemory();
      address += made * PROGRAM_PAGE_SIZE;
    }
  }

  /** Makes and maps up to `count` frames; returns how many (0: no memory for even one). */
  private mapNewFrames(address: u32, type: u32, size: u32, count: u32): u32 {
    const made = this.workshop.makeSome(type, count);
    // mapping makes page tables, and with them firstMade would change
    const first = this.workshop.firstMade;
    for (let i: u32 = 0; i < made; i++) this.map(first + i, address + i * size, READ_WRITE);
    return made;
  }

  /** Maps `count` stacks of `pages` new pages each from `base` on, below each of them a page that stays unmapped. */
  mapStacks(base: u32, count: u32, pages: u32): void {
    const stackBytes = (pages + 1) * PROGRAM_PAGE_SIZE;
    const total = count * pages;
    for (let done: u32 = 0; done < total; ) {
      const made = this.workshop.makeSome(OBJECT_PAGE, total - done);
      if (made == 0) failForMemory();
      const first = this.workshop.firstMade;
      for (let i: u32 = 0; i < made; i++) {
        const stack = (done + i) / pages;
        const page = (done + i) % pages;
        this.map(first + i, base + stack * stackBytes + (page + 1) * PROGRAM_PAGE_SIZE, READ_WRITE);
      }
      done += made;
    }
  }

  /** Makes one zero-filled page, maps it and returns its frame. */
  mapNewPage(address: u32): Frame {
    const frame = this.workshop.make(OBJECT_PAGE, 0);
    this.map(frame, address, READ_WRITE);
    return changetype<Frame>(frame);
  }
}

/** Slot of the root image's frame at an address of the root task. */
export function imageFrame(address: u32): u32 {
  return BootInfo.imageFrames + (address - ROOT_TABLES_BASE) / PROGRAM_PAGE_SIZE;
}
