// What the root task starts with: the slots of its CNode and the BootInfo page (byte offsets).

export const ROOT_SLOT_NULL = 0;
export const ROOT_SLOT_TCB = 1;
export const ROOT_SLOT_CNODE = 2;
export const ROOT_SLOT_VSPACE = 3;
export const ROOT_SLOT_IRQ_CONTROL = 4;
export const ROOT_SLOT_ASID_CONTROL = 5;
export const ROOT_SLOT_ASID_POOL = 6;
export const ROOT_SLOT_IO_PORT_CONTROL = 7;
export const ROOT_SLOT_IO_SPACE = 8;
export const ROOT_SLOT_BOOTINFO_FRAME = 9;
export const ROOT_SLOT_IPC_BUFFER = 10;
export const ROOT_SLOT_DOMAIN = 11;
export const ROOT_SLOT_SMMU_SID_CONTROL = 12;
export const ROOT_SLOT_SMMU_CB_CONTROL = 13;
export const ROOT_SLOT_SCHEDULING_CONTEXT = 14;
export const ROOT_SLOT_SMC = 15;
/** First slot the kernel fills with capabilities described by BootInfo regions. */
export const ROOT_SLOT_FIRST_FREE = 16;

export const BOOTINFO_EXTRA_LENGTH = 0;
export const BOOTINFO_NODE_ID = 8;
export const BOOTINFO_NODES = 16;
export const BOOTINFO_IO_PAGE_TABLE_LEVELS = 24;
export const BOOTINFO_IPC_BUFFER = 32;
// Slot regions: start, end (first slot after)
export const BOOTINFO_EMPTY = 40;
export const BOOTINFO_SHARED_FRAMES = 56;
export const BOOTINFO_USER_IMAGE_FRAMES = 72;
export const BOOTINFO_USER_IMAGE_PAGING = 88;
export const BOOTINFO_IO_SPACE_CAPS = 104;
export const BOOTINFO_EXTRA_PAGES = 120;
export const BOOTINFO_ROOT_CNODE_BITS = 136;
export const BOOTINFO_INITIAL_DOMAIN = 144;
export const BOOTINFO_UNTYPED = 152;
/** Untyped descriptors: physical address u64, size bits u8, is device u8, 6 bytes padding. */
export const BOOTINFO_UNTYPED_LIST = 168;
export const UNTYPED_DESCRIPTOR_SIZE = 16;
export const UNTYPED_DESCRIPTOR_SIZE_BITS = 8;
export const UNTYPED_DESCRIPTOR_IS_DEVICE = 9;
export const BOOTINFO_MAX_UNTYPEDS = 230;
export const BOOTINFO_SIZE = 4096;

/** Header of an extra BootInfo chunk: id u64, length u64 with the header. */
export const BOOTINFO_CHUNK_HEADER_SIZE = 16;
export const BOOTINFO_CHUNK_PADDING = 0;
export const BOOTINFO_CHUNK_DEVICE_TREE = 6;
