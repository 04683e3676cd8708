// Small bare-metal programs for tests, written with the compiler's assembler and laid out without any cleverness: every
// instruction takes four bytes, in the order written.

import { encode } from "../../compiler/src/assembler/encode";
import { type Fragment, type Instruction, instruction } from "../../compiler/src/assembler/instruction";
import { makeElf } from "../src/test-support/make-elf";

/** Bytes an item takes at `offset`. */
function sizeOf(item: Fragment["items"][number], offset: number): number {
  switch (item.kind) {
    case "instruction":
      return item.op === "la" ? 8 : 4;
    case "data":
      return item.size;
    case "align":
      return (item.bytes - (offset % item.bytes)) % item.bytes;
    default:
      return 0;
  }
}

/**
 * The bytes of a fragment placed at `base`. The symbols of `la`, `call` and `tail` are labels of the same fragment or
 * entries of `symbols` (addresses within 2 GiB of the code).
 */
export function layOut(fragment: Fragment, base: number, symbols: Record<string, number> = {}): Uint8Array {
  const labels = new Map<string | number, number>();
  let size = 0;
  for (const item of fragment.items) {
    if (item.kind === "label") labels.set(item.label, size);
    if (item.kind === "symbol") labels.set(item.name, size);
    size += sizeOf(item, size);
  }
  const distance = (name: string | number, from: number): number => {
    const target = labels.get(name) ?? (symbols[name] === undefined ? undefined : symbols[name] - base);
    if (target === undefined) throw new Error(`${fragment.name}: nothing is called ${name}`);
    return target - from;
  };
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const item of fragment.items) {
    if (item.kind === "instruction") {
      const words = expand(item, (name) => distance(name, offset));
      for (const [index, word] of words.entries()) view.setUint32(offset + 4 * index, word, true);
    } else if (item.kind === "data") {
      if (typeof item.value !== "bigint") throw new Error(`${fragment.name}: data must be numbers`);
      for (let byte = 0; byte < item.size; byte++)
        bytes[offset + byte] = Number((item.value >> BigInt(8 * byte)) & 0xffn);
    }
    offset += sizeOf(item, offset);
  }
  return bytes;
}

function expand(item: Instruction, distance: (name: string | number) => number): number[] {
  const { op, rd, symbol } = item;
  if (op === "la") {
    const away = distance(symbol!.name) + (symbol!.addend ?? 0);
    const low = (away << 20) >> 20;
    return [
      encode(instruction("auipc", { rd, imm: ((away - low) >> 12) & 0xfffff })),
      encode(instruction("addi", { rd, rs1: rd, imm: low })),
    ];
  }
  if (op === "call" || op === "tail")
    return [encode(instruction("jal", { rd: op === "call" ? 1 : 0 }), distance(symbol!.name))];
  return [encode(item, item.target === undefined ? 0 : distance(item.target))];
}

/** A bootable ELF of one fragment, entered at its beginning, with `memorySize` bytes from `base` on. */
export function bareElf(fragment: Fragment, base: number, memorySize?: number): Uint8Array {
  const bytes = layOut(fragment, base);
  return makeElf({
    segments: [
      { address: BigInt(base), bytes, memorySize: BigInt(Math.max(memorySize ?? 0, bytes.length)), flags: 7 },
    ],
  });
}
