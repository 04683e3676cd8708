// Integer arithmetic that wasm has no single instruction for: M extension high products and division's defined
// results (unprivileged specification, chapter "M"), and the bit operations of Zbb.

/** High 64 bits of the unsigned product. */
export function mulhu(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const carry = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (carry >> 32);
}

/** High 64 bits of the signed product. */
export function mulh(a: u64, b: u64): u64 {
  let high = mulhu(a, b);
  if (<i64>a < 0) high -= b;
  if (<i64>b < 0) high -= a;
  return high;
}

/** High 64 bits of signed a times unsigned b. */
export function mulhsu(a: u64, b: u64): u64 {
  const high = mulhu(a, b);
  return <i64>a < 0 ? high - b : high;
}

/** Signed division: by zero gives −1, overflow gives the dividend. */
export function divide(a: i64, b: i64): i64 {
  if (b == 0) return -1;
  if (b == -1) return 0 - a;
  return a / b;
}

export function remainder(a: i64, b: i64): i64 {
  if (b == 0) return a;
  if (b == -1) return 0;
  return a % b;
}

/** Unsigned division: by zero gives all ones. */
export function divideUnsigned(a: u64, b: u64): u64 {
  return b == 0 ? ~(<u64>0) : a / b;
}

export function remainderUnsigned(a: u64, b: u64): u64 {
  return b == 0 ? a : a % b;
}

/** orc.b: every byte becomes 0xff if it has a bit set, else 0. */
export function orCombineBytes(value: u64): u64 {
  const high: u64 = 0x80808080 | ((<u64>0x80808080) << 32);
  const nonzero = (((value & ~high) + ~high) | value) & high;
  return (nonzero - (nonzero >> 7)) | nonzero;
}

/** rev8: the bytes in opposite order. */
export function reverseBytes(value: u64): u64 {
  return bswap<u64>(value);
}
