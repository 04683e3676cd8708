/** Makes random operations on the kernel and on the model and compares them after each. */
import {
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_FRAME,
  CAP_NOTIFICATION,
  CAP_NULL,
  CAP_UNTYPED,
  CAP_ZOMBIE,
  CNODE_COPY,
  CNODE_DELETE,
  CNODE_MINT,
  CNODE_MOVE,
  CNODE_MUTATE,
  CNODE_REVOKE,
  CNODE_ROTATE,
  OBJECT_CNODE,
  OBJECT_UNTYPED,
  ROOT_SLOT_CNODE,
  UNTYPED_RETYPE,
  WORD_BITS,
} from "@rel4/abi";
import { AsyncCalls } from "../harness/async-calls";
import { regionOf } from "../harness/objects";
import { World } from "../harness/world";
import { MODEL_TYPES, radixOf } from "./capability";
import { CapabilityModel } from "./capability-model";
import { type ModelNode, ModelSlot } from "./derivation";
import { Random } from "./random";

const WINDOW = 20;
const BASE_BITS = 15;
const THREAD_SLOTS = 6;
const DERIVATION_REVOCABLE = 1;
const DERIVATION_FIRST_BADGED = 2;

/** How an invocation names a slot: a CNode capability in the root CNode, an index and a depth. */
interface SlotName {
  root: number;
  index: bigint;
  depth: number;
}

export class CapabilityRun {
  private readonly world = new World();
  private readonly random: Random;
  private readonly model: CapabilityModel;
  private readonly history: string[] = [];
  /** First slot of the root CNode that the run uses. */
  private readonly window: number;

  /**
   * `preempt`: interrupts operations at every preemption point.
   * `asynchronous`: makes half of the operations by the root task's asynchronous handler.
   */
  constructor(
    private readonly seed: number,
    { preempt = false, asynchronous = false } = {},
  ) {
    this.random = new Random(seed);
    this.window = this.world.slot(WINDOW);
    const base = this.world.retype(OBJECT_UNTYPED, BASE_BITS);
    this.world.must(
      ROOT_SLOT_CNODE,
      CNODE_MOVE,
      [this.window, WORD_BITS, base, WORD_BITS],
      [ROOT_SLOT_CNODE],
    );
    const slots = Array.from({ length: WINDOW }, (_, index) => {
      return new ModelSlot(this.world.rootCNode + (this.window + index) * 32, `slot ${index}`);
    });
    const threadSlots = { offset: this.world.kernel.layout.field("Tcb_slots"), count: THREAD_SLOTS };
    this.world.preemptAlways = preempt;
    if (asynchronous) {
      const calls = AsyncCalls.register(this.world, this.world.root);
      const chance = new Random(seed);
      this.world.viaHandler = { calls, choose: () => chance.below(2) === 0 };
    }
    this.model = new CapabilityModel(slots, this.world.look(this.window).object, BASE_BITS, threadSlots);
  }

  /** @throws Error with the seed and the last operations when kernel and model differ */
  perform(operations: number): void {
    for (let step = 0; step < operations; step++) {
      try {
        this.step();
        this.compare();
      } catch (problem) {
        const message = problem instanceof Error ? problem.message : String(problem);
        throw new Error(
          `seed ${this.seed}, operation ${step}: ${message}\n${this.history.slice(-12).join("\n")}`,
        );
      }
    }
  }

  /** How often an operation was interrupted. */
  get preemptions(): number {
    return this.world.preemptions;
  }

  private step(): void {
    const choice = this.random.below(100);
    if (choice < 28) this.retype();
    else if (choice < 32) this.swallow();
    else if (choice < 62) this.copyOrMove();
    else if (choice < 70) this.rotate();
    else if (choice < 93) this.delete();
    else this.revoke();
  }

  private check(what: string, expected: number, actual: number): void {
    this.history.push(`${what} → ${expected}`);
    if (expected !== actual) throw new Error(`${what}: the model says ${expected}, the kernel ${actual}`);
  }

  private retype(): void {
    const untypeds = this.model.slots.filter(({ node }) => node?.capability.type === CAP_UNTYPED);
    if (untypeds.length === 0) return;
    const untyped = this.random.pick(untypeds);
    const type = this.random.pick(MODEL_TYPES);
    const userBits =
      type === OBJECT_CNODE ? this.random.below(4) : type === OBJECT_UNTYPED ? 3 + this.random.below(11) : 0;
    const node = this.random.pick(this.nodes());
    const slots = node === undefined ? this.model.slots : node.node!.capability.object.slots;
    const offset = this.random.below(slots.length + 1);
    const count = this.random.below(4);
    const expected = this.model.retype(untyped, type, userBits, slots, offset, count);
    // In the root CNode the window starts somewhere, and nothing limits it at its end.
    if (node === undefined && offset + count > WINDOW) return;
    const [root, start] =
      node === undefined ? [ROOT_SLOT_CNODE, this.window + offset] : [this.rootSlot(node), offset];
    const words = [type, userBits, 0, 0, start, count];
    const { error } = this.world.invoke(this.rootSlot(untyped), UNTYPED_RETYPE, words, [root]);
    this.check(
      `retype ${untyped.name} type ${type} bits ${userBits} to ${slots[0]!.name}+${offset} × ${count}`,
      expected,
      error,
    );
  }

  private copyOrMove(): void {
    const label = this.random.pick([
      CNODE_COPY,
      CNODE_COPY,
      CNODE_MINT,
      CNODE_MINT,
      CNODE_MOVE,
      CNODE_MUTATE,
    ]);
    const fromBase = label === CNODE_COPY && this.random.below(10) === 0;
    const source = fromBase ? this.model.base.slot : this.anySlot();
    const destination = this.anySlot();
    const rights = this.random.below(16);
    const data = this.someData();
    const from = this.nameOf(source);
    const to = this.nameOf(destination);
    const words = [to.index, to.depth, from.index, from.depth];
    let expected: number;
    if (label === CNODE_COPY || label === CNODE_MINT) {
      const minted = label === CNODE_MINT ? data : undefined;
      expected = this.model.copy(source, destination, rights, minted);
      words.push(rights, ...(label === CNODE_MINT ? [data] : []));
    } else {
      const mutated = label === CNODE_MUTATE ? data : undefined;
      expected = this.model.move(source, destination, mutated);
      if (label === CNODE_MUTATE) words.push(data);
    }
    const { error } = this.world.invoke(to.root, label, words, [from.root]);
    this.check(
      `label ${label} ${source.name} to ${destination.name} rights ${rights} data ${data}`,
      expected,
      error,
    );
  }

  /** Moves a CNode's capability into a CNode, often itself: circles that only revoking can undo. */
  private swallow(): void {
    const nodes = this.model.slots.filter(({ node }) => node?.capability.type === CAP_CNODE);
    if (nodes.length === 0) return;
    const source = this.random.pick(nodes);
    const into = this.random.below(2) === 0 ? source : this.random.pick(nodes);
    const destination = this.random.pick(into.node!.capability.object.slots);
    const to = this.nameOf(destination);
    const words = [to.index, to.depth, this.window + this.model.slots.indexOf(source), WORD_BITS];
    const expected = this.model.move(source, destination);
    const { error } = this.world.invoke(to.root, CNODE_MOVE, words, [ROOT_SLOT_CNODE]);
    this.check(`move ${source.name} into ${destination.name}`, expected, error);
  }

  private rotate(): void {
    const [source, pivot] = [this.anySlot(), this.anySlot()];
    const destination = this.random.below(2) === 0 ? source : this.anySlot();
    const [sourceData, pivotData] = [this.someData(), this.someData()];
    const [from, over, to] = [this.nameOf(source), this.nameOf(pivot), this.nameOf(destination)];
    const expected = this.model.rotate(source, sourceData, pivot, pivotData, destination);
    const words = [to.index, to.depth, pivotData, over.index, over.depth, sourceData, from.index, from.depth];
    const { error } = this.world.invoke(to.root, CNODE_ROTATE, words, [over.root, from.root]);
    this.check(`rotate ${source.name} over ${pivot.name} to ${destination.name}`, expected, error);
  }

  private delete(): void {
    const slot = this.anySlot();
    const name = this.nameOf(slot);
    const expected = this.model.delete(slot);
    const { error } = this.world.invoke(name.root, CNODE_DELETE, [name.index, name.depth]);
    this.check(`delete ${slot.name}`, expected, error);
  }

  private revoke(): void {
    const slot = this.random.below(8) === 0 ? this.model.base.slot : this.anySlot();
    const name = this.nameOf(slot);
    const expected = this.model.revoke(slot);
    const { error } = this.world.invoke(name.root, CNODE_REVOKE, [name.index, name.depth]);
    this.check(`revoke ${slot.name}`, expected, error);
  }

  /** A slot with a CNode capability in the window, or undefined for the root CNode itself. */
  private nodes(): (ModelSlot | undefined)[] {
    return [undefined, ...this.model.slots.filter(({ node }) => node?.capability.type === CAP_CNODE)];
  }

  /** Any slot but the one with the base untyped, without which nothing could go on. */
  private anySlot(): ModelSlot {
    const slots = this.nodes().flatMap((node) =>
      node ? node.node!.capability.object.slots : this.model.slots,
    );
    return this.random.pick(slots.filter((slot) => slot !== this.model.base.slot));
  }

  private rootSlot(slot: ModelSlot): number {
    return this.window + this.model.slots.indexOf(slot);
  }

  /** Names a slot through one of the CNode capabilities that lead to it. */
  private nameOf(slot: ModelSlot): SlotName {
    const index = this.model.slots.indexOf(slot);
    if (index >= 0) return { root: ROOT_SLOT_CNODE, index: BigInt(this.window + index), depth: WORD_BITS };
    const node = this.nodes().find((each) => each?.node?.capability.object.slots.includes(slot));
    if (!node?.node) throw new Error(`no CNode capability leads to ${slot.name}`);
    const { capability } = node.node;
    const radix = radixOf(capability);
    const place = BigInt(capability.object.slots.indexOf(slot));
    return {
      root: this.rootSlot(node),
      index: (capability.guard << BigInt(radix)) | place,
      depth: capability.guardSize + radix,
    };
  }

  /** A badge or a small guard. */
  private someData(): bigint {
    return BigInt(this.random.pick([0, 1, 2, 3, 4, 66, 130, 0x7f, 62]));
  }

  private compare(): void {
    this.compareSlots();
    this.compareTree();
    this.checkMemory();
  }

  /** Memory of an untyped above its watermark is zero, however users have used pages that were there before. */
  private checkMemory(): void {
    const { bytes } = this.world.kernel.memory;
    for (const { node } of this.model.base.depthFirst()) {
      const { type, object, used } = node.capability;
      const end = object.address + 2 ** object.bits;
      if (type === CAP_FRAME) bytes.fill(0xa5, object.address, end);
      if (type !== CAP_UNTYPED) continue;
      const dirty = bytes.subarray(object.address + used, end).findIndex((byte) => byte !== 0);
      if (dirty >= 0)
        throw new Error(`${node.slot.name}: byte ${used + dirty} above the watermark ${used} is not zero`);
    }
  }

  private compareSlots(): void {
    for (const slot of this.model.allSlots()) {
      const actual = this.world.slotAt(slot.address);
      if (!slot.node) {
        if (actual.type !== CAP_NULL)
          throw new Error(`${slot.name} should be empty, it has type ${actual.type}`);
        continue;
      }
      const { capability } = slot.node;
      const expected: Record<string, unknown> = { type: capability.type, object: capability.object.address };
      const found: Record<string, unknown> = {
        type: actual.type,
        object: Number(regionOf(actual)?.start ?? 0n),
      };
      if (capability.type === CAP_UNTYPED) {
        expected.used = capability.used;
        found.used = Number(actual.data);
      } else if (capability.type === CAP_CNODE) {
        expected.guard = `${capability.guard}/${capability.guardSize}/${radixOf(capability)}`;
        found.guard = `${actual.data}/${actual.rights}/${actual.sizeBits}`;
      } else if (capability.type === CAP_ZOMBIE) {
        expected.left = capability.left;
        found.left = Number(actual.data);
      } else {
        expected.rights = capability.rights;
        found.rights = actual.rights;
      }
      if (isBadged(slot.node)) {
        expected.badge = `${capability.badge}`;
        found.badge = `${actual.data}`;
      }
      const [want, have] = [JSON.stringify(expected), JSON.stringify(found)];
      if (want !== have) throw new Error(`${slot.name} should be ${want}, it is ${have}`);
    }
  }

  /** The kernel's list, from the base untyped on, must be the model's tree in depth-first order. */
  private compareTree(): void {
    let address = this.model.base.slot.address;
    for (const { node } of this.model.base.depthFirst()) {
      if (node.slot.address !== address) {
        throw new Error(
          `the derivation list should go on with ${node.slot.name}, it has 0x${address.toString(16)}`,
        );
      }
      const actual = this.world.slotAt(address);
      const revocable = (actual.derivation & DERIVATION_REVOCABLE) !== 0;
      const firstBadged = (actual.derivation & DERIVATION_FIRST_BADGED) !== 0;
      if (revocable !== node.revocable)
        throw new Error(`${node.slot.name} should be revocable: ${node.revocable}`);
      if (isBadged(node) && firstBadged !== node.firstBadged) {
        throw new Error(`${node.slot.name} should be the first with its badge: ${node.firstBadged}`);
      }
      address = actual.next;
    }
  }
}

function isBadged(node: ModelNode): boolean {
  return node.capability.type === CAP_ENDPOINT || node.capability.type === CAP_NOTIFICATION;
}
