// Reports what the kernel tells the root task, and tries the capabilities it names.

import {
  BOOTINFO_CHUNK_HEADER_SIZE,
  BOOTINFO_EMPTY,
  BOOTINFO_EXTRA_LENGTH,
  BOOTINFO_EXTRA_PAGES,
  BOOTINFO_IPC_BUFFER,
  BOOTINFO_ROOT_CNODE_BITS,
  BOOTINFO_UNTYPED,
  BOOTINFO_UNTYPED_LIST,
  BOOTINFO_USER_IMAGE_FRAMES,
  BOOTINFO_USER_IMAGE_PAGING,
  UNTYPED_DESCRIPTOR_IS_DEVICE,
  UNTYPED_DESCRIPTOR_SIZE,
  UNTYPED_DESCRIPTOR_SIZE_BITS,
} from "../../../../abi/src/bootinfo";
import { PAGE_GET_ADDRESS } from "../../../../abi/src/labels";
import { Root, report } from "./support";

export { abort } from "./support";

const PAGE: u32 = 4096;
const RAM_START: u64 = 0x8000_0000;

function region(start: string, end: string, field: u32): void {
  report(start, load<u64>(Root.bootInfo + field));
  report(end, load<u64>(Root.bootInfo + field + 8));
}

/** Sums of what the untyped list describes, and whether every piece is aligned and devices come first. */
function untypeds(): void {
  const count = load<u32>(Root.bootInfo, BOOTINFO_UNTYPED + 8) - load<u32>(Root.bootInfo, BOOTINFO_UNTYPED);
  let ram: u64 = 0;
  let orderly: u64 = 1;
  let ramSeen = false;
  for (let i: u32 = 0; i < count; i++) {
    const descriptor = Root.bootInfo + BOOTINFO_UNTYPED_LIST + i * UNTYPED_DESCRIPTOR_SIZE;
    const start = load<u64>(descriptor);
    const size = (<u64>1) << (<u64>load<u8>(descriptor, UNTYPED_DESCRIPTOR_SIZE_BITS));
    const device = load<u8>(descriptor, UNTYPED_DESCRIPTOR_IS_DEVICE) != 0;
    if ((start & (size - 1)) != 0 || (device && ramSeen)) orderly = 0;
    if (!device && start < RAM_START) orderly = 0;
    ramSeen = !device;
    if (!device) ram += size;
  }
  report("untypeds orderly", orderly);
  report("free RAM in MiB", ram >> 20);
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  report("IPC buffer", load<u64>(bootInfo, BOOTINFO_IPC_BUFFER));
  report("BootInfo", bootInfo);
  report("CNode bits", load<u64>(bootInfo, BOOTINFO_ROOT_CNODE_BITS));
  region("paging", "paging end", BOOTINFO_USER_IMAGE_PAGING);
  region("extra", "extra end", BOOTINFO_EXTRA_PAGES);
  region("frames", "frames end", BOOTINFO_USER_IMAGE_FRAMES);
  report("untyped", load<u64>(bootInfo, BOOTINFO_UNTYPED));
  report(
    "empty follows untyped",
    <u64>(load<u64>(bootInfo, BOOTINFO_EMPTY) == load<u64>(bootInfo, BOOTINFO_UNTYPED + 8)),
  );
  report("empty end", load<u64>(bootInfo, BOOTINFO_EMPTY + 8));
  untypeds();
  const chunk = bootInfo + PAGE;
  report("chunk", load<u64>(chunk));
  report("chunk is all", <u64>(load<u64>(chunk, 8) == load<u64>(bootInfo, BOOTINFO_EXTRA_LENGTH)));
  report("device tree magic", bswap<u32>(load<u32>(chunk + BOOTINFO_CHUNK_HEADER_SIZE)));
  report(
    "device tree size fits",
    <u64>(bswap<u32>(load<u32>(chunk + BOOTINFO_CHUNK_HEADER_SIZE, 4)) + 16 == load<u32>(chunk, 8)),
  );
  const first = load<u32>(bootInfo, BOOTINFO_USER_IMAGE_FRAMES);
  Root.check(Root.invoke(first, PAGE_GET_ADDRESS, 0), "address");
  const address = Root.result0;
  Root.check(Root.invoke(first + 1, PAGE_GET_ADDRESS, 0), "address");
  report("image is contiguous", Root.result0 - address);
  Root.exit(0);
}
