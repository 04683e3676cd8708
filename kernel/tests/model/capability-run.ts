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
  TCB_BITS,
  UNTYPED_RETYPE,
  WORD_BITS,
} from "@rel4/abi";
import { regionOf } from "../../inspection/objects";
import { AsyncCalls } from "../harness/async-calls";
import { World } from "../harness/world";
import { MODEL_TYPES, radixOf } from "./capability";
import { CapabilityModel } from "./capability-model";
import { type ModelNode, ModelSlot } from "./derivation";
import { DERIVATION_FIRST_BADGED, DERIVATION_REVOCABLE, ListedTree } from "./listed-tree";
import { Random } from "./random";
import type { Run } from "./shrink";

const WINDOW = 20;
const BASE_BITS = 15;
const THREAD_SLOTS = 6;

/** How an invocation names a slot: a CNode capability in the root CNode, an index and a depth. */
interface SlotName {
  root: number;
  index: bigint;
  depth: number;
}

export interface CapabilityRunOptions {
  /** Interrupts operations at every preemption point. */
  preempt?: boolean;
  /** Makes half of the operations by the root task's asynchronous handler. */
  asynchronous?: boolean;
  /** The specification to compare with; another one shows what the comparison finds. */
  Model?: typeof CapabilityModel;
}

export class CapabilityRun implements Run {
  readonly history: string[] = [];
  private readonly world = new World();
  /** What the operation in progress decides by. */
  private random = new Random(0);
  private readonly model: CapabilityModel;
  /** First slot of the root CNode that the run uses. */
  private readonly window: number;
  /** What follows in the kernel's list of capabilities behind everything made of the base untyped. */
  private readonly behind: number;

  constructor({ preempt = false, asynchronous = false, Model = CapabilityModel }: CapabilityRunOptions = {}) {
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
      this.world.viaHandler = { calls, choose: () => this.random.below(2) === 0 };
    }
    const { object, next } = this.world.look(this.window);
    this.behind = next;
    this.model = new Model(slots, object, BASE_BITS, threadSlots);
  }

  perform(steps: readonly number[]): void {
    for (const step of steps) {
      this.random = new Random(step);
      this.step();
      this.compare();
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
    // As in seL4, a revocation that takes the capability away with which it was asked for is refused when it is made again
    // after an interrupt: nothing says how far it has come.
    if (this.world.preemptAlways && this.takesAway(slot, name.root)) return;
    const expected = this.model.revoke(slot);
    const { error } = this.world.invoke(name.root, CNODE_REVOKE, [name.index, name.depth]);
    this.check(`revoke ${slot.name}`, expected, error);
  }

  /** Does the capability in slot `root` of the root CNode descend from the one in `slot`? */
  private takesAway(slot: ModelSlot, root: number): boolean {
    const used = this.model.slots[root - this.window]?.node;
    return used !== undefined && [...(slot.node?.depthFirst() ?? [])].some(({ node }) => node === used);
  }

  /** A slot with a CNode capability in the window, or undefined for the root CNode itself. */
  private nodes(): (ModelSlot | undefined)[] {
    return [undefined, ...this.model.slots.filter(({ node }) => node?.capability.type === CAP_CNODE)];
  }

  /**
   * Any slot but the one with the base untyped, without which nothing could go on. Half of the time, one of the window, which
   * does not depend on what has been done: so operations mean the same when others before them are left out.
   */
  private anySlot(): ModelSlot {
    const fromWindow = this.random.below(2) === 0;
    const ofWindow = this.random.pick(this.model.slots.slice(1));
    const node = this.random.pick(this.nodes());
    if (fromWindow || node === undefined) return ofWindow;
    return this.random.pick(node.node!.capability.object.slots);
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
    const { memory } = this.world.kernel;
    for (const { node } of this.model.base.depthFirst()) {
      const { type, object, used } = node.capability;
      const end = object.address + 2 ** object.bits;
      if (type === CAP_FRAME) memory.bytes.fill(0xa5, object.address, end);
      if (type !== CAP_UNTYPED) continue;
      const dirty = memory.firstNonZero(object.address + used, end);
      if (dirty !== undefined)
        throw new Error(
          `${node.slot.name}: byte ${dirty - object.address} above the watermark ${used} is not zero`,
        );
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
        object: regionOf(actual, TCB_BITS)?.start ?? 0,
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

  /**
   * The kernel's list, from the base untyped on, must be the model's tree in depth-first order, and nothing more; and by the
   * kernel's rule for who in the list descends from whom, it must be the same tree.
   */
  private compareTree(): void {
    const tree = new ListedTree();
    let address = this.model.base.slot.address;
    for (const { node, depth } of this.model.base.depthFirst()) {
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
      const listed = tree.depthOf(actual);
      if (listed !== depth)
        throw new Error(`${node.slot.name} should have ${depth} ancestors, it has ${listed}`);
      address = actual.next;
    }
    if (address !== this.behind)
      throw new Error(`the derivation list should end, it goes on with 0x${address.toString(16)}`);
  }
}

function isBadged(node: ModelNode): boolean {
  return node.capability.type === CAP_ENDPOINT || node.capability.type === CAP_NOTIFICATION;
}
