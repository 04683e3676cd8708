/** Calls itself without end. */
function depth(n: u64): u64 {
  return n == 0xffff_ffff_ffff ? n : depth(n + 1) * 3 + depth(n + 2);
}

export function main(): i32 {
  return <i32>depth(0);
}
