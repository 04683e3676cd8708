// Capabilities and the slots that hold them.
//
// A capability is two 64-bit words. The first holds the object's address and small fields, each with a byte of its own,
// so that reading a field is one load; the second is the type's own data: a badge, a guard, an allocation watermark.
// A slot (seL4's CTE) is a capability and its place in the derivation tree: 32 bytes.
//
// | type        | object               | rights          | sizeBits      | extra            | data                        |
// |-------------|----------------------|-----------------|---------------|------------------|-----------------------------|
// | untyped     | address bits 31:0    | 1 = device      | size          | address 39:32    | bytes used (watermark)      |
// | endpoint    | Endpoint             | RIGHT_*         |               |                  | badge                       |
// | notification| Notification         | RIGHT_*         |               |                  | badge                       |
// | reply       | Tcb of the caller    | RIGHT_GRANT     |               | 1 = master       |                             |
// | CNode       | first slot           | guard size      | radix         |                  | guard                       |
// | thread      | Tcb                  |                 |               |                  |                             |
// | IRQ handler | interrupt number     |                 |               |                  |                             |
// | zombie      | first slot           | 1 = thread      | radix         |                  | slots left                  |
// Frame, page table and ASID capabilities use every field but the type as kernel/src/riscv says.

import { CAP_NULL } from "../../abi/src/capability-tags";
import { SLOT_BITS } from "../../abi/src/objects";
import { RIGHT_WRITE } from "../../abi/src/rights";

/** Bytes of a slot. */
export const SLOT_SIZE: u32 = 1 << SLOT_BITS;

/** Slot.derivation: a capability derived from this one is its child. */
export const DERIVATION_REVOCABLE: u32 = 1;
/** Slot.derivation: the first of the capabilities that share its badge. */
export const DERIVATION_FIRST_BADGED: u32 = 2;

/** `extra` of the reply capability a thread keeps for itself. */
export const REPLY_MASTER: u8 = 1;
/** `rights` of an untyped capability to device memory. */
export const UNTYPED_DEVICE: u8 = 1;
/** `rights` of a zombie that was a thread. */
export const ZOMBIE_THREAD: u8 = 1;

@unmanaged
export class Capability {
  object: u32;
  type: u8;
  rights: u8;
  sizeBits: u8;
  extra: u8;
  data: u64;

  /** The capability at a kernel address. */
  @inline static at(address: u32): Capability {
    return changetype<Capability>(address);
  }

  @inline get address(): u32 {
    return changetype<u32>(this);
  }

  @inline isNull(): bool {
    return this.type == CAP_NULL;
  }

  /** The first word: object, type and the small fields. */
  @inline get word0(): u64 {
    return load<u64>(changetype<u32>(this));
  }

  @inline setWord0(value: u64): void {
    store<u64>(changetype<u32>(this), value);
  }

  /** The second half of the first word: type, then rights in the next byte; sizeBits and extra above. */
  @inline setFields(fields: u32): void {
    store<u32>(changetype<u32>(this), fields, 4);
  }

  @inline clear(): void {
    this.setWord0(0);
    this.data = 0;
  }

  @inline copyFrom(other: Capability): void {
    this.setWord0(other.word0);
    this.data = other.data;
  }

  /** Makes this a capability of `type` to the object at `object`, with no rights and no data. */
  @inline become(type: u32, object: u32): void {
    this.setWord0(<u64>object | ((<u64>type) << 32));
    this.data = 0;
  }

  /** Is it of `type`, with `right`? Both constant: one load and one comparison. */
  @inline is(type: u32, right: u32): bool {
    return (<u32>load<u16>(changetype<u32>(this), 4) & (0xff | (right << 8))) == (type | (right << 8));
  }

  // Untyped

  /** Physical address of an untyped capability's memory. */
  @inline get untypedAddress(): u64 {
    return <u64>this.object | ((<u64>this.extra) << 32);
  }

  @inline setUntyped(type: u32, address: u64, sizeBits: u32, device: bool, used: u64): void {
    this.setWord0(
      (address & 0xffff_ffff) | ((<u64>type) << 32) | ((<u64>device) << 40) | ((<u64>sizeBits) << 48),
    );
    this.extra = <u8>(address >> 32);
    this.data = used;
  }

  // CNode and zombie

  @inline get radix(): u32 {
    return <u32>this.sizeBits;
  }

  @inline get guardSize(): u32 {
    return <u32>this.rights;
  }

  // Endpoint and notification

  @inline canSend(): bool {
    return (this.rights & <u8>RIGHT_WRITE) != 0;
  }

  @inline allows(right: u32): bool {
    return (<u32>this.rights & right) != 0;
  }
}

@unmanaged
export class Slot extends Capability {
  /** The slot before this one in the derivation list, or 0. */
  previous: u32;
  /** The slot after it, or 0. */
  next: u32;
  /** DERIVATION_* bits. */
  derivation: u32;
  reserved: u32;

  @inline static at(address: u32): Slot {
    return changetype<Slot>(address);
  }

  /** Slot `index` of an array of slots that starts at `base`. */
  @inline static of(base: u32, index: u32): Slot {
    return changetype<Slot>(base + (index << SLOT_BITS));
  }

  @inline clearDerivation(): void {
    this.previous = 0;
    this.next = 0;
    this.derivation = 0;
  }
}
