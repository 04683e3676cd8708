/** Constants of the ELF64 format (System V gABI; RISC-V ELF psABI for the machine number and flags). */

export const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46] as const;
export const ELFCLASS64 = 2;
export const ELFDATA2LSB = 1;
export const EV_CURRENT = 1;
export const ET_EXEC = 2;
export const EM_RISCV = 243;
/** e_flags: the program uses the C extension. */
export const EF_RISCV_RVC = 1;
/** e_flags: floating-point arguments are passed in registers of 64 bits. */
export const EF_RISCV_FLOAT_ABI_DOUBLE = 4;

export const EHDR_SIZE = 64;
export const PHDR_SIZE = 56;
export const SHDR_SIZE = 64;
export const SYM_SIZE = 24;

export const PT_LOAD = 1;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_STRTAB = 3;
export const SHT_NOBITS = 8;
export const SHF_WRITE = 1;
export const SHF_ALLOC = 2;
export const SHF_EXECINSTR = 4;

export const STB_GLOBAL = 1;
export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;
export const SHN_ABS = 0xfff1;

/** A named address. */
export interface ElfSymbol {
  name: string;
  /** Virtual address, as an unsigned 64-bit number. */
  address: bigint;
  /** Bytes. */
  size: number;
  kind: "function" | "object" | "address";
}

/** Bytes loaded at an address when the program starts. */
export interface Segment {
  /** Virtual address, unsigned. */
  address: bigint;
  /** Where a boot loader without paging puts it. */
  physicalAddress: bigint;
  bytes: Uint8Array;
  /** Bytes in memory; what exceeds `bytes` is zero. */
  memorySize: number;
  readable: boolean;
  writable: boolean;
  executable: boolean;
}
