/** Finding everything in a kernel's memory by following its capabilities: slots, threads, endpoints, notifications. */
import {
  CAP_ASID_POOL,
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_FRAME,
  CAP_NOTIFICATION,
  CAP_NULL,
  CAP_PAGE_TABLE,
  CAP_REPLY,
  CAP_THREAD,
  CAP_UNTYPED,
  CAP_ZOMBIE,
  ENDPOINT_BITS,
  NOTIFICATION_BITS,
  PAGE_BITS,
  SLOT_BITS,
} from "@rel4/abi";
import { currentThread, type KernelView, listedThreads } from "./view";

const SLOT_BYTES = 1 << SLOT_BITS;
/** Bytes of slots that are skipped together when they are all empty. */
const BLOCK = 64 << SLOT_BITS;
const ZOMBIE_THREAD = 1;
const PPN_MASK = 2n ** 44n - 1n;

/** A slot that holds a capability. */
export interface FoundSlot {
  address: number;
  type: number;
  object: number;
  rights: number;
  sizeBits: number;
  extra: number;
  data: bigint;
  previous: number;
  next: number;
  derivation: number;
  /** In an ObjectMap: the memory that the capability names, if it names any. */
  region?: Region;
}

/** Memory that a capability names: physical addresses in bytes, below 2^53. */
export interface Region {
  start: number;
  end: number;
}

/** Reads a slot as it lies in memory. */
export function readSlot(
  { memory, layout }: Pick<KernelView, "memory" | "layout">,
  address: number,
): FoundSlot {
  const { at } = layout;
  return {
    address,
    type: memory.read8(address + at.Slot_type),
    object: memory.read32(address + at.Slot_object),
    rights: memory.read8(address + at.Slot_rights),
    sizeBits: memory.read8(address + at.Slot_sizeBits),
    extra: memory.read8(address + at.Slot_extra),
    data: memory.read64(address + at.Slot_data),
    previous: memory.read32(address + at.Slot_previous),
    next: memory.read32(address + at.Slot_next),
    derivation: memory.read32(address + at.Slot_derivation),
  };
}

/** What capability slots and objects there are at one moment. */
export class ObjectMap {
  /** Slots with a capability, by address. */
  readonly slots = new Map<number, FoundSlot>();
  /** Those of them that hold a reply capability. */
  readonly replies = new Map<number, FoundSlot>();
  /** How many hold a zombie. */
  zombies = 0;
  readonly threads = new Set<number>();
  readonly endpoints = new Set<number>();
  readonly notifications = new Set<number>();
  /** Empty slots that are not all zero, or still in the derivation list: a defect. */
  readonly emptyWithRemains: number[] = [];
  /** Arrays of slots: address, and bytes. */
  readonly nodes = new Map<number, number>();
  /** Slots in none of them, which only the derivation list leads to: those of interrupts. */
  readonly lone = new Set<number>();
  private readonly pending: FoundSlot[] = [];

  /** Follows everything that can be reached from a thread, or from the root task's CNode. */
  constructor(private readonly view: KernelView) {
    const { memory, layout, harts } = view;
    this.addNode(view.variable("rootCNode"), SLOT_BYTES << layout.at.Config_rootCNodeBits);
    for (const thread of listedThreads(view)) this.addThread(thread);
    harts.forEach((_, index) => {
      const current = currentThread(view, index);
      if (current !== memory.read32(layout.hart(index) + layout.at.Hart_idle)) this.addThread(current);
    });
    for (let slot = this.pending.pop(); slot; slot = this.pending.pop()) this.follow(slot);
  }

  /** Slots of a type. */
  *ofType(type: number): Generator<FoundSlot> {
    for (const slot of this.slots.values()) if (slot.type === type) yield slot;
  }

  private addNode(address: number, bytes: number): void {
    if ((this.nodes.get(address) ?? 0) >= bytes) return;
    this.nodes.set(address, bytes);
    const { memory, layout } = this.view;
    const typeAt = layout.at.Slot_type;
    const end = address + bytes;
    for (let block = address; block < end; block += BLOCK) {
      const blockEnd = Math.min(block + BLOCK, end);
      // Most slots are empty.
      if (memory.isZero(block, blockEnd)) continue;
      for (let slot = block; slot < blockEnd; slot += SLOT_BYTES) {
        if (memory.read8(slot + typeAt) !== CAP_NULL) {
          this.lone.delete(slot);
          this.addSlot(slot);
        } else if (!memory.isZero(slot, slot + SLOT_BYTES)) this.emptyWithRemains.push(slot);
      }
    }
  }

  private addSlot(address: number): void {
    if (this.slots.has(address)) return;
    const slot = readSlot(this.view, address);
    slot.region = regionOf(slot, this.view.layout.at.Config_tcbBits);
    this.slots.set(address, slot);
    this.pending.push(slot);
    if (slot.type === CAP_REPLY) this.replies.set(address, slot);
    else if (slot.type === CAP_ZOMBIE) this.zombies++;
  }

  /** A reply capability is in a slot now that was empty or had one. */
  putReply(slot: FoundSlot): void {
    this.slots.set(slot.address, slot);
    this.replies.set(slot.address, slot);
  }

  /** A slot that had a reply capability, or none, is empty now. */
  removeReply(address: number): void {
    this.slots.delete(address);
    this.replies.delete(address);
  }

  private follow({ type, object, sizeBits, data, next, previous }: FoundSlot): void {
    if (type === CAP_CNODE) this.addNode(object, SLOT_BYTES << sizeBits);
    else if (type === CAP_THREAD) this.addThread(object);
    else if (type === CAP_ZOMBIE) this.addNode(object, SLOT_BYTES * Number(data));
    else if (type === CAP_ENDPOINT) this.endpoints.add(object);
    else if (type === CAP_NOTIFICATION) this.notifications.add(object);
    for (const neighbour of [next, previous]) {
      if (neighbour === 0 || this.slots.has(neighbour)) continue;
      this.lone.add(neighbour);
      this.addSlot(neighbour);
    }
  }

  private addThread(address: number): void {
    if (this.threads.has(address)) return;
    this.threads.add(address);
    const { at } = this.view.layout;
    this.addNode(address + at.Tcb_slots, SLOT_BYTES * at.Tcb_slotCount);
  }
}

/**
 * The memory a capability names, if it names any.
 * @param tcbBits a TCB has 2^tcbBits bytes in this build of the kernel
 */
export function regionOf(slot: Omit<FoundSlot, "address">, tcbBits: number): Region | undefined {
  const bits = sizeBits(slot, tcbBits);
  if (bits === undefined) return undefined;
  const start = startOf(slot, tcbBits);
  return { start, end: start + 2 ** bits };
}

function startOf(slot: Omit<FoundSlot, "address">, tcbBits: number): number {
  if (slot.type === CAP_FRAME || slot.type === CAP_PAGE_TABLE) return Number(slot.data & PPN_MASK) * 4096;
  if (slot.type === CAP_UNTYPED) return slot.object + slot.extra * 2 ** 32;
  if (slot.type === CAP_ZOMBIE && slot.rights === ZOMBIE_THREAD)
    return slot.object - (slot.object % 2 ** tcbBits);
  return slot.object;
}

function sizeBits(slot: Omit<FoundSlot, "address">, tcbBits: number): number | undefined {
  switch (slot.type) {
    case CAP_UNTYPED:
    case CAP_FRAME:
      return slot.sizeBits;
    case CAP_ENDPOINT:
      return ENDPOINT_BITS;
    case CAP_NOTIFICATION:
      return NOTIFICATION_BITS;
    case CAP_THREAD:
      return tcbBits;
    case CAP_CNODE:
      return slot.sizeBits + SLOT_BITS;
    case CAP_ZOMBIE:
      return slot.rights === ZOMBIE_THREAD ? tcbBits : slot.sizeBits + SLOT_BITS;
    case CAP_PAGE_TABLE:
    case CAP_ASID_POOL:
      return PAGE_BITS;
    default:
      return undefined;
  }
}
