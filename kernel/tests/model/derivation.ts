/**
 * Slots, objects and capabilities of the model, and their derivation tree, kept as the tree it is (the kernel keeps a list). A node is a capability in a slot;
 * its children were derived from it, newest first.
 */
/** A place for a capability. */
export class ModelSlot {
  node: ModelNode | undefined;

  constructor(
    /** Address in kernel memory. */
    readonly address: number,
    readonly name: string,
  ) {}
}

/** A kernel object: a piece of memory of a type. */
export interface ModelObject {
  type: number;
  address: number;
  /** Size: 2^bits bytes. */
  bits: number;
  /** Slots of a CNode or a thread. */
  slots: ModelSlot[];
}

export interface ModelCapability {
  /** CAP_*. */
  type: number;
  object: ModelObject;
  rights: number;
  badge: bigint;
  guardSize: number;
  guard: bigint;
  /** Untyped: bytes used. */
  used: number;
  /** Zombie (what is left of the last capability to a CNode or thread while it is deleted): slots not yet emptied. */
  left: number;
}

export class ModelNode {
  parent: ModelNode | undefined;
  readonly children: ModelNode[] = [];

  constructor(
    public capability: ModelCapability,
    public slot: ModelSlot,
    /** Capabilities derived from this one become its children (else its siblings). */
    readonly revocable: boolean,
    /** The first of the capabilities with its badge. */
    public firstBadged: boolean,
  ) {}

  /** This node and everything below it, parents before children, newest siblings first. */
  *depthFirst(depth = 0): Generator<{ node: ModelNode; depth: number }> {
    yield { node: this, depth };
    for (const child of this.children) yield* child.depthFirst(depth + 1);
  }

  addNewest(child: ModelNode): void {
    child.parent = this;
    this.children.unshift(child);
  }

  /** Puts a node behind this one, below the same parent. */
  addSibling(sibling: ModelNode): void {
    const siblings = this.parent!.children;
    sibling.parent = this.parent;
    siblings.splice(siblings.indexOf(this) + 1, 0, sibling);
  }

  /** Takes this node out; its children become its parent's, in its place. */
  remove(): void {
    const follower = this.follower();
    if (follower && this.firstBadged) follower.firstBadged = true;
    const siblings = this.parent!.children;
    for (const child of this.children) child.parent = this.parent;
    siblings.splice(siblings.indexOf(this), 1, ...this.children);
  }

  /** The next node in depth-first order. */
  private follower(): ModelNode | undefined {
    if (this.children[0]) return this.children[0];
    for (let node: ModelNode = this; node.parent; node = node.parent) {
      const next = node.parent.children[node.parent.children.indexOf(node) + 1];
      if (next) return next;
    }
    return undefined;
  }
}
