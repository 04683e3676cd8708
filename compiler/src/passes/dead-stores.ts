/** Removes stores that a later store in the same block overwrites before anything could read them. */
import type { Block, IRFunction } from "../ir/ir";
import { effectOf } from "../ir/operations";
import { contains, isDisjoint, type Location, locationOf } from "./memory-location";

function removeFromBlock(block: Block): void {
  let overwritten: Location[] = [];
  const kept = [...block.instructions].reverse().filter((value) => {
    switch (effectOf(value.op)) {
      case "read": {
        const location = locationOf(value);
        overwritten = overwritten.filter((later) => isDisjoint(later, location));
        return true;
      }
      case "write": {
        const location = locationOf(value);
        if (overwritten.some((later) => contains(later, location))) return false;
        overwritten.push(location);
        return true;
      }
      case "barrier":
        overwritten = [];
        return true;
      default:
        return true;
    }
  });
  block.instructions = kept.reverse();
}

/** Removes dead stores of a function. */
export function removeDeadStores(fn: IRFunction): void {
  for (const block of fn.blocks) removeFromBlock(block);
}
