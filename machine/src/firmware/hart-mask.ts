// Sets of harts as callers name them: a mask of 64 and the number of its first hart. (SBI Specification 2.0, section 3.)
import type { FirmwareHost } from "../board";
import type { Hart } from "../hart";

/** A base that means "all harts", whatever the mask. */
const ALL_HARTS = (1n << 64n) - 1n;

/** The harts `mask` and `base` name, or null when one of them does not exist. */
export function hartsIn(host: FirmwareHost, mask: bigint, base: bigint): readonly Hart[] | null {
  if (base === ALL_HARTS) return host.harts;
  const selected: Hart[] = [];
  for (let bit = 0n; bit < 64n; bit++) {
    if (((mask >> bit) & 1n) === 0n) continue;
    const hart = base + bit < BigInt(host.hartCount) ? host.harts[Number(base + bit)] : undefined;
    if (!hart) return null;
    selected.push(hart);
  }
  return selected;
}
