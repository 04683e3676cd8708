// Offsets and sizes that the kernel's assembly and its compiled code must agree on (bytes).
// Written in the subset that TypeScript and AssemblyScript share. `thread-context.ts` and `hart-context.ts` declare
// the same fields as classes; a unit test holds the two together.

// Thread context: the head of every TCB. Register x1…x31 is at 8 * its number, the program counter in x0's place.

export const CONTEXT_PC = 0;
export const CONTEXT_RA = 8;
export const CONTEXT_SP = 16;
export const CONTEXT_TP = 32;
export const CONTEXT_T0 = 40;
export const CONTEXT_A0 = 80;
export const CONTEXT_FAULT_PC = 256;
export const CONTEXT_HART = 264;
export const CONTEXT_FLAGS = 268;
export const CONTEXT_FPU_STATUS = 332;
export const CONTEXT_SIZE = 384;
/** f0…f31, in a kernel with floating point; behind what is the TCB without it. */
export const CONTEXT_FPU_REGISTERS = 1024;
/** fcsr, as a word of 4 bytes. */
export const CONTEXT_FCSR = 1280;
export const CONTEXT_FPU_END = 1288;

/** The thread receives user interrupts. */
export const FLAG_RECEIVER = 1;
/** The thread has a sender table. */
export const FLAG_SENDER = 2;
/** The idle thread of a hart, which has no user mode. */
export const FLAG_IDLE = 4;
/** The thread owns its hart's FPU (fpu.ts). */
export const FLAG_FPU = 8;

// Hart context: the head of every hart's record. `tp` points to it while the hart is in the kernel; the hart's
// kernel stack ends where its record begins, so that the initial stack pointer is the same number.

export const HART_CURRENT = 0;
export const HART_IDLE = 4;
export const HART_GIVE_UP = 8;
export const HART_INDEX = 12;
export const HART_FPU_OWNER = 28;
export const HART_GLOBAL_POINTER = 32;
export const HART_STALE_TRANSLATIONS = 40;
export const HART_KERNEL_SATP = 48;
export const HART_CONTEXT_SIZE = 128;

// What another hart wants of this one, in `giveUp`
/** To stop running its thread and leave the thread's address space. */
export const GIVE_UP_THREAD = 1;
/** To save the floating-point registers in their owner's TCB. */
export const GIVE_UP_FPU = 2;

/** Stack and record of one hart. */
export const HART_AREA_SIZE = 0x8000;
export const HART_STACK_SIZE = 0x5800;
/** Room of the record; behind it lies the TCB of the hart's idle thread. */
export const HART_RECORD_SIZE = 0x2000;

// What the linker's last address is followed by, page aligned: the kernel's root page table, then the harts' areas.

export const KERNEL_ROOT_TABLE_SIZE = 0x1000;

// What a hart finds that comes to the image's entry while another boots (assembly/boot.ts): a pair of words for each.

export const LATE_HART_ID = 0;
/** Physical address of its record; 0: none yet. */
export const LATE_HART_RECORD = 4;
export const LATE_HART_SIZE = 8;

// The image header, written by the host: where the root task is.

export const HEADER_MAGIC_VALUE = 0x344c6552; // "ReL4"
export const HEADER_MAGIC = 0;
export const HEADER_ROOT_PHYSICAL_START = 8;
export const HEADER_ROOT_PHYSICAL_END = 16;
export const HEADER_ROOT_VIRTUAL_START = 24;
export const HEADER_ROOT_ENTRY = 32;
export const HEADER_SIZE = 64;

// Address map

/** Physical address at which the kernel image starts. Firmware lives below. */
export const KERNEL_PHYSICAL_BASE = 0x80200000;
/** Room for the kernel's text; its data starts behind it. */
export const KERNEL_TEXT_SIZE = 0x80000;
/** Indices in every root page table of the kernel's gigabytes: devices, RAM's first and second gigabyte. */
export const ROOT_INDEX_DEVICES = 509;
export const ROOT_INDEX_RAM = 510;
