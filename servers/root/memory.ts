/** Untyped memory that kernel objects are made of. */
import { NO_ERROR, NOT_ENOUGH_MEMORY } from "../../abi/src/errors";
import {
  MEGA_PAGE_BITS,
  OBJECT_CNODE,
  OBJECT_MEGA_PAGE,
  OBJECT_UNTYPED,
  PAGE_BITS,
} from "../../abi/src/objects";
import { CNode } from "../../runtime/src/invocations/cnode";
import { Untyped } from "../../runtime/src/invocations/untyped";
import { BootInfo } from "./boot-info";
import { failWith } from "./failure";

/** All memory the kernel left. Small objects come from one untyped after the other; one without room for a page is not asked again. */
export class Memory {
  private cursor: u32 = 0;

  /** Makes `count` objects in slots from `first` of `node` on; false when there is no room. */
  make(type: u32, sizeBits: u32, node: CNode, first: u32, count: u32): bool {
    const needed = bytesBits(type, sizeBits);
    for (let i = this.cursor; i < BootInfo.untypedCount; i++) {
      if (BootInfo.untypedIsDevice(i) || BootInfo.untypedBits(i) < needed) continue;
      if (makeFrom(BootInfo.firstUntyped + i, type, sizeBits, node, first, count)) return true;
      if (needed <= <u32>PAGE_BITS && count == 1 && this.cursor == i) this.cursor = i + 1;
    }
    return false;
  }
}

/** Makes objects of one untyped; false when it has no room. */
export function makeFrom(untyped: u32, type: u32, sizeBits: u32, node: CNode, first: u32, count: u32): bool {
  const error = changetype<Untyped>(untyped).retype(type, sizeBits, node, first, count);
  if (error == NO_ERROR) return true;
  if (error != NOT_ENOUGH_MEMORY) failWith("making a kernel object", error);
  return false;
}

/** No object of this type and size needs more than 2^result bytes; pages and whatever is smaller count as pages. */
function bytesBits(type: u32, sizeBits: u32): u32 {
  if (type == OBJECT_CNODE) return sizeBits + 5;
  if (type == OBJECT_UNTYPED) return sizeBits;
  return type == OBJECT_MEGA_PAGE ? MEGA_PAGE_BITS : PAGE_BITS;
}
