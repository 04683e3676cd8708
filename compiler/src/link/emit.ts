/** Bytes of a placed section: encoding, and filling in the addresses of labels and symbols. */
import { compressBranch, compressJump, shortBranchRegister } from "../assembler/compress";
import { encode } from "../assembler/encode";
import { type DataWord, type Instruction, instruction } from "../assembler/instruction";
import { type Encoding, OPCODES, type Opcode } from "../assembler/opcodes";
import { reg } from "../assembler/registers";
import { labelOffset, type PlacedFragment, type PlacedSection } from "./place";

const INVERTED: Partial<Record<Opcode, Opcode>> = {
  beq: "bne",
  bne: "beq",
  blt: "bge",
  bge: "blt",
  bltu: "bgeu",
  bgeu: "bltu",
};
const NOP = 0x00000013;
const COMPRESSED_NOP = 0x0001;

/** Address of a symbol; reports the reference when nobody defines it, and then returns 0. */
export type Resolver = (symbol: string, referrer: PlacedFragment, source?: Instruction) => bigint;

/** The two immediates that add up to a 32-bit distance: upper 20 bits (rounded) and signed lower 12. */
export function splitAddress(value: bigint): { high: number; low: number } {
  const low = BigInt.asIntN(12, value);
  return { high: Number(BigInt.asUintN(20, (value - low) >> 12n)), low: Number(low) };
}

class SectionEmitter {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(
    private readonly section: PlacedSection,
    private readonly base: bigint,
    private readonly resolve: Resolver,
  ) {
    this.bytes = new Uint8Array(section.size);
    this.view = new DataView(this.bytes.buffer);
  }

  emitAll(): void {
    for (const placed of this.section.fragments) {
      placed.fragment.items.forEach((item, index) => {
        const at = placed.offsets[index]!;
        const size = placed.sizes[index]!;
        if (item.kind === "instruction") this.emitInstruction(placed, item, index);
        else if (item.kind === "data") this.emitData(placed, item, at);
        else if (item.kind === "align" && placed.fragment.section === "code") this.emitNops(at, size);
      });
    }
  }

  private emitNops(at: number, size: number): void {
    let offset = at;
    if (size % 4 !== 0) {
      this.view.setUint16(offset, COMPRESSED_NOP, true);
      offset += 2;
    }
    for (; offset < at + size; offset += 4) this.view.setUint32(offset, NOP, true);
  }

  private emitData(placed: PlacedFragment, { size, value }: DataWord, at: number): void {
    let content: bigint;
    if (typeof value === "bigint") content = value;
    else if ("label" in value) content = this.base + BigInt(labelOffset(placed, value.label));
    else content = this.resolve(value.symbol, placed) + BigInt(value.addend ?? 0);
    for (let index = 0; index < size; index++) {
      this.view.setUint8(at + index, Number((content >> BigInt(8 * index)) & 0xffn));
    }
  }

  private emitInstruction(placed: PlacedFragment, item: Instruction, index: number): void {
    const at = placed.offsets[index]!;
    const size = placed.sizes[index]!;
    const word = placed.compressed[index]!;
    if (word >= 0) {
      this.view.setUint16(at, word, true);
      return;
    }
    const { format } = OPCODES[item.op] as Encoding;
    if (format === "branch") {
      this.emitBranch(item, at, size, labelOffset(placed, item.target!) - at);
    } else if (format === "jump" && !item.symbol) {
      this.emitJump(item.rd, at, size, BigInt(labelOffset(placed, item.target!) - at));
    } else if (item.symbol) {
      this.emitSymbolic(placed, item, at, size);
    } else {
      this.view.setUint32(at, encode(item), true);
    }
  }

  private emitBranch(item: Instruction, at: number, size: number, distance: number): void {
    if (size === 2) {
      this.view.setUint16(at, compressBranch(item.op, shortBranchRegister(item)!, distance), true);
    } else if (size === 4) {
      this.view.setUint32(at, encode(item, distance), true);
    } else {
      this.emitBranch({ ...item, op: INVERTED[item.op]! }, at, size - 4, size);
      this.emitJump(reg.zero, at + size - 4, 4, BigInt(distance - (size - 4)));
    }
  }

  /** A jump with link register `rd` in the chosen length; the longest form builds its address in `scratch`. */
  private emitJump(rd: number, at: number, size: number, distance: bigint, scratch = rd): void {
    if (size === 2) {
      this.view.setUint16(at, compressJump(Number(distance)), true);
    } else if (size === 4) {
      this.view.setUint32(at, encode(instruction("jal", { rd }), Number(distance)), true);
    } else {
      const { high, low } = splitAddress(distance);
      this.view.setUint32(at, encode(instruction("auipc", { rd: scratch, imm: high })), true);
      this.view.setUint32(at + 4, encode(instruction("jalr", { rd, rs1: scratch, imm: low })), true);
    }
  }

  private emitSymbolic(placed: PlacedFragment, item: Instruction, at: number, size: number): void {
    const { name, use, addend = 0 } = item.symbol!;
    const address = this.resolve(name, placed, item) + BigInt(addend);
    const here = this.base + BigInt(at);
    if (use === "call") {
      const scratch = item.rd === 0 ? reg.t1 : item.rd;
      this.emitJump(item.rd, at, size, BigInt.asIntN(64, address - here), scratch);
    } else if (use === "pcrel") {
      const { high, low } = splitAddress(BigInt.asIntN(64, address - here));
      this.view.setUint32(at, encode(instruction("auipc", { rd: item.rd, imm: high })), true);
      this.view.setUint32(at + 4, encode(instruction("addi", { rd: item.rd, rs1: item.rd, imm: low })), true);
    } else {
      const { high, low } = splitAddress(address);
      this.view.setUint32(at, encode({ ...item, imm: use === "hi20" ? high : low }), true);
    }
  }
}

/**
 * Encodes a placed section.
 * @param base virtual address of its first byte
 * @param resolve address of any symbol the section refers to
 */
export function emitSection(section: PlacedSection, base: bigint, resolve: Resolver): Uint8Array {
  const emitter = new SectionEmitter(section, base, resolve);
  emitter.emitAll();
  return emitter.bytes;
}
