/**
 * Counting bits without Zbb, as IR. Callers assume that only ra, a0 and t0–t2 change (`HELPER_CLOBBERS`), so these
 * helpers may call each other as tail calls only.
 */

/** Binary search for the highest set bit: each step moves it into the upper half that was found empty. */
const CLZ64 = `
function __clz64(i64)->i64 {
b0:
  v0: i64 = param [index=0]
  v1: i32 = eqz v0
  branch v1, b1, b2
b1 (b0):
  return 64:i64
b2 (b0):
  v2: i64 = shru v0, 32:i64
  v3: i32 = eqz v2
  v4: i64 = extu v3
  v5: i64 = shl v4, 5:i64
  v6: i64 = shl v0, v5
  v7: i64 = shru v6, 48:i64
  v8: i32 = eqz v7
  v9: i64 = extu v8
  v10: i64 = shl v9, 4:i64
  v11: i64 = shl v6, v10
  v12: i64 = or v5, v10
  v13: i64 = shru v11, 56:i64
  v14: i32 = eqz v13
  v15: i64 = extu v14
  v16: i64 = shl v15, 3:i64
  v17: i64 = shl v11, v16
  v18: i64 = or v12, v16
  v19: i64 = shru v17, 60:i64
  v20: i32 = eqz v19
  v21: i64 = extu v20
  v22: i64 = shl v21, 2:i64
  v23: i64 = shl v17, v22
  v24: i64 = or v18, v22
  v25: i64 = shru v23, 62:i64
  v26: i32 = eqz v25
  v27: i64 = extu v26
  v28: i64 = shl v27, 1:i64
  v29: i64 = shl v23, v28
  v30: i64 = or v24, v28
  v31: i64 = shru v29, 63:i64
  v32: i64 = xor v31, 1:i64
  v33: i64 = add v30, v32
  return v33
}`;

/** A set bit 31 below the operand in the upper half makes the answer for 0 right. */
const CLZ32 = `
function __clz32(i32)->i64 {
b0:
  v0: i32 = param [index=0]
  v1: i64 = extu v0
  v2: i64 = shl v1, 32:i64
  v3: i64 = or v2, 0x80000000:i64
  v4: i64 = call [symbol="__clz64"] v3
  return v4
}`;

/** Sums of neighbouring bits, then pairs, then nibbles; a multiplication adds the bytes. */
const POPCNT64 = `
function __popcnt64(i64)->i64 {
b0:
  v0: i64 = param [index=0]
  v1: i64 = shru v0, 1:i64
  v2: i64 = and v1, 0x5555555555555555:i64
  v3: i64 = sub v0, v2
  v4: i64 = shru v3, 2:i64
  v5: i64 = and v4, 0x3333333333333333:i64
  v6: i64 = and v3, 0x3333333333333333:i64
  v7: i64 = add v5, v6
  v8: i64 = shru v7, 4:i64
  v9: i64 = add v7, v8
  v10: i64 = and v9, 0x0f0f0f0f0f0f0f0f:i64
  v11: i64 = mul v10, 0x0101010101010101:i64
  v12: i64 = shru v11, 56:i64
  return v12
}`;

const POPCNT32 = `
function __popcnt32(i32)->i64 {
b0:
  v0: i32 = param [index=0]
  v1: i64 = extu v0
  v2: i64 = call [symbol="__popcnt64"] v1
  return v2
}`;

/** The bits below the lowest set bit, counted; for 0 these are all 64. */
const CTZ64 = `
function __ctz64(i64)->i64 {
b0:
  v0: i64 = param [index=0]
  v1: i64 = sub 0:i64, v0
  v2: i64 = and v0, v1
  v3: i64 = add v2, -1:i64
  v4: i64 = call [symbol="__popcnt64"] v3
  return v4
}`;

const CTZ32 = `
function __ctz32(i32)->i64 {
b0:
  v0: i32 = param [index=0]
  v1: i64 = extu v0
  v2: i64 = or v1, 0x100000000:i64
  v3: i64 = call [symbol="__ctz64"] v2
  return v3
}`;

/** Helper name → IR text. */
export const BIT_COUNTING: Readonly<Record<string, string>> = {
  __clz64: CLZ64,
  __clz32: CLZ32,
  __popcnt64: POPCNT64,
  __popcnt32: POPCNT32,
  __ctz64: CTZ64,
  __ctz32: CTZ32,
};
