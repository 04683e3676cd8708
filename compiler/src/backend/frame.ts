/**
 * Stack frames. From sp upwards: outgoing stack arguments, spill slots, saved registers. sp stays 16-byte aligned.
 * Frames whose slots are out of reach of a 12-bit displacement need the scratch register.
 */
import { reg } from "../assembler/registers";
import type { MachineFunction, MachineInstruction, MachineOp } from "./machine";
import { isMachineFloat, NONE } from "./registers";

/** Register that the allocator leaves free in functions with large frames. */
export const FRAME_SCRATCH = reg.t6;

const LARGEST_DISPLACEMENT = 2047;

/** A function's frame. Sizes in bytes. */
export class Frame {
  readonly size: number;
  readonly saved: readonly number[];
  private readonly slotsStart: number;

  constructor(fn: MachineFunction) {
    this.saved = fn.hasCall ? [reg.ra, ...fn.savedRegisters] : fn.savedRegisters;
    this.slotsStart = fn.outgoingBytes;
    const bytes = fn.outgoingBytes + fn.slots * 8 + this.saved.length * 8;
    this.size = (bytes + 15) & ~15;
  }

  /** Whether accesses to the frame may need the scratch register. */
  get isLarge(): boolean {
    return this.size > LARGEST_DISPLACEMENT;
  }

  /** Moves sp down and saves registers. Large frames save first, near the old sp, then make room for the rest. */
  prologue(): MachineInstruction[] {
    if (this.size === 0) return [];
    const first = this.firstStep();
    const code = [
      adjust(-first),
      ...this.saved.map((register, k) => access(storeOp(register), register, first - 8 - k * 8)),
    ];
    if (first < this.size) code.push(...adjustBy(BigInt(first - this.size)));
    return code;
  }

  /** Restores registers and sp. */
  epilogue(): MachineInstruction[] {
    if (this.size === 0) return [];
    const first = this.firstStep();
    const code = first < this.size ? adjustBy(BigInt(this.size - first)) : [];
    code.push(
      ...this.saved.map((register, k) => access(loadOp(register), register, first - 8 - k * 8)),
      adjust(first),
    );
    return code;
  }

  private firstStep(): number {
    return this.isLarge ? (this.saved.length * 8 + 15) & ~15 : this.size;
  }

  /** Distance from sp of a spill slot. */
  slotOffset(slot: number): number {
    return this.slotsStart + slot * 8;
  }

  /** Distance from sp of an incoming stack argument. */
  argumentOffset(index: number): number {
    return this.size + index * 8;
  }

  /** Loads a register from the 8 bytes at sp + offset, however far that is. */
  load(register: number, offset: number, op = loadOp(register)): MachineInstruction[] {
    return this.access(op, register, offset);
  }

  /** Stores a register in the 8 bytes at sp + offset. */
  store(register: number, offset: number): MachineInstruction[] {
    return this.access(storeOp(register), register, offset);
  }

  private access(op: AccessOp, register: number, offset: number): MachineInstruction[] {
    if (offset <= LARGEST_DISPLACEMENT) return [access(op, register, offset)];
    const base = op === "ld" ? register : FRAME_SCRATCH;
    const code: MachineInstruction[] = [
      { op: "li", rd: base, uses: [], imm: 0, constant: BigInt(offset) },
      { op: "add", rd: base, uses: [base, reg.sp], imm: 0 },
    ];
    return [...code, access(op, register, 0, base)];
  }
}

const adjust = (bytes: number): MachineInstruction => ({
  op: "addi",
  rd: reg.sp,
  uses: [reg.sp],
  imm: bytes,
});

const adjustBy = (bytes: bigint): MachineInstruction[] => [
  { op: "li", rd: FRAME_SCRATCH, uses: [], imm: 0, constant: bytes },
  { op: "add", rd: reg.sp, uses: [reg.sp, FRAME_SCRATCH], imm: 0 },
];

type AccessOp = Extract<MachineOp, "ld" | "fld" | "flw" | "sd" | "fsd">;

const loadOp = (register: number): AccessOp => (isMachineFloat(register) ? "fld" : "ld");
const storeOp = (register: number): AccessOp => (isMachineFloat(register) ? "fsd" : "sd");

function access(op: AccessOp, register: number, offset: number, base: number = reg.sp): MachineInstruction {
  if (op === "sd" || op === "fsd") return { op, rd: NONE, uses: [register, base], imm: offset };
  return { op, rd: register, uses: [base], imm: offset };
}
