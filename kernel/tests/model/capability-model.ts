/**
 * An executable model of the capability system: what every operation does to slots, derivation tree and untyped memory,
 * and which error it gives, written down as directly as possible. The kernel is compared with it step by step.
 */
import {
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_NOTIFICATION,
  CAP_THREAD,
  CAP_UNTYPED,
  CAP_ZOMBIE,
  DELETE_FIRST,
  FAILED_LOOKUP,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  NO_ERROR,
  NOT_ENOUGH_MEMORY,
  OBJECT_CNODE,
  OBJECT_UNTYPED,
  RANGE_ERROR,
  REVOKE_FIRST,
} from "@rel4/abi";
import { createObject, objectBits, type ThreadSlots, withData, withRights } from "./capability";
import { type ModelCapability, ModelNode, type ModelObject, type ModelSlot } from "./derivation";

const MIN_UNTYPED_BITS = 4;

export class CapabilityModel {
  /** The untyped memory everything is made of. */
  readonly base: ModelNode;
  private created = 0;

  /** `slots` start empty, except the first, which holds a capability to `bits` of untyped memory at `address`. */
  constructor(
    readonly slots: ModelSlot[],
    address: number,
    bits: number,
    private readonly threadSlots: ThreadSlots,
  ) {
    const capability = createObject(OBJECT_UNTYPED, address, bits, "base", threadSlots);
    this.base = new ModelNode(capability, slots[0]!, true, true);
    slots[0]!.node = this.base;
  }

  /** All slots there are: the first ones, and those of every CNode and thread that exists. */
  allSlots(): ModelSlot[] {
    const objects = new Set<ModelObject>();
    for (const { node } of this.base.depthFirst()) objects.add(node.capability.object);
    return [...this.slots, ...[...objects].flatMap((object) => object.slots)];
  }

  retype(
    untyped: ModelSlot,
    type: number,
    userBits: number,
    destination: ModelSlot[],
    offset: number,
    count: number,
  ): number {
    const bits = objectBits(type, userBits);
    if (type === OBJECT_CNODE && userBits === 0) return INVALID_ARGUMENT;
    if (type === OBJECT_UNTYPED && userBits < MIN_UNTYPED_BITS) return INVALID_ARGUMENT;
    if (offset > destination.length - 1 || count < 1 || count > destination.length - offset)
      return RANGE_ERROR;
    const targets = destination.slice(offset, offset + count);
    if (targets.some((slot) => slot.node)) return DELETE_FIRST;
    const parent = untyped.node!;
    const { capability } = parent;
    const used = parent.children.length === 0 ? 0 : capability.used;
    const size = 2 ** bits;
    if (Math.floor((2 ** capability.object.bits - used) / size) < count) return NOT_ENOUGH_MEMORY;
    const base = capability.object.address;
    const first = Math.ceil((base + used) / size) * size;
    parent.capability = { ...capability, used: first - base + count * size };
    targets.forEach((slot, index) => {
      const made = createObject(
        type,
        first + index * size,
        bits,
        `object ${this.created++}`,
        this.threadSlots,
      );
      slot.node = new ModelNode(made, slot, true, true);
      parent.addNewest(slot.node);
    });
    return NO_ERROR;
  }

  /** Copy, or Mint when `data` is given. */
  copy(source: ModelSlot, destination: ModelSlot, rights: number, data?: bigint): number {
    if (destination.node) return DELETE_FIRST;
    if (!source.node) return FAILED_LOOKUP;
    const masked = withRights(source.node.capability, rights);
    const capability = data === undefined ? masked : withData(masked, data, false);
    if (!capability) return ILLEGAL_OPERATION;
    if (capability.type === CAP_UNTYPED && source.node.children.length > 0) return REVOKE_FIRST;
    this.derive(source.node, capability, destination);
    return NO_ERROR;
  }

  private derive(source: ModelNode, capability: ModelCapability, destination: ModelSlot): void {
    const revocable = isRevocable(capability, source.capability);
    const node = new ModelNode(capability, destination, revocable, revocable);
    destination.node = node;
    if (source.revocable) source.addNewest(node);
    else source.addSibling(node);
    if (capability.type === CAP_UNTYPED) {
      // The copy may use all the memory, so its source must not.
      source.capability = { ...source.capability, used: 2 ** capability.object.bits };
    }
  }

  /** Move, or Mutate when `data` is given. */
  move(source: ModelSlot, destination: ModelSlot, data?: bigint): number {
    if (destination.node) return DELETE_FIRST;
    if (!source.node) return FAILED_LOOKUP;
    const { capability } = source.node;
    const changed = data === undefined ? capability : withData(capability, data, true);
    if (!changed) return ILLEGAL_OPERATION;
    source.node.capability = changed;
    transfer(source, destination);
    return NO_ERROR;
  }

  rotate(
    source: ModelSlot,
    sourceData: bigint,
    pivot: ModelSlot,
    pivotData: bigint,
    destination: ModelSlot,
  ): number {
    if (pivot === source || pivot === destination) return ILLEGAL_OPERATION;
    if (source !== destination && destination.node) return DELETE_FIRST;
    if (!source.node || !pivot.node) return FAILED_LOOKUP;
    const newSource = withData(source.node.capability, sourceData, true);
    const newPivot = withData(pivot.node.capability, pivotData, true);
    if (!newSource || !newPivot) return ILLEGAL_OPERATION;
    source.node.capability = newSource;
    pivot.node.capability = newPivot;
    const moving = source.node;
    source.node = undefined;
    transfer(pivot, destination);
    pivot.node = moving;
    moving.slot = pivot;
    return NO_ERROR;
  }

  delete(slot: ModelSlot): number {
    this.deleteIn(slot, true);
    return NO_ERROR;
  }

  /** Deletes everything derived from the capability in a slot. */
  revoke(slot: ModelSlot): number {
    // The capability may lie in a CNode that was made from it, and then goes too.
    while (slot.node?.children[0]) this.deleteIn(slot.node.children[0].slot, true);
    return NO_ERROR;
  }

  /**
   * Deletes what is in a slot. The last capability to a CNode or thread becomes a zombie, whose object's slots are
   * emptied, last first. A zombie in a slot that is being emptied itself (not exposed) is not finished there: it
   * changes places with what is in the first slot of its own object, and stays there until it is revoked.
   */
  private deleteIn(slot: ModelSlot, exposed: boolean): void {
    while (slot.node) {
      const { node } = slot;
      this.finalise(node);
      const { left, object, type } = node.capability;
      const holdsItself = type === CAP_ZOMBIE && object.slots[0] === slot;
      if (type !== CAP_ZOMBIE || left === 0 || (left === 1 && holdsItself)) {
        node.remove();
        slot.node = undefined;
      } else if (exposed) {
        this.deleteIn(object.slots[left - 1]!, false);
        const stays = slot.node?.capability;
        if (stays?.type === CAP_ZOMBIE && stays.object === object && stays.left === left) {
          slot.node!.capability = { ...stays, left: left - 1 };
        }
      } else if (holdsItself) {
        return;
      } else {
        exchange(slot, object.slots[0]!);
      }
    }
  }

  /** The last capability to an object with slots becomes a zombie. */
  private finalise(node: ModelNode): void {
    const { capability } = node;
    if ((capability.type === CAP_CNODE || capability.type === CAP_THREAD) && this.isLast(node)) {
      node.capability = {
        ...capability,
        type: CAP_ZOMBIE,
        left: capability.object.slots.length,
        guardSize: 0,
        guard: 0n,
      };
    }
  }

  private isLast(node: ModelNode): boolean {
    for (const { node: other } of this.base.depthFirst()) {
      if (other !== node && other.capability.object === node.capability.object) return false;
    }
    return true;
  }
}

function isRevocable(capability: ModelCapability, source: ModelCapability): boolean {
  if (capability.type === CAP_UNTYPED) return true;
  const badged = capability.type === CAP_ENDPOINT || capability.type === CAP_NOTIFICATION;
  return badged && capability.badge !== source.badge;
}

function exchange(first: ModelSlot, second: ModelSlot): void {
  const { node } = first;
  first.node = second.node;
  second.node = node;
  if (first.node) first.node.slot = first;
  if (second.node) second.node.slot = second;
}

function transfer(source: ModelSlot, destination: ModelSlot): void {
  const { node } = source;
  source.node = undefined;
  destination.node = node;
  if (node) node.slot = destination;
}
