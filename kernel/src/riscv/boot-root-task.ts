// The root task as seL4 makes it: its CNode and fixed slots, its address space with the image mapped page by page,
// IPC buffer, BootInfo and extra BootInfo behind the image, and its thread.

import {
  BOOTINFO_CHUNK_DEVICE_TREE,
  BOOTINFO_CHUNK_HEADER_SIZE,
  BOOTINFO_EMPTY,
  BOOTINFO_EXTRA_LENGTH,
  BOOTINFO_EXTRA_PAGES,
  BOOTINFO_IPC_BUFFER,
  BOOTINFO_NODES,
  BOOTINFO_ROOT_CNODE_BITS,
  BOOTINFO_UNTYPED,
  BOOTINFO_USER_IMAGE_FRAMES,
  BOOTINFO_USER_IMAGE_PAGING,
  ROOT_SLOT_ASID_CONTROL,
  ROOT_SLOT_ASID_POOL,
  ROOT_SLOT_BOOTINFO_FRAME,
  ROOT_SLOT_DOMAIN,
  ROOT_SLOT_FIRST_FREE,
  ROOT_SLOT_IPC_BUFFER,
  ROOT_SLOT_IRQ_CONTROL,
  ROOT_SLOT_VSPACE,
} from "../../../abi/src/bootinfo";
import {
  CAP_ASID_CONTROL,
  CAP_ASID_POOL,
  CAP_DOMAIN,
  CAP_FRAME,
  CAP_IRQ_CONTROL,
  CAP_PAGE_TABLE,
} from "../../../abi/src/capability-tags";
import { ROOT_CNODE_BITS } from "../../../abi/src/config";
import { PAGE_BITS, PAGE_TABLE_BITS, SLOT_BITS, TCB_BITS } from "../../../abi/src/objects";
import { Boot } from "../boot";
import { Capability } from "../capability";
import { AddressSpaceIds } from "./address-space-ids";
import { AddressSpaces } from "./asid-invocation";
import { BootMemory, KERNEL_MEMORY_END, RangeList } from "./boot-memory";
import { BootUntypeds } from "./boot-untypeds";
import { panic } from "./console";
import { DeviceTree } from "./device-tree";
import {
  HEADER_MAGIC,
  HEADER_MAGIC_VALUE,
  HEADER_ROOT_ENTRY,
  HEADER_ROOT_PHYSICAL_END,
  HEADER_ROOT_PHYSICAL_START,
  HEADER_ROOT_VIRTUAL_START,
} from "./layout";
import { imageHeader } from "./link";
import { PageTable, PageTableEntry, PageTableSlot, VM_READ_WRITE } from "./page-table";
import { VSpace } from "./vspace";

const PAGE: u64 = 4096;
const ROOT_ASID: u64 = 1;
const GIGABYTE_BITS: u64 = 30;
const MEGAPAGE_BITS: u64 = 21;
const MAPPED: u8 = 1;

/** The capability under construction, and the one to the root's page table. */
const newCapability = memory.data(16, 8);
const rootTable = memory.data(16, 8);

/** Where the root task's things are: physical and user virtual addresses. */
export class RootTask {
  static physicalStart: u64 = 0;
  static physicalEnd: u64 = 0;
  static virtualStart: u64 = 0;
  static entry: u64 = 0;
  private static bootInfo: u32 = 0;
  private static nextSlot: u32 = ROOT_SLOT_FIRST_FREE;

  /** Reads what the host wrote into the image. */
  static readHeader(): void {
    const header = <u32>imageHeader();
    if (load<u32>(header + HEADER_MAGIC) != <u32>HEADER_MAGIC_VALUE)
      panic("this kernel is not part of an image");
    RootTask.physicalStart = load<u64>(header + HEADER_ROOT_PHYSICAL_START);
    RootTask.physicalEnd = load<u64>(header + HEADER_ROOT_PHYSICAL_END);
    RootTask.virtualStart = load<u64>(header + HEADER_ROOT_VIRTUAL_START);
    RootTask.entry = load<u64>(header + HEADER_ROOT_ENTRY);
  }

  /** Makes the root task out of free RAM and lets it run on this hart; `harts` run the kernel. */
  static create(harts: u32): void {
    Boot.rootCNode(BootMemory.take(ROOT_CNODE_BITS + SLOT_BITS), ROOT_CNODE_BITS);
    const thread = BootMemory.take(TCB_BITS);
    RootTask.bootInfo = BootMemory.take(PAGE_BITS);
    provideSingletons();
    const ipcBuffer = RootTask.virtualStart + (RootTask.physicalEnd - RootTask.physicalStart);
    const extraBytes = <u64>DeviceTree.size + BOOTINFO_CHUNK_HEADER_SIZE;
    const extraPages = (extraBytes + PAGE - 1) / PAGE;
    provideTables(ipcBuffer + (2 + extraPages) * PAGE);
    provideFrame(ROOT_SLOT_IPC_BUFFER, BootMemory.take(PAGE_BITS), ipcBuffer);
    provideFrame(ROOT_SLOT_BOOTINFO_FRAME, RootTask.bootInfo, ipcBuffer + PAGE);
    provideExtra(ipcBuffer + 2 * PAGE, extraPages);
    provideImage();
    freeDeviceTree();
    provideUntypeds();
    const info = RootTask.bootInfo;
    store<u64>(info + BOOTINFO_EXTRA_LENGTH, extraBytes);
    store<u64>(info + BOOTINFO_NODES, harts);
    store<u64>(info + BOOTINFO_IPC_BUFFER, ipcBuffer);
    store<u64>(info + BOOTINFO_ROOT_CNODE_BITS, ROOT_CNODE_BITS);
    Boot.startInitialThread(thread, RootTask.entry, ipcBuffer + PAGE, ipcBuffer);
  }

  /** Notes a region of slots in BootInfo. */
  static region(field: u32, start: u32, end: u32): void {
    store<u64>(RootTask.bootInfo + field, start);
    store<u64>(RootTask.bootInfo + field, end, 8);
  }

  /** The next free slot of the root CNode. */
  static takeSlot(): u32 {
    if (RootTask.nextSlot == 1 << ROOT_CNODE_BITS) panic("the root task's capabilities do not fit its CNode");
    RootTask.nextSlot += 1;
    return RootTask.nextSlot - 1;
  }

  static get slots(): u32 {
    return RootTask.nextSlot;
  }

  /** The page all BootInfo goes to. */
  static get info(): u32 {
    return RootTask.bootInfo;
  }
}

/** Capabilities of which there is exactly one, and the address space's root. */
function provideSingletons(): void {
  provideSimple(ROOT_SLOT_IRQ_CONTROL, CAP_IRQ_CONTROL, 0, 0);
  provideSimple(ROOT_SLOT_ASID_CONTROL, CAP_ASID_CONTROL, 0, 0);
  provideSimple(ROOT_SLOT_DOMAIN, CAP_DOMAIN, 0, 0);
  const pool = BootMemory.take(PAGE_BITS);
  AddressSpaceIds.setPool(0, pool);
  provideSimple(ROOT_SLOT_ASID_POOL, CAP_ASID_POOL, pool, 0);
  const root = Capability.at(<u32>rootTable);
  root.become(CAP_PAGE_TABLE, 0);
  root.data = <u64>BootMemory.take(PAGE_TABLE_BITS) >> 12;
  AddressSpaces.assign(root, ROOT_ASID);
  Boot.provide(ROOT_SLOT_VSPACE, root);
}

function provideSimple(slot: u32, type: u32, object: u32, data: u64): void {
  const capability = Capability.at(<u32>newCapability);
  capability.become(type, object);
  capability.data = data;
  Boot.provide(slot, capability);
}

/** Page tables for [virtual start, end): first those under the root, then those that hold pages. */
function provideTables(end: u64): void {
  const firstSlot = RootTask.slots;
  provideLevel(end, GIGABYTE_BITS);
  provideLevel(end, MEGAPAGE_BITS);
  RootTask.region(BOOTINFO_USER_IMAGE_PAGING, firstSlot, RootTask.slots);
}

/** One table for every 2^bits bytes that the range touches. */
function provideLevel(end: u64, bits: u64): void {
  for (let block = RootTask.virtualStart >> bits; block << bits < end; block++) {
    const address = block << bits;
    const ppn = <u64>BootMemory.take(PAGE_TABLE_BITS) >> 12;
    PageTable.lookup(VSpace.tableOf(Capability.at(<u32>rootTable)), address);
    store<u64>(PageTableSlot.entry, PageTableEntry.table(ppn));
    const table = Capability.at(<u32>newCapability);
    table.become(CAP_PAGE_TABLE, <u32>(address >> 12));
    table.rights = MAPPED;
    table.data = ppn | (ROOT_ASID << 44);
    Boot.provide(RootTask.takeSlot(), table);
  }
}

/** A 4 KiB frame at physical `address`, mapped at user `virtualAddress` with all rights. */
function provideFrame(slot: u32, address: u64, virtualAddress: u64): void {
  PageTable.lookup(VSpace.tableOf(Capability.at(<u32>rootTable)), virtualAddress);
  store<u64>(PageTableSlot.entry, PageTableEntry.userPage(address >> 12, VM_READ_WRITE, true));
  const frame = Capability.at(<u32>newCapability);
  frame.become(CAP_FRAME, <u32>(virtualAddress >> 12));
  frame.rights = <u8>VM_READ_WRITE;
  frame.sizeBits = <u8>PAGE_BITS;
  frame.data = (address >> 12) | (ROOT_ASID << 44);
  Boot.provide(slot, frame);
}

/** Extra BootInfo: a chunk with the device tree. The pages are contiguous for the root, not in memory. */
function provideExtra(virtualAddress: u64, pages: u64): void {
  const firstSlot = RootTask.slots;
  let source = DeviceTree.start;
  let left = DeviceTree.size;
  for (let i: u64 = 0; i < pages; i++) {
    const page = BootMemory.take(PAGE_BITS);
    let at = page;
    if (i == 0) {
      store<u64>(page, BOOTINFO_CHUNK_DEVICE_TREE);
      store<u64>(page, <u64>DeviceTree.size + BOOTINFO_CHUNK_HEADER_SIZE, 8);
      at += BOOTINFO_CHUNK_HEADER_SIZE;
    }
    const bytes = min(left, page + <u32>PAGE - at);
    memory.copy(at, source, bytes);
    source += bytes;
    left -= bytes;
    provideFrame(RootTask.takeSlot(), page, virtualAddress + i * PAGE);
  }
  RootTask.region(BOOTINFO_EXTRA_PAGES, firstSlot, RootTask.slots);
}

/** The root task's image, in ascending order. */
function provideImage(): void {
  const firstSlot = RootTask.slots;
  let virtualAddress = RootTask.virtualStart;
  for (let address = RootTask.physicalStart; address < RootTask.physicalEnd; address += PAGE) {
    provideFrame(RootTask.takeSlot(), address, virtualAddress);
    virtualAddress += PAGE;
  }
  RootTask.region(BOOTINFO_USER_IMAGE_FRAMES, firstSlot, RootTask.slots);
}

/** The firmware's device tree has been copied, and its place at the end of RAM would break a large block of memory. */
function freeDeviceTree(): void {
  const isInFreeRam =
    DeviceTree.firstPage >= RootTask.physicalEnd &&
    DeviceTree.pagesEnd <= min(DeviceTree.memoryEnd, KERNEL_MEMORY_END);
  if (isInFreeRam) RangeList.ram().putBack(DeviceTree.firstPage, DeviceTree.pagesEnd);
}

/** Untypeds, and behind them the empty slots. */
function provideUntypeds(): void {
  const firstSlot = RootTask.slots;
  const end = BootUntypeds.provide(RootTask.info, firstSlot);
  RootTask.region(BOOTINFO_UNTYPED, firstSlot, end);
  RootTask.region(BOOTINFO_EMPTY, end, 1 << ROOT_CNODE_BITS);
}
