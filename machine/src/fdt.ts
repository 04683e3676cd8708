// The flattened device tree format, version 17: a tree of nodes with properties as one block of bytes.
// (Devicetree Specification 0.4, chapter 5.)

/** A node; its children's names carry the unit address (`serial@10000000`). */
export class DeviceTreeNode {
  readonly properties = new Map<string, Uint8Array>();
  readonly children = new Map<string, DeviceTreeNode>();

  /** A property made of big-endian 32-bit cells. */
  cells(name: string, ...values: number[]): this {
    const bytes = new Uint8Array(values.length * 4);
    const view = new DataView(bytes.buffer);
    for (const [index, value] of values.entries()) view.setUint32(index * 4, value);
    this.properties.set(name, bytes);
    return this;
  }

  /** A property made of addresses or sizes of two cells each, as `reg` with two address and two size cells. */
  addresses(name: string, ...values: number[]): this {
    return this.cells(name, ...values.flatMap((value) => [Math.floor(value / 2 ** 32), value >>> 0]));
  }

  /** A property made of strings, each ended by a zero byte. */
  strings(name: string, ...values: string[]): this {
    this.properties.set(name, new TextEncoder().encode(values.map((value) => `${value}\0`).join("")));
    return this;
  }

  /** A property that is true by being there. */
  flag(name: string): this {
    this.properties.set(name, new Uint8Array());
    return this;
  }

  /** Adds a child node and returns it. */
  child(name: string): DeviceTreeNode {
    const node = new DeviceTreeNode();
    this.children.set(name, node);
    return node;
  }
}

export const MAGIC = 0xd00d_feed;
const VERSION = 17;
export const LAST_COMPATIBLE_VERSION = 16;
export const HEADER_SIZE = 40;
export const RESERVATION_SIZE = 16;
export const BEGIN_NODE = 1;
export const END_NODE = 2;
export const PROPERTY = 3;
export const END = 9;

/**
 * The tree under `root` as the block of bytes a boot loader passes to a kernel.
 * @param reservations the memory reservation block; by default an empty one
 */
export function flatten(
  root: DeviceTreeNode,
  reservations: Uint8Array = new Uint8Array(RESERVATION_SIZE),
): Uint8Array {
  const writer = new StructureWriter();
  writer.node("", root);
  writer.word(END);
  const structure = new Uint8Array(writer.bytes);
  const strings = new TextEncoder().encode(writer.strings);
  const structureOffset = HEADER_SIZE + reservations.length;
  const stringsOffset = structureOffset + structure.length;
  const blob = new Uint8Array(align(stringsOffset + strings.length, 8));
  const view = new DataView(blob.buffer);
  const header = [
    MAGIC,
    blob.length,
    structureOffset,
    stringsOffset,
    HEADER_SIZE,
    VERSION,
    LAST_COMPATIBLE_VERSION,
    0,
    strings.length,
    structure.length,
  ];
  for (const [index, value] of header.entries()) view.setUint32(index * 4, value);
  blob.set(reservations, HEADER_SIZE);
  blob.set(structure, structureOffset);
  blob.set(strings, stringsOffset);
  return blob;
}

class StructureWriter {
  readonly bytes: number[] = [];
  strings = "";
  private readonly stringOffsets = new Map<string, number>();

  node(name: string, node: DeviceTreeNode): void {
    this.word(BEGIN_NODE);
    this.padded(new TextEncoder().encode(`${name}\0`));
    for (const [property, value] of node.properties) {
      this.word(PROPERTY);
      this.word(value.length);
      this.word(this.stringOffset(property));
      this.padded(value);
    }
    for (const [child, childNode] of node.children) this.node(child, childNode);
    this.word(END_NODE);
  }

  word(value: number): void {
    this.bytes.push(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
  }

  private padded(bytes: Uint8Array): void {
    for (const byte of bytes) this.bytes.push(byte);
    while (this.bytes.length % 4 !== 0) this.bytes.push(0);
  }

  private stringOffset(name: string): number {
    const known = this.stringOffsets.get(name);
    if (known !== undefined) return known;
    const offset = this.strings.length;
    this.stringOffsets.set(name, offset);
    this.strings += `${name}\0`;
    return offset;
  }
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
