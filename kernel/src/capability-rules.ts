// What capabilities of each type mean to each other: do two name the same object, may one be copied, what do rights
// and a data word do to it. Architecture types are decided in riscv/arch-caps.ts.

import {
  CAP_ASID_CONTROL,
  CAP_ASID_POOL,
  CAP_CNODE,
  CAP_DOMAIN,
  CAP_ENDPOINT,
  CAP_FRAME,
  CAP_IRQ_CONTROL,
  CAP_IRQ_HANDLER,
  CAP_NOTIFICATION,
  CAP_NULL,
  CAP_PAGE_TABLE,
  CAP_REPLY,
  CAP_THREAD,
  CAP_UNTYPED,
  CAP_ZOMBIE,
} from "../../abi/src/capability-tags";
import { ENDPOINT_BITS, NOTIFICATION_BITS, SLOT_BITS, TCB_BITS, WORD_BITS } from "../../abi/src/objects";
import { ALL_RIGHTS, GUARD_SIZE_BITS, GUARD_SIZE_MASK } from "../../abi/src/rights";
import { Capability, ZOMBIE_THREAD } from "./capability";
import { ArchCaps } from "./riscv/arch-caps";
import { TCB_SIZE } from "./tcb";

/** Is this a frame, page table or ASID capability? */
export function isArchCap(type: u32): bool {
  return type == CAP_FRAME || type == CAP_PAGE_TABLE || type == CAP_ASID_CONTROL || type == CAP_ASID_POOL;
}

/** Does the capability's object lie in memory, so that an untyped can be its parent? */
function isPhysical(cap: Capability): bool {
  const type = <u32>cap.type;
  if (isArchCap(type)) return ArchCaps.isPhysical(cap);
  return !(
    type == CAP_NULL ||
    type == CAP_DOMAIN ||
    type == CAP_IRQ_CONTROL ||
    type == CAP_IRQ_HANDLER ||
    type == CAP_REPLY
  );
}

/** Physical address of the object. */
function objectAddress(cap: Capability): u64 {
  const type = <u32>cap.type;
  if (isArchCap(type)) return ArchCaps.address(cap);
  if (type == CAP_UNTYPED) return cap.untypedAddress;
  if (type == CAP_ZOMBIE && cap.rights == ZOMBIE_THREAD) return <u64>(cap.object & ~(TCB_SIZE - 1));
  return <u64>cap.object;
}

/** Size of the object as a power of two, as far as untyped parents are concerned. */
function objectSizeBits(cap: Capability): u32 {
  const type = <u32>cap.type;
  if (isArchCap(type)) return ArchCaps.sizeBits(cap);
  switch (type) {
    case CAP_UNTYPED:
      return cap.sizeBits;
    case CAP_ENDPOINT:
      return ENDPOINT_BITS;
    case CAP_NOTIFICATION:
      return NOTIFICATION_BITS;
    case CAP_CNODE:
      return cap.radix + SLOT_BITS;
    case CAP_THREAD:
      return TCB_BITS;
    case CAP_ZOMBIE:
      return cap.rights == ZOMBIE_THREAD ? TCB_BITS : cap.radix + SLOT_BITS;
    default:
      return 0;
  }
}

/** Is the region of memory (or the resource) `b` names inside the one `a` names? */
export function sameRegion(a: Capability, b: Capability): bool {
  const type = <u32>a.type;
  const other = <u32>b.type;
  switch (type) {
    case CAP_UNTYPED: {
      if (!isPhysical(b)) return false;
      const start = a.untypedAddress;
      const end = start + (((<u64>1) << a.sizeBits) - 1);
      const otherStart = objectAddress(b);
      const otherEnd = otherStart + (((<u64>1) << objectSizeBits(b)) - 1);
      return start <= otherStart && otherEnd <= end && otherStart <= otherEnd;
    }
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_THREAD:
    case CAP_REPLY:
    case CAP_IRQ_HANDLER:
      return other == type && a.object == b.object;
    case CAP_CNODE:
      return other == type && a.object == b.object && a.sizeBits == b.sizeBits;
    case CAP_DOMAIN:
      return other == type;
    case CAP_IRQ_CONTROL:
      return other == CAP_IRQ_CONTROL || other == CAP_IRQ_HANDLER;
    default:
      return isArchCap(type) && isArchCap(other) && ArchCaps.sameRegion(a, b);
  }
}

/** Do both name the very same object? (Untyped memory and interrupt control are no objects in this sense.) */
export function sameObject(a: Capability, b: Capability): bool {
  const type = <u32>a.type;
  if (type == CAP_UNTYPED || type == CAP_IRQ_CONTROL) return false;
  if (isArchCap(type) && isArchCap(b.type)) return ArchCaps.sameObject(a, b);
  return sameRegion(a, b);
}

/** Takes away the rights that are not in `rights` (RIGHT_*), where the type has rights. */
export function maskRights(cap: Capability, rights: u32): void {
  const type = <u32>cap.type;
  if (type == CAP_ENDPOINT || type == CAP_NOTIFICATION || type == CAP_REPLY) {
    cap.rights &= <u8>(rights & ALL_RIGHTS);
  } else if (isArchCap(type)) {
    ArchCaps.maskRights(cap, rights & ALL_RIGHTS);
  }
}

/**
 * Gives a capability a badge or a guard. A badge is given once: a capability that has one, or is only moved
 * (`preserve`), becomes null, which the caller refuses.
 */
export function updateData(cap: Capability, preserve: bool, data: u64): void {
  const type = <u32>cap.type;
  if (type == CAP_ENDPOINT || type == CAP_NOTIFICATION) {
    if (preserve || cap.data != 0) cap.clear();
    else cap.data = data;
  } else if (type == CAP_CNODE) {
    const guardSize = <u32>(data & GUARD_SIZE_MASK);
    if (guardSize + cap.radix > <u32>WORD_BITS) {
      cap.clear();
    } else {
      cap.rights = <u8>guardSize;
      cap.data = (data >> GUARD_SIZE_BITS) & (((<u64>1) << guardSize) - 1);
    }
  }
}
