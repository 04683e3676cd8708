/** What the kernel tells the root task at boot (seL4's BootInfo page). */
import {
  BOOTINFO_EMPTY,
  BOOTINFO_IPC_BUFFER,
  BOOTINFO_UNTYPED,
  BOOTINFO_UNTYPED_LIST,
  BOOTINFO_USER_IMAGE_FRAMES,
  UNTYPED_DESCRIPTOR_IS_DEVICE,
  UNTYPED_DESCRIPTOR_SIZE,
  UNTYPED_DESCRIPTOR_SIZE_BITS,
} from "../../abi/src/bootinfo";

export class BootInfo {
  /** User virtual address of the page. */
  static address: u32 = 0;

  @inline private static word(at: u32): u32 {
    return load<u32>(BootInfo.address + at);
  }
  static get ipcBuffer(): u32 {
    return BootInfo.word(BOOTINFO_IPC_BUFFER);
  }
  /** First free slot of the root CNode, and the first after the free ones. */
  static get emptyStart(): u32 {
    return BootInfo.word(BOOTINFO_EMPTY);
  }
  static get emptyEnd(): u32 {
    return BootInfo.word(BOOTINFO_EMPTY + 8);
  }
  /** Slot of the frame at the image's lowest address; the others follow in ascending order. */
  static get imageFrames(): u32 {
    return BootInfo.word(BOOTINFO_USER_IMAGE_FRAMES);
  }
  static get firstUntyped(): u32 {
    return BootInfo.word(BOOTINFO_UNTYPED);
  }
  static get untypedCount(): u32 {
    return BootInfo.word(BOOTINFO_UNTYPED + 8) - BootInfo.firstUntyped;
  }
  @inline private static descriptor(index: u32): u32 {
    return BootInfo.address + BOOTINFO_UNTYPED_LIST + index * UNTYPED_DESCRIPTOR_SIZE;
  }
  static untypedAddress(index: u32): u64 {
    return load<u64>(BootInfo.descriptor(index));
  }
  static untypedBits(index: u32): u32 {
    return load<u8>(BootInfo.descriptor(index) + UNTYPED_DESCRIPTOR_SIZE_BITS);
  }
  static untypedIsDevice(index: u32): bool {
    return load<u8>(BootInfo.descriptor(index) + UNTYPED_DESCRIPTOR_IS_DEVICE) != 0;
  }
}
