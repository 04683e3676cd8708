/**
 * The derivation tree that the kernel's list of capabilities stands for. seL4 keeps no tree: a capability descends from one
 * before it in the list if everything between does, and the two are related by this rule (manual, 3.1.4: the capability
 * derivation tree).
 */
import { CAP_CNODE, CAP_ENDPOINT, CAP_NOTIFICATION, CAP_UNTYPED, CAP_ZOMBIE, TCB_BITS } from "@rel4/abi";
import type { FoundSlot } from "../../inspection/objects";
import { regionOf } from "../../inspection/objects";

export const DERIVATION_REVOCABLE = 1;
export const DERIVATION_FIRST_BADGED = 2;

export class ListedTree {
  private ancestors: FoundSlot[] = [];

  /** Ancestors of the next capability of the list. */
  depthOf(slot: FoundSlot): number {
    while (this.ancestors.length > 0 && !isParent(this.ancestors.at(-1)!, slot)) this.ancestors.pop();
    this.ancestors.push(slot);
    return this.ancestors.length - 1;
  }
}

function isParent(parent: FoundSlot, child: FoundSlot): boolean {
  if ((parent.derivation & DERIVATION_REVOCABLE) === 0 || !contains(parent, child)) return false;
  if (parent.type !== CAP_ENDPOINT && parent.type !== CAP_NOTIFICATION) return true;
  if (parent.data === 0n) return true;
  return parent.data === child.data && (child.derivation & DERIVATION_FIRST_BADGED) === 0;
}

/** An untyped contains all memory in it; anything else only itself. A zombie is nobody's ancestor. */
function contains(parent: FoundSlot, child: FoundSlot): boolean {
  const [outer, inner] = [regionOf(parent, TCB_BITS), regionOf(child, TCB_BITS)];
  if (!outer || !inner || parent.type === CAP_ZOMBIE) return false;
  if (parent.type === CAP_UNTYPED) return outer.start <= inner.start && inner.end <= outer.end;
  if (parent.type === CAP_CNODE && parent.sizeBits !== child.sizeBits) return false;
  return parent.type === child.type && outer.start === inner.start;
}
