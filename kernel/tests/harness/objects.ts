/** Finding everything in a kernel's memory by following its capabilities: slots, threads, endpoints, notifications. */
import {
  CAP_ASID_POOL,
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_FRAME,
  CAP_NOTIFICATION,
  CAP_NULL,
  CAP_PAGE_TABLE,
  CAP_THREAD,
  CAP_UNTYPED,
  CAP_ZOMBIE,
  ENDPOINT_BITS,
  NOTIFICATION_BITS,
  PAGE_BITS,
  SLOT_BITS,
  TCB_BITS,
} from "@rel4/abi";
import type { Kernel } from "./kernel";

const TCB_SLOTS = 6;
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
}

/** Memory that a capability names. */
export interface Region {
  start: bigint;
  end: bigint;
}

/** What capability slots and objects there are at one moment. */
export class ObjectMap {
  /** Slots with a capability, by address. */
  readonly slots = new Map<number, FoundSlot>();
  readonly threads = new Set<number>();
  readonly endpoints = new Set<number>();
  readonly notifications = new Set<number>();
  /** Empty slots that are not all zero, or still in the derivation list: a defect. */
  readonly emptyWithRemains: number[] = [];
  private readonly nodes = new Set<number>();

  constructor(private readonly kernel: Kernel) {
    for (let hart = 0; hart < kernel.hardware.harts.length; hart++) {
      if (!kernel.isIdle(hart)) this.addThread(kernel.currentThread(hart));
    }
  }

  /** Follows everything that can be reached from the CNode (2^radix slots) at `address`. */
  explore(address: number, radix: number): this {
    this.addNode(address, 1 << radix);
    return this;
  }

  read(address: number): FoundSlot {
    const { memory, layout } = this.kernel;
    const word = (name: string) => memory.read32(address + layout.field(`Slot_${name}`));
    const byte = (name: string) => memory.read8(address + layout.field(`Slot_${name}`));
    return {
      address,
      type: byte("type"),
      object: word("object"),
      rights: byte("rights"),
      sizeBits: byte("sizeBits"),
      extra: byte("extra"),
      data: memory.read64(address + layout.field("Slot_data")),
      previous: word("previous"),
      next: word("next"),
      derivation: word("derivation"),
    };
  }

  private addNode(address: number, slots: number): void {
    if (this.nodes.has(address)) return;
    this.nodes.add(address);
    const { memory, layout } = this.kernel;
    const typeAt = layout.field("Slot_type");
    const end = address + (slots << SLOT_BITS);
    // Most slots are empty, and this runs after every kernel entry.
    for (let block = address; block < end; block += BLOCK) {
      const blockEnd = Math.min(block + BLOCK, end);
      if (memory.isZero(block, blockEnd)) continue;
      for (let slot = block; slot < blockEnd; slot += 1 << SLOT_BITS) {
        if (memory.read8(slot + typeAt) !== CAP_NULL) this.addSlot(slot);
        else if (!memory.isZero(slot, slot + (1 << SLOT_BITS))) this.emptyWithRemains.push(slot);
      }
    }
  }

  private addSlot(address: number): void {
    if (this.slots.has(address)) return;
    const slot = this.read(address);
    this.slots.set(address, slot);
    if (slot.type === CAP_CNODE) this.addNode(slot.object, 1 << slot.sizeBits);
    else if (slot.type === CAP_THREAD) this.addThread(slot.object);
    else if (slot.type === CAP_ZOMBIE) this.addNode(slot.object, Number(slot.data));
    else if (slot.type === CAP_ENDPOINT) this.endpoints.add(slot.object);
    else if (slot.type === CAP_NOTIFICATION) this.notifications.add(slot.object);
    if (slot.next !== 0) this.addSlot(slot.next);
    if (slot.previous !== 0) this.addSlot(slot.previous);
  }

  private addThread(address: number): void {
    if (this.threads.has(address)) return;
    this.threads.add(address);
    this.addNode(address + this.kernel.layout.field("Tcb_slots"), TCB_SLOTS);
  }
}

/** The memory a capability names, if it names any. */
export function regionOf(slot: FoundSlot): Region | undefined {
  const bits = sizeBits(slot);
  if (bits === undefined) return undefined;
  const start = startOf(slot);
  return { start, end: start + 2n ** BigInt(bits) };
}

function startOf(slot: FoundSlot): bigint {
  if (slot.type === CAP_FRAME || slot.type === CAP_PAGE_TABLE) return (slot.data & PPN_MASK) << 12n;
  if (slot.type === CAP_UNTYPED) return BigInt(slot.object) + (BigInt(slot.extra) << 32n);
  if (slot.type === CAP_ZOMBIE && slot.rights === ZOMBIE_THREAD)
    return BigInt(slot.object - (slot.object % 2 ** TCB_BITS));
  return BigInt(slot.object);
}

function sizeBits(slot: FoundSlot): number | undefined {
  switch (slot.type) {
    case CAP_UNTYPED:
    case CAP_FRAME:
      return slot.sizeBits;
    case CAP_ENDPOINT:
      return ENDPOINT_BITS;
    case CAP_NOTIFICATION:
      return NOTIFICATION_BITS;
    case CAP_THREAD:
      return TCB_BITS;
    case CAP_CNODE:
      return slot.sizeBits + SLOT_BITS;
    case CAP_ZOMBIE:
      return slot.rights === ZOMBIE_THREAD ? TCB_BITS : slot.sizeBits + SLOT_BITS;
    case CAP_PAGE_TABLE:
    case CAP_ASID_POOL:
      return PAGE_BITS;
    default:
      return undefined;
  }
}
