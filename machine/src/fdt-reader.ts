// Reads a flattened device tree that somebody else made. (Devicetree Specification 0.4, chapter 5.) The blob is untrusted:
// every offset is checked before it is used, and whatever is wrong with it is an ImageError.
import { ImageError } from "./errors";
import {
  BEGIN_NODE,
  DeviceTreeNode,
  END,
  END_NODE,
  HEADER_SIZE,
  LAST_COMPATIBLE_VERSION,
  MAGIC,
  PROPERTY,
  RESERVATION_SIZE,
} from "./fdt";

const NOP = 4;
/** Nodes inside nodes; no board comes near it, and a hostile blob must not exhaust the stack. */
const DEEPEST = 64;

export interface DeviceTree {
  root: DeviceTreeNode;
  /** The memory reservation block, as it is, with its end mark. */
  reservations: Uint8Array;
}

/** @throws ImageError when the bytes are no device tree */
export function unflatten(blob: Uint8Array): DeviceTree {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.length < HEADER_SIZE || view.getUint32(0) !== MAGIC)
    throw broken("is no flattened device tree (it does not begin with d0 0d fe ed)");
  const total = view.getUint32(4);
  if (total > blob.length) throw broken(`should have ${total} bytes, but has ${blob.length}`);
  const version = view.getUint32(24);
  if (version < LAST_COMPATIBLE_VERSION || view.getUint32(20) > 17)
    throw broken(`has version ${version}; 16 and 17 can be read`);
  const bytes = blob.subarray(0, total);
  const reader = new StructureReader(bytes, view.getUint32(8), view.getUint32(12));
  return { root: reader.root(), reservations: reservationBlock(bytes, view.getUint32(16)) };
}

/** Pairs of address and size, up to one of zeroes. */
function reservationBlock(bytes: Uint8Array, start: number): Uint8Array {
  for (let end = start; end + RESERVATION_SIZE <= bytes.length; end += RESERVATION_SIZE)
    if (bytes.subarray(end, end + RESERVATION_SIZE).every((byte) => byte === 0))
      return bytes.slice(start, end + RESERVATION_SIZE);
  throw broken("has a memory reservation block without an end");
}

class StructureReader {
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly strings: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  root(): DeviceTreeNode {
    if (this.token() !== BEGIN_NODE) throw broken("has no root node");
    const root = this.node(this.nodeName(), 0).node;
    if (this.token() !== END) throw broken("does not end where its root node ends");
    return root;
  }

  private node(name: string, depth: number): { name: string; node: DeviceTreeNode } {
    if (depth > DEEPEST) throw broken(`has nodes more than ${DEEPEST} deep`);
    const node = new DeviceTreeNode();
    while (true) {
      const token = this.token();
      if (token === END_NODE) return { name, node };
      if (token === BEGIN_NODE) {
        const child = this.node(this.nodeName(), depth + 1);
        node.children.set(child.name, child.node);
      } else if (token === PROPERTY) {
        const length = this.word();
        const property = this.text(this.strings + this.word());
        node.properties.set(property, this.take(length));
      } else throw broken(`has the unknown token ${token} at byte ${this.at - 4}`);
    }
  }

  /** The next token that says something. */
  private token(): number {
    let token = this.word();
    while (token === NOP) token = this.word();
    return token;
  }

  private nodeName(): string {
    const name = this.text(this.at);
    this.take(new TextEncoder().encode(name).length + 1);
    return name;
  }

  private word(): number {
    const at = this.at;
    this.take(4);
    return this.view.getUint32(at);
  }

  /** The next bytes; tokens after them stand at multiples of four. */
  private take(length: number): Uint8Array {
    const { at } = this;
    if (at + length > this.bytes.length) throw broken(`ends within a node, at byte ${at}`);
    this.at = (at + length + 3) & ~3;
    return this.bytes.slice(at, at + length);
  }

  private text(at: number): string {
    const end = at < this.bytes.length ? this.bytes.indexOf(0, at) : -1;
    if (end < 0) throw broken(`has a name without an end, at byte ${at}`);
    return new TextDecoder().decode(this.bytes.subarray(at, end));
  }
}

function broken(what: string): ImageError {
  return new ImageError(
    "dtb",
    `the device tree ${what}`,
    "give a blob as dtc or QEMU's -M virt,dumpdtb= writes it",
  );
}
