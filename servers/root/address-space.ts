/** Building address spaces: frames, and the page tables they need. */
import { ROOT_SLOT_ASID_POOL } from "../../abi/src/bootinfo";
import { FAILED_LOOKUP } from "../../abi/src/errors";
import { OBJECT_MEGA_PAGE, OBJECT_PAGE, OBJECT_PAGE_TABLE, VM_EXECUTE_NEVER } from "../../abi/src/objects";
import { PROGRAM_PAGE_SIZE, ROOT_TABLES_BASE } from "../../abi/src/program-layout";
import { RIGHT_READ, RIGHT_WRITE } from "../../abi/src/rights";
import { AsidPool } from "../../runtime/src/invocations/asid-pool";
import { Frame } from "../../runtime/src/invocations/frame";
import { PageTable } from "../../runtime/src/invocations/page-table";
import { BootInfo } from "./boot-info";
import { mustSucceed } from "./failure";
import { allocateSlots, failForMemory, firstMade, makeObject, makeObjects, rootCNode } from "./objects";

const MEGA_PAGE_SIZE: u32 = 0x20_0000;
const READ_WRITE: u64 = RIGHT_READ | RIGHT_WRITE;

/** A new, empty address space. */
export function makeAddressSpace(): PageTable {
  const vspace = changetype<PageTable>(makeObject(OBJECT_PAGE_TABLE, 0));
  mustSucceed(
    "assigning an address-space identifier",
    changetype<AsidPool>(ROOT_SLOT_ASID_POOL).assign(vspace),
  );
  return vspace;
}

/** Maps a frame, adding the page tables that are missing; returns the kernel's error. */
export function mapFrame(vspace: PageTable, frame: Frame, address: u32, rights: u64, attributes: u64): u32 {
  let error = frame.map(vspace, address, rights, attributes);
  while (error == FAILED_LOOKUP) {
    const table = changetype<PageTable>(makeObject(OBJECT_PAGE_TABLE, 0));
    mustSucceed("mapping a page table", table.map(vspace, address, 0));
    error = frame.map(vspace, address, rights, attributes);
  }
  return error;
}

/** Maps copies of the root image's own frames (`pages` from `source`, an address in the root task) at `address`. */
export function mapImagePages(
  vspace: PageTable,
  source: u32,
  address: u32,
  pages: u32,
  rights: u64,
  attributes: u64,
): void {
  const firstFrame = BootInfo.imageFrames + (source - ROOT_TABLES_BASE) / PROGRAM_PAGE_SIZE;
  const firstCopy = allocateSlots(pages);
  for (let i: u32 = 0; i < pages; i++) {
    const slot = firstCopy + i;
    mustSucceed("copying a frame", rootCNode.copy(slot, 64, rootCNode, firstFrame + i, READ_WRITE));
    const frame = changetype<Frame>(slot);
    const error = mapFrame(vspace, frame, address + i * PROGRAM_PAGE_SIZE, rights, attributes);
    mustSucceed("mapping a page of the program", error);
  }
}

/** Maps copies of `pages` frames in consecutive slots at `address`, readable and writable. */
export function mapSharedPages(vspace: PageTable, firstFrame: u32, address: u32, pages: u32): void {
  const firstCopy = allocateSlots(pages);
  for (let i: u32 = 0; i < pages; i++) {
    const slot = firstCopy + i;
    mustSucceed("copying a shared page", rootCNode.copy(slot, 64, rootCNode, firstFrame + i, READ_WRITE));
    const frame = changetype<Frame>(slot);
    const error = mapFrame(vspace, frame, address + i * PROGRAM_PAGE_SIZE, READ_WRITE, VM_EXECUTE_NEVER);
    mustSucceed("mapping a shared page", error);
  }
}

/** Maps `pages` new zero-filled pages at `address`, readable and writable; large pages where they fit. */
export function mapNewPages(vspace: PageTable, address: u32, pages: u32): void {
  const end = address + pages * PROGRAM_PAGE_SIZE;
  while (address < end) {
    if (address % MEGA_PAGE_SIZE == 0 && end - address >= MEGA_PAGE_SIZE) {
      if (mapNewFrames(vspace, address, OBJECT_MEGA_PAGE, MEGA_PAGE_SIZE, 1) == 1) {
        address += MEGA_PAGE_SIZE;
        continue;
      }
    }
    const boundary = (address & ~(MEGA_PAGE_SIZE - 1)) + MEGA_PAGE_SIZE;
    const count = (min(boundary, end) - address) / PROGRAM_PAGE_SIZE;
    const made = mapNewFrames(vspace, address, OBJECT_PAGE, PROGRAM_PAGE_SIZE, count);
    if (made == 0) failForMemory();
    address += made * PROGRAM_PAGE_SIZE;
  }
}

/** Makes and maps up to `count` frames; returns how many (0: no memory for even one). */
function mapNewFrames(vspace: PageTable, address: u32, type: u32, size: u32, count: u32): u32 {
  const made = makeObjects(type, count);
  const slot = firstMade;
  for (let i: u32 = 0; i < made; i++) {
    const frame = changetype<Frame>(slot + i);
    mustSucceed("mapping memory", mapFrame(vspace, frame, address + i * size, READ_WRITE, VM_EXECUTE_NEVER));
  }
  return made;
}

/** Makes one zero-filled page, maps it and returns its frame. */
export function mapNewPage(vspace: PageTable, address: u32): Frame {
  const frame = changetype<Frame>(makeObject(OBJECT_PAGE, 0));
  mustSucceed("mapping a page", mapFrame(vspace, frame, address, READ_WRITE, VM_EXECUTE_NEVER));
  return frame;
}
