// Fields of 32-bit instruction words (unprivileged specification, "Base Instruction Formats").

/** The immediates of the formats, sign-extended. */
export class Immediate {
  @inline static i(word: u32): u32 {
    return <u32>(<i32>word >> 20);
  }

  @inline static s(word: u32): u32 {
    return (Immediate.i(word) & ~31) | ((word >> 7) & 31);
  }

  @inline static b(word: u32): u32 {
    const sign = (<u32>(<i32>word >> 31)) << 12;
    return sign | ((word << 4) & 0x800) | ((word >> 20) & 0x7e0) | ((word >> 7) & 0x1e);
  }

  @inline static j(word: u32): u32 {
    const sign = (<u32>(<i32>word >> 31)) << 20;
    return sign | (word & 0xff000) | ((word >> 9) & 0x800) | ((word >> 20) & 0x7fe);
  }
}

/** Minor opcodes. */
export class Function {
  @inline static three(word: u32): u32 {
    return (word >> 12) & 7;
  }

  @inline static seven(word: u32): u32 {
    return word >> 25;
  }
}
