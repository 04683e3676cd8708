/** What the model knows about each type of object and capability. */
import {
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_FRAME,
  CAP_NOTIFICATION,
  CAP_THREAD,
  CAP_UNTYPED,
  ENDPOINT_BITS,
  NOTIFICATION_BITS,
  OBJECT_CNODE,
  OBJECT_ENDPOINT,
  OBJECT_NOTIFICATION,
  OBJECT_PAGE,
  OBJECT_TCB,
  OBJECT_UNTYPED,
  PAGE_BITS,
  RIGHT_READ,
  RIGHT_WRITE,
  SLOT_BITS,
  TCB_BITS,
  WORD_BITS,
} from "@rel4/abi";
import { type ModelCapability, ModelSlot } from "./derivation";

/** Rights of a frame capability (seL4's vm_rights). */
const FRAME_KERNEL_ONLY = 1;
const FRAME_READ_ONLY = 2;
const FRAME_READ_WRITE = 3;

/** Where the slots of a thread are in its object, in bytes, and how many. */
export interface ThreadSlots {
  offset: number;
  count: number;
}

const TYPES: Record<number, { capability: number; bits: (userBits: number) => number }> = {
  [OBJECT_UNTYPED]: { capability: CAP_UNTYPED, bits: (userBits) => userBits },
  [OBJECT_TCB]: { capability: CAP_THREAD, bits: () => TCB_BITS },
  [OBJECT_ENDPOINT]: { capability: CAP_ENDPOINT, bits: () => ENDPOINT_BITS },
  [OBJECT_NOTIFICATION]: { capability: CAP_NOTIFICATION, bits: () => NOTIFICATION_BITS },
  [OBJECT_CNODE]: { capability: CAP_CNODE, bits: (userBits) => userBits + SLOT_BITS },
  [OBJECT_PAGE]: { capability: CAP_FRAME, bits: () => PAGE_BITS },
};

/** Object types the model knows. */
export const MODEL_TYPES = Object.keys(TYPES).map(Number);

/** Size of an object: 2^n bytes. */
export function objectBits(type: number, userBits: number): number {
  return TYPES[type]!.bits(userBits);
}

/** A new object at `address` and the first capability to it. */
export function createObject(
  type: number,
  address: number,
  bits: number,
  name: string,
  threadSlots: ThreadSlots,
): ModelCapability {
  const count = type === OBJECT_CNODE ? 2 ** (bits - SLOT_BITS) : type === OBJECT_TCB ? threadSlots.count : 0;
  const first = address + (type === OBJECT_TCB ? threadSlots.offset : 0);
  const slots = Array.from(
    { length: count },
    (_, index) => new ModelSlot(first + (index << SLOT_BITS), `${name}[${index}]`),
  );
  const capability = TYPES[type]!.capability;
  const rights =
    { [CAP_ENDPOINT]: 15, [CAP_NOTIFICATION]: RIGHT_READ | RIGHT_WRITE, [CAP_FRAME]: FRAME_READ_WRITE }[
      capability
    ] ?? 0;
  const object = { type, address, bits, slots };
  return { type: capability, object, rights, badge: 0n, guardSize: 0, guard: 0n, used: 0, left: 0 };
}

/** The capability with fewer rights. */
export function withRights(capability: ModelCapability, rights: number): ModelCapability {
  if (capability.type === CAP_ENDPOINT || capability.type === CAP_NOTIFICATION) {
    return { ...capability, rights: capability.rights & rights };
  }
  if (capability.type !== CAP_FRAME) return capability;
  if (capability.rights === FRAME_KERNEL_ONLY || (rights & RIGHT_READ) === 0) {
    return { ...capability, rights: FRAME_KERNEL_ONLY };
  }
  const writable = capability.rights === FRAME_READ_WRITE && (rights & RIGHT_WRITE) !== 0;
  return { ...capability, rights: writable ? FRAME_READ_WRITE : FRAME_READ_ONLY };
}

/** The capability with a badge or guard; undefined: it cannot have that. */
export function withData(
  capability: ModelCapability,
  data: bigint,
  moving: boolean,
): ModelCapability | undefined {
  if (capability.type === CAP_ENDPOINT || capability.type === CAP_NOTIFICATION) {
    return moving || capability.badge !== 0n ? undefined : { ...capability, badge: data };
  }
  if (capability.type !== CAP_CNODE) return capability;
  const guardSize = Number(data & 63n);
  if (guardSize + radixOf(capability) > WORD_BITS) return undefined;
  return { ...capability, guardSize, guard: (data >> 6n) & (2n ** BigInt(guardSize) - 1n) };
}

export function radixOf(capability: ModelCapability): number {
  return capability.object.bits - SLOT_BITS;
}
