// Reads a flattened device tree back (Devicetree Specification 0.4, chapter 5), for tests.

export interface ParsedNode {
  properties: Record<string, Uint8Array>;
  children: Record<string, ParsedNode>;
}

export function parseFdt(blob: Uint8Array): ParsedNode {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (view.getUint32(0) !== 0xd00d_feed) throw new Error("no device tree magic");
  if (view.getUint32(4) > blob.length) throw new Error("the tree ends beyond the blob");
  let at = view.getUint32(8);
  const strings = view.getUint32(12);
  const textAt = (offset: number): string =>
    new TextDecoder().decode(blob.subarray(offset, blob.indexOf(0, offset)));
  const word = (): number => {
    at += 4;
    return view.getUint32(at - 4);
  };
  const node = (): ParsedNode => {
    const result: ParsedNode = { properties: {}, children: {} };
    for (;;) {
      const token = word();
      if (token === 2) return result;
      if (token === 4) continue;
      if (token === 1) {
        const name = textAt(at);
        at = (at + name.length + 4) & ~3;
        result.children[name] = node();
      } else if (token === 3) {
        const length = word();
        const name = textAt(strings + word());
        result.properties[name] = blob.slice(at, at + length);
        at = (at + length + 3) & ~3;
      } else throw new Error(`unknown token ${token} at ${at - 4}`);
    }
  };
  if (word() !== 1) throw new Error("no root node");
  at += 4;
  const root = node();
  if (word() !== 9) throw new Error("no end token");
  return root;
}

/** The node at a path such as `/soc/serial@10000000`. */
export function nodeAt(root: ParsedNode, path: string): ParsedNode {
  let node = root;
  for (const name of path.split("/").filter((part) => part !== "")) {
    const next = node.children[name];
    if (!next) throw new Error(`no node ${name} in ${path}`);
    node = next;
  }
  return node;
}

/** A property's 32-bit cells. */
export function cellsOf(node: ParsedNode, property: string): number[] {
  const bytes = node.properties[property];
  if (!bytes) throw new Error(`no property ${property}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4));
}

/** A property's strings. */
export function stringsOf(node: ParsedNode, property: string): string[] {
  const bytes = node.properties[property];
  if (!bytes) throw new Error(`no property ${property}`);
  return new TextDecoder().decode(bytes).split("\0").slice(0, -1);
}
