// A decoded instruction: 64 bits with its operation as a dense number, its registers as fields and its immediate sign-extended.
// Operation 7:0 | rd 13:8 (x: 32 = discard) | rs1 19:14 | rs2 25:20 | length in halfwords 27:26 | immediate 63:32.
import { Op } from "./operation";

const X0_SINK: u32 = 32;
const LONG: u32 = 1 << 27; // length 2

/** Fields of a decoded slot. */
export class Slot {
  @inline static operation(low: u32): u32 {
    return low & 0xff;
  }

  /** The same instruction, to be executed as another operation. */
  @inline static withOperation(slot: u64, op: Op): u64 {
    return (slot & ~(<u64>0xff)) | <u64>(<u32>op);
  }

  /** Offset of rd's value in the hart block, of an f register from HART_F. */
  @inline static rd(low: u32): u32 {
    return (low >> 5) & 0x1f8;
  }

  @inline static rs1(low: u32): u32 {
    return (low >> 11) & 0x1f8;
  }

  @inline static rs2(low: u32): u32 {
    return (low >> 17) & 0x1f8;
  }

  /** Whether the instruction is a 32-bit one and so takes two slots. */
  @inline static isLong(low: u32): bool {
    return (low & LONG) != 0;
  }

  /** Length of the instruction in bytes. */
  @inline static length(slot: u64): u64 {
    return (slot >> 25) & 6;
  }

  @inline static immediate(slot: u64): u64 {
    return <u64>(<i64>slot >> 32);
  }
}

/** A slot of an instruction without f registers, or whose rd is an x register. */
export function pack(op: Op, word: u32, immediate: u32): u64 {
  const rd = (word >> 7) & 31;
  const registers =
    ((rd == 0 ? X0_SINK : rd) << 8) | (((word >> 15) & 31) << 14) | (((word >> 20) & 31) << 20);
  return <u64>(registers | <u32>op) | ((<u64>immediate) << 32);
}

export function illegal(raw: u32): u64 {
  return <u64>(<u32>Op.Illegal) | ((<u64>raw) << 32);
}
