/** Reads one instruction of a function body at a time: opcode and immediates (core spec section 5.4). */

import { littleEndian, readValueType } from "./decoder";
import type { FunctionType, WasmModule } from "./module";
import { ATOMICS, LOADS, OP, STORES } from "./opcodes";
import { ByteReader } from "./reader";

/** The instruction read last. Fields an instruction does not have keep old values. */
export interface WasmInstruction {
  opcode: number;
  /** Byte offset in the file. */
  position: number;
  /** Index or depth; for memory instructions the offset (wrapped to a signed 32-bit number). */
  index: number;
  /** Constants; of floating-point numbers the bits. */
  value: bigint;
  /** br_table: depths, the default last. */
  depths: number[];
  /** Block-like instructions. */
  blockType: FunctionType;
}

/** Opcodes without immediates form these ranges. */
const isPlain = (opcode: number): boolean =>
  opcode <= 0x01 ||
  opcode === OP.else ||
  opcode === OP.end ||
  opcode === OP.return ||
  opcode === OP.drop ||
  opcode === OP.select ||
  (opcode >= 0x45 && opcode <= 0xc4) ||
  (opcode >= 0xfc00 && opcode <= 0xfc07);

const isIndexed = (opcode: number): boolean =>
  opcode === OP.br ||
  opcode === OP.brIf ||
  opcode === OP.call ||
  (opcode >= OP.localGet && opcode <= OP.globalSet);

const isMemoryAccess = (opcode: number): boolean =>
  LOADS.has(opcode) ||
  STORES.has(opcode) ||
  ATOMICS.has(opcode) ||
  (opcode >= OP.atomicNotify && opcode <= OP.atomicWait64) ||
  (opcode >= 0x28 && opcode <= 0x3e);

export class InstructionReader {
  readonly current: WasmInstruction = {
    opcode: 0,
    position: 0,
    index: 0,
    value: 0n,
    depths: [],
    blockType: { params: [], results: [] },
  };
  private readonly reader: ByteReader;

  constructor(
    private readonly module: WasmModule,
    start: number,
  ) {
    this.reader = new ByteReader(module.bytes, start);
  }

  get position(): number {
    return this.reader.position;
  }

  /** The declared locals at the start of a body. */
  locals(): { count: number; type: ReturnType<typeof readValueType> }[] {
    return this.reader.vector(() => ({ count: this.reader.u32(), type: readValueType(this.reader) }));
  }

  /**
   * Reads the next instruction.
   * @returns null if the instruction is unknown; its opcode and position are in `current`
   */
  next(): WasmInstruction | null {
    const { reader, current } = this;
    current.position = reader.position;
    let opcode = reader.byte();
    if (opcode >= 0xfb && opcode <= 0xfe) opcode = (opcode << 8) | reader.u32();
    current.opcode = opcode;
    return this.immediates(opcode) ? current : null;
  }

  private immediates(opcode: number): boolean {
    const { reader, current } = this;
    if (isPlain(opcode)) return true;
    if (isIndexed(opcode)) current.index = reader.u32();
    else if (isMemoryAccess(opcode)) {
      reader.u32();
      current.index = reader.u32() | 0;
    } else if (opcode === OP.block || opcode === OP.loop || opcode === OP.if)
      current.blockType = this.blockType();
    else if (opcode === OP.i32Const) current.value = BigInt(reader.s32());
    else if (opcode === OP.i64Const) current.value = reader.s64();
    else return this.rareImmediates(opcode);
    return true;
  }

  private rareImmediates(opcode: number): boolean {
    const { reader, current } = this;
    if (opcode === OP.brTable) current.depths = [...reader.vector(() => reader.u32()), reader.u32()];
    else if (opcode === OP.callIndirect) {
      current.index = reader.u32();
      reader.u32();
    } else if (opcode === OP.selectTyped) reader.vector(() => readValueType(reader));
    else if (opcode === OP.memorySize || opcode === OP.memoryGrow || opcode === OP.memoryFill) reader.u32();
    else if (opcode === OP.atomicFence) reader.byte();
    else if (opcode === OP.memoryCopy) {
      reader.u32();
      reader.u32();
    } else if (opcode === OP.f32Const) current.value = littleEndian(reader.take(4));
    else if (opcode === OP.f64Const) current.value = littleEndian(reader.take(8));
    else return false;
    return true;
  }

  private blockType(): FunctionType {
    const byte = this.reader.peek();
    if (byte === 0x40) {
      this.reader.byte();
      return { params: [], results: [] };
    }
    if (byte >= 0x6f && byte <= 0x7f) return { params: [], results: [readValueType(this.reader)] };
    return this.module.types[this.reader.s32()]!;
  }
}
