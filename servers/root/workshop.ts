/**
 * Workshops: where kernel objects are made. A workshop has memory, and slots for the capabilities to what it makes.
 *
 * The root server's own takes the memory of the whole machine. A program that can be started again has one with memory of
 * its own, in which everything lies that belongs to it alone, even the slots: revoking that memory takes everything back.
 * It then makes the same again, without using any memory of the root server's heap, which nobody would collect.
 */
import { ROOT_SLOT_CNODE } from "../../abi/src/bootinfo";
import { RETYPE_FAN_OUT_LIMIT } from "../../abi/src/config";
import { OBJECT_CNODE, OBJECT_PAGE, WORD_BITS } from "../../abi/src/objects";
import { CNode } from "../../runtime/src/invocations/cnode";
import { SlotAllocator } from "../../runtime/src/slots";
import { BootInfo } from "./boot-info";
import { CapabilitySpace, DIRECTORY_BITS, DIRECTORY_ENTRIES } from "./capability-space";
import { fail, mustSucceed } from "./failure";
import { Memory, makeFrom } from "./memory";

/** Slots of a CNode that is added when slots run out: 2^n, unless more are needed at once. */
const ROOT_EXTENSION_BITS: u32 = 12;
const PROGRAM_EXTENSION_BITS: u32 = 9;

/** A CNode for a workshop's slots. */
class SlotSpace {
  /** Pointer to its first slot. */
  base: u32 = 0;
  readonly slots: SlotAllocator = new SlotAllocator(0, 0);

  /** @param node capability to it, or the slot where there will be one; @param entry its place in the directory */
  constructor(
    readonly node: CNode,
    readonly entry: u32,
  ) {}
}

export class Workshop {
  /** The root server's own. */
  static root: Workshop = new Workshop(0);

  /** Slots of the kernel's CNode kept for the CNodes that are added when all others are full. */
  private static nodes: SlotAllocator = new SlotAllocator(0, 0);

  private readonly memory: Memory = new Memory();
  private readonly spaces: SlotSpace[] = [];
  /** How many of `spaces` are in use; from the last one slots are taken. */
  private spacesUsed: u32 = 0;
  /** First slot of the objects made last by `makeSome`. */
  firstMade: u32 = 0;

  /** @param untyped capability to all its memory, 0 for the root server's */
  constructor(private readonly untyped: u32) {}

  /** Prepares the root server's own; must be called once BootInfo is known. */
  static begin(): void {
    const root = Workshop.root;
    const space = new SlotSpace(changetype<CNode>(ROOT_SLOT_CNODE), 0);
    Workshop.nodes = new SlotAllocator(BootInfo.emptyStart, BootInfo.emptyStart + DIRECTORY_ENTRIES);
    space.slots.reset(BootInfo.emptyStart + DIRECTORY_ENTRIES, BootInfo.emptyEnd);
    root.spaces.push(space);
    root.spacesUsed = 1;
    const directory = changetype<CNode>(root.make(OBJECT_CNODE, DIRECTORY_BITS));
    CapabilitySpace.begin(directory, root.allocateSlots(1));
  }

  /** Pointer to the first of `count` consecutive free slots. */
  allocateSlots(count: u32): u32 {
    if (this.spacesUsed != 0) {
      const space = this.spaces[this.spacesUsed - 1];
      const slot = space.slots.allocate(count);
      if (slot != 0) return space.base + slot;
    }
    this.extend(count);
    const space = this.spaces[this.spacesUsed - 1];
    return space.base + space.slots.allocate(count);
  }

  /** Adds a CNode with room for `count` slots at least. */
  private extend(count: u32): void {
    let bits = this.untyped == 0 ? ROOT_EXTENSION_BITS : PROGRAM_EXTENSION_BITS;
    // slot 0 stays empty: 0 means none
    while ((<u32>1) << bits <= count) bits++;
    if (this.spacesUsed == <u32>this.spaces.length) {
      const entry = CapabilitySpace.newEntry();
      this.spaces.push(new SlotSpace(changetype<CNode>(Workshop.nodes.allocate(1)), entry));
    }
    const space = this.spaces[this.spacesUsed];
    const kernels = changetype<CNode>(ROOT_SLOT_CNODE);
    if (!this.makeIn(OBJECT_CNODE, bits, kernels, space.node.slot, 1)) failForMemory();
    space.base = CapabilitySpace.add(space.node, bits, space.entry);
    space.slots.reset(1, (<u32>1) << bits);
    this.spacesUsed += 1;
  }

  private makeIn(type: u32, sizeBits: u32, node: CNode, first: u32, count: u32): bool {
    if (this.untyped == 0) return this.memory.make(type, sizeBits, node, first, count);
    return makeFrom(this.untyped, type, sizeBits, node, first, count);
  }

  /** Makes objects in slots allocated last. */
  private tryMake(type: u32, sizeBits: u32, count: u32, slot: u32): bool {
    const space = this.spaces[this.spacesUsed - 1];
    return this.makeIn(type, sizeBits, space.node, slot - space.base, count);
  }

  /** Makes one object and returns its slot; ends the system when memory is short. */
  make(type: u32, sizeBits: u32): u32 {
    const slot = this.allocateSlots(1);
    if (!this.tryMake(type, sizeBits, 1, slot)) failForMemory();
    return slot;
  }

  /** Makes up to `count` objects in consecutive slots from `firstMade` on; returns how many, 0 when memory is short. */
  makeSome(type: u32, count: u32): u32 {
    for (let batch = min(count, <u32>RETYPE_FAN_OUT_LIMIT); batch > 0; batch >>= 1) {
      this.firstMade = this.allocateSlots(batch);
      if (this.tryMake(type, 0, batch, this.firstMade)) return batch;
      this.spaces[this.spacesUsed - 1].slots.giveBack(batch);
    }
    return 0;
  }

  /** Makes zero-filled pages in consecutive slots; returns the first. Ends the system when memory is short. */
  makePages(count: u32): u32 {
    const first = this.allocateSlots(count);
    for (let made: u32 = 0; made < count; ) {
      const batch = min(count - made, <u32>RETYPE_FAN_OUT_LIMIT);
      if (!this.tryMake(OBJECT_PAGE, 0, batch, first + made)) failForMemory();
      made += batch;
    }
    return first;
  }

  /** Copies a capability of the root server's into a free slot of its own. */
  copy(source: u32, slot: u32, rights: u64): void {
    const root = CapabilitySpace.root;
    mustSucceed("copying a capability", root.copy(slot, WORD_BITS, root, source, rights));
  }

  /** A copy, with a badge, of a capability of the root server's. */
  mint(source: u32, rights: u64, badge: u64): u32 {
    const slot = this.allocateSlots(1);
    const root = CapabilitySpace.root;
    mustSucceed("copying a capability", root.mint(slot, WORD_BITS, root, source, rights, badge));
    return slot;
  }

  /** Deletes a capability of the root server's and all made from it. */
  delete(slot: u32): void {
    mustSucceed("taking back capabilities", CapabilitySpace.root.revoke(slot, WORD_BITS));
    mustSucceed("deleting a capability", CapabilitySpace.root.delete(slot, WORD_BITS));
  }

  /** Takes back everything made here. Only for a workshop with memory of its own. */
  clear(): void {
    mustSucceed("taking back memory", CapabilitySpace.root.revoke(this.untyped, WORD_BITS));
    this.spacesUsed = 0;
  }
}

/** Ends the system: no memory for what was asked. */
export function failForMemory(): void {
  fail("there is too little memory: give the machine more (machine.memory), or the programs less (memory)");
}
