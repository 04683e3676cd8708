/**
 * What must hold in the kernel whenever no hart holds its lock (docs/kernel.md, "Invariants").
 *
 * The checks of capabilities and address spaces read everything there is. They are made again only when memory they depend on
 * has changed; what changes with almost every kernel entry (queues, states, harts) is checked every time.
 */
import { CAP_NULL, CAP_REPLY, SLOT_BITS } from "@rel4/abi";
import { ASID_POOLS, checkAddressSpaces, checkHartsSpaces } from "./address-spaces";
import { checkCapabilities, checkCount, checkNeighbours } from "./capabilities";
import { checkFloatingPoint } from "./floating-point";
import { checkHandlers } from "./handlers";
import { ObjectMap, readSlot } from "./objects";
import { broken, hex } from "./require";
import { checkScheduling } from "./scheduling";
import { Snapshot } from "./snapshot";
import { checkTimers } from "./timers";
import { checkUserInterrupts } from "./user-interrupts";
import { type KernelView, listedThreads } from "./view";
import { checkWaiting } from "./waiting";

const SLOT_BYTES = 1 << SLOT_BITS;
const PAGE = 4096;
/** Slots that an IPC changes: the caller's master reply capability and the one its server gets, and those of an answer. */
const MOST_REPLY_SLOTS = 8;

/** Checks one kernel, again and again. */
export class Invariants {
  private objects: ObjectMap | undefined;
  private threads: number[] = [];
  private slots: Snapshot;
  private tables: Snapshot;

  constructor(private readonly view: KernelView) {
    this.slots = new Snapshot(view.memory);
    this.tables = new Snapshot(view.memory);
  }

  /** @throws InvariantError that says which invariant does not hold, and where */
  check(): void {
    try {
      this.checkAll();
    } catch (error) {
      if (error instanceof RangeError) broken(`the kernel's pointers lead to its memory: ${error.message}`);
      throw error;
    }
  }

  private checkAll(): void {
    const { view } = this;
    const objects = this.objectsNow();
    checkScheduling(view, objects);
    checkWaiting(view, objects);
    checkHartsSpaces(view);
    checkUserInterrupts(view, objects);
    checkFloatingPoint(view, objects);
    checkHandlers(view, objects);
    checkCount(view, objects);
    checkTimers(view, objects);
  }

  /** What there is, checked as far as it has changed. */
  private objectsNow(): ObjectMap {
    if (this.objects && this.onlyRepliesChanged(this.objects)) return this.objects;
    this.objects = undefined;
    const { view } = this;
    const objects = new ObjectMap(view);
    checkCapabilities(view, objects);
    this.slots = new Snapshot(view.memory);
    for (const [address, bytes] of objects.nodes) this.slots.add(address, bytes);
    for (const address of objects.lone) this.slots.add(address, SLOT_BYTES);
    this.tables = new Snapshot(view.memory);
    this.tables.add(view.layout.at.asidPools, ASID_POOLS * 4);
    checkAddressSpaces(view, objects, (page) => this.tables.add(page, PAGE));
    this.threads = listedThreads(view);
    this.objects = objects;
    return objects;
  }

  /** Is everything as it was, but for reply capabilities, which name no memory? Brings those up to date. */
  private onlyRepliesChanged(objects: ObjectMap): boolean {
    const { view } = this;
    const threads = listedThreads(view);
    if (threads.length !== this.threads.length || threads.some((each, index) => each !== this.threads[index]))
      return false;
    if (this.tables.hasChanged()) return false;
    const changed = this.slots.takeChanges(SLOT_BYTES, MOST_REPLY_SLOTS);
    if (!changed) return false;
    const slots = changed.map((address) => readSlot(view, address));
    const isReply = (type: number | undefined) => type === CAP_REPLY || type === CAP_NULL;
    if (
      !slots.every(
        ({ address, type }) => isReply(type) && isReply(objects.slots.get(address)?.type ?? CAP_NULL),
      )
    )
      return false;
    for (const slot of slots) {
      if (slot.type === CAP_REPLY) objects.putReply(slot);
      else if (view.memory.isZero(slot.address, slot.address + SLOT_BYTES)) objects.removeReply(slot.address);
      else broken(`empty slots are all zero, but ${hex(slot.address)} is not`);
    }
    for (const slot of slots) if (slot.type === CAP_REPLY) checkNeighbours(objects, slot);
    return true;
  }
}

/**
 * Checks a kernel once.
 * @throws InvariantError that says which invariant does not hold, and where
 */
export function checkInvariants(view: KernelView): void {
  new Invariants(view).check();
}
