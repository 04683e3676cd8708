/**
 * Gives every item of a section an offset, and with it chooses the length of each branch, jump and call.
 *
 * Relaxation starts from the shortest forms and lengthens those whose target is too far until nothing changes. Lengths
 * only grow, so it ends; the result is not always the very smallest, but no form is longer than a distance once seen.
 */
import { compress, shortBranchRegister } from "../assembler/compress";
import type { Fragment, Instruction, Item, Label } from "../assembler/instruction";
import { type Encoding, OPCODES } from "../assembler/opcodes";

/** A fragment with the offset of each of its items (bytes from the section's start). */
export interface PlacedFragment {
  fragment: Fragment;
  /** offsets[i] is where item i starts; offsets[items.length] is the fragment's end. */
  offsets: Int32Array;
  /** Length of each item in bytes. */
  sizes: Uint16Array;
  /** Compressed words of fixed instructions that have one; -1 elsewhere. */
  compressed: Int32Array;
  /** Label → index of the item that defines it. */
  labels: Map<Label, number>;
}

/** A section whose items all have their places. */
export interface PlacedSection {
  fragments: PlacedFragment[];
  /** Symbol → offset, including second entries of fragments. */
  symbols: Map<string, number>;
  /** Bytes. */
  size: number;
}

/** Offset of a label of a placed fragment, in bytes from the section's start. */
export function labelOffset(placed: PlacedFragment, label: Label): number {
  const index = placed.labels.get(label);
  if (index === undefined) throw new Error(`${placed.fragment.name}: label ${label} is not defined`);
  return placed.offsets[index]!;
}

export const alignUp = (value: number, alignment: number) => Math.ceil(value / alignment) * alignment;

/** Reach of the forms a control transfer can take: [bytes of the form, lowest, highest distance]. */
const BRANCH_FORMS = [
  [2, -256, 254],
  [4, -4096, 4094],
  // An inverted branch over a jal.
  [8, -1048570, 1048576],
] as const;
/** The same when the inverted branch has a 16-bit form. */
const SHORT_BRANCH_FORMS = [BRANCH_FORMS[0], BRANCH_FORMS[1], [6, -1048570, 1048576]] as const;
const JUMP_FORMS = [
  [2, -2048, 2046],
  [4, -1048576, 1048574],
  [8, -(2 ** 31) + 4096, 2 ** 31 - 4096],
] as const;

/** What kind of distance decides an instruction's length. */
function formsOf(instruction: Instruction, compressed: boolean) {
  const { format } = OPCODES[instruction.op] as Encoding;
  if (format === "branch") {
    return compressed && shortBranchRegister(instruction) !== undefined ? SHORT_BRANCH_FORMS : BRANCH_FORMS;
  }
  if (format === "jump" || instruction.op === "call" || instruction.op === "tail") return JUMP_FORMS;
  return undefined;
}

/** Shortest form of a control transfer, before distances are known. */
function shortestTransfer(instruction: Instruction, compressed: boolean): number {
  if (!compressed || instruction.uncompressed) return 4;
  if ((OPCODES[instruction.op] as Encoding).format === "branch") {
    return shortBranchRegister(instruction) === undefined ? 4 : 2;
  }
  return instruction.rd === 0 ? 2 : 4;
}

function prepare(fragment: Fragment, compressed: boolean): PlacedFragment {
  const count = fragment.items.length;
  const placed: PlacedFragment = {
    fragment,
    offsets: new Int32Array(count + 1),
    sizes: new Uint16Array(count),
    compressed: new Int32Array(count).fill(-1),
    labels: new Map(),
  };
  fragment.items.forEach((item, index) => {
    if (item.kind === "label") placed.labels.set(item.label, index);
    else if (item.kind === "data") placed.sizes[index] = item.size;
    else if (item.kind === "instruction") placed.sizes[index] = initialSize(placed, item, index, compressed);
  });
  return placed;
}

function initialSize(placed: PlacedFragment, item: Instruction, index: number, compressed: boolean): number {
  if (formsOf(item, compressed)) return shortestTransfer(item, compressed);
  if (item.op === "la") return 8;
  if (!compressed || item.symbol) return 4;
  const word = compress(item);
  if (word === undefined) return 4;
  placed.compressed[index] = word;
  return 2;
}

/** Assigns offsets with the current sizes; padding of `align` items is recomputed. */
function assignOffsets(section: PlacedSection): void {
  let offset = 0;
  for (const placed of section.fragments) {
    const { fragment, offsets, sizes } = placed;
    offset = alignUp(offset, fragment.alignment);
    section.symbols.set(fragment.name, offset);
    fragment.items.forEach((item, index) => {
      offsets[index] = offset;
      if (item.kind === "align") sizes[index] = alignUp(offset, item.bytes) - offset;
      else if (item.kind === "symbol") section.symbols.set(item.name, offset);
      offset += sizes[index]!;
    });
    offsets[fragment.items.length] = offset;
  }
  section.size = offset;
}

/** Lengthens the transfers of one fragment whose targets are out of reach; true if any changed. */
function lengthen(
  placed: PlacedFragment,
  compressed: boolean,
  resolve: (symbol: string) => number | undefined,
): boolean {
  let changed = false;
  placed.fragment.items.forEach((item: Item, index) => {
    if (item.kind !== "instruction") return;
    const forms = formsOf(item, compressed);
    if (!forms) return;
    const target = item.symbol ? resolve(item.symbol.name) : labelOffset(placed, item.target!);
    const distance =
      target === undefined ? 2 ** 30 : target + (item.symbol?.addend ?? 0) - placed.offsets[index]!;
    const size = placed.sizes[index]!;
    const form = forms.find(([bytes, low, high]) => bytes >= size && distance >= low && distance <= high);
    if (!form || (form[0] === 8 && item.op === "jal" && item.rd === 0)) {
      throw new Error(
        `${placed.fragment.name}: a jump inside the function spans more than 1 MiB; split the function`,
      );
    }
    if (form[0] !== size) {
      placed.sizes[index] = form[0];
      changed = true;
    }
  });
  return changed;
}

/**
 * Places fragments one after the other.
 * @param aliases other names of symbols (imports bound to exports)
 * @param compressed whether 16-bit forms may be used
 */
export function placeSection(
  fragments: Fragment[],
  compressed: boolean,
  aliases: ReadonlyMap<string, string> = new Map(),
): PlacedSection {
  const section: PlacedSection = {
    fragments: fragments.map((fragment) => prepare(fragment, compressed)),
    symbols: new Map(),
    size: 0,
  };
  const resolve = (symbol: string) => section.symbols.get(aliases.get(symbol) ?? symbol);
  for (let changed = true; changed; ) {
    assignOffsets(section);
    changed = false;
    for (const placed of section.fragments) changed = lengthen(placed, compressed, resolve) || changed;
  }
  return section;
}
