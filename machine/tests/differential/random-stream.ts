// Random instruction streams: RV64IMAFDC with Zba, Zbb and Zbs, memory accesses in a scratch area, branches forward only (so that
// every stream ends), CSRs whose values two machines must agree on, and instructions that trap.
import { encode } from "../../../compiler/src/assembler/encode";
import { instruction } from "../../../compiler/src/assembler/instruction";
import { type Encoding, OPCODES, type Opcode } from "../../../compiler/src/assembler/opcodes";
import type { Random } from "../../src/test-support/random";
import { floatLoad, floatStore, type Width } from "../float/encode";
import { OPERATIONS, withRounding } from "../float/operations";
import * as c from "./compressed";

/** Registers a stream never writes: the scratch area's beginning, its middle, and the address of atomics. */
export const SCRATCH_START = 2;
export const SCRATCH_MIDDLE = 8;
export const ATOMIC_ADDRESS = 9;
/** Bytes of the scratch area; loads and stores reach all of it. */
export const SCRATCH_SIZE = 4096;

/** An instruction whose encoding may depend on where later ones are. */
interface Piece {
  bytes: 2 | 4;
  /** @param distance bytes from this piece to the one `skip` pieces later */
  encode(distance: number): number;
  skip: number;
  /** Depends on the piece before it, so nothing may jump here. */
  continued?: boolean;
}

const word = (value: number): Piece => ({ bytes: 4, encode: () => value, skip: 0 });
const half = (value: number): Piece => ({ bytes: 2, encode: () => value, skip: 0 });

const RESERVED = new Set<number>([SCRATCH_START, SCRATCH_MIDDLE, ATOMIC_ADDRESS]);
const WRITABLE = Array.from({ length: 32 }, (_, index) => index).filter((index) => !RESERVED.has(index));
const WRITABLE_NONZERO = WRITABLE.filter((index) => index !== 0);
/** Registers the short forms can name. */
const SHORT = [8, 9, 10, 11, 12, 13, 14, 15];
const SHORT_WRITABLE = SHORT.filter((index) => !RESERVED.has(index));

/** The integer instructions; those with f registers have makers of their own. */
const entries = (Object.entries(OPCODES) as [Opcode, Encoding][]).filter(([, { floats }]) => !floats);
const withFormat = (...formats: Encoding["format"][]): Opcode[] =>
  entries.filter(([, { format }]) => formats.includes(format)).map(([op]) => op);
const REGISTER_OPS = withFormat("R");
/** QEMU 7.2 counts beyond bit 31 in ctzw (mended in 8.0). */
const UNARY_OPS = withFormat("unary").filter((op) => op !== "ctzw");
const IMMEDIATE_OPS = withFormat("I").filter((op) => op !== "jalr");
const SHIFT_OPS = withFormat("shift", "shiftW");
const UPPER_OPS = withFormat("U");
const LOAD_OPS = withFormat("load");
const STORE_OPS = withFormat("store");
const BRANCH_OPS = withFormat("branch");
const ATOMIC_OPS = withFormat("atomic").filter((op) => !op.startsWith("sc."));
const CSR_OPS = withFormat("csr");
const CSR_IMMEDIATE_OPS = withFormat("csrImm");

/** CSRs that hold what is written: sscratch, stval. (sepc has a bit that is always 0, which QEMU 7.2 lets be written.) */
const PLAIN_CSRS = [0x140, 0x143];
/** CSRs that read the same everywhere: mhartid, mcause, mepc. */
const READABLE_CSRS = [0xf14, 0x342, 0x341];

/** fflags, frm, fcsr */
const FLOAT_CSRS = [1, 2, 3];
/** Values of rm: the five modes, and frm's, which may be a reserved one. */
const ROUNDING_MODES = [0, 1, 2, 3, 4, 7, 7];

/** Words no implementation without V and the hypervisor knows, and CSR accesses nobody may make. */
const ILLEGAL_WORDS = [
  0xffff_ffff, // all ones
  0x0600_7053, // fadd.q
  0xd240_7053, // a conversion from an integer that does not exist
  0x0000_705b, // custom-2
  0x8ff0_1073, // csrrw x0, 0x8ff, x0: no such CSR
  0xf140_9073, // csrrw x0, mhartid, x1: read-only
  0x0000_8067 | (1 << 12), // jalr with funct3 1
];
const ECALL = 0x0000_0073;
const ILLEGAL_HALF = 0x0000;
/** Addresses at which neither machine has anything. */
const BAD_ADDRESSES = [0x500, -8];

type Maker = (random: Random) => Piece[];

const signed12 = (random: Random): number => random.below(4096) - 2048;
const any = (random: Random): number => random.below(32);
const skip = (random: Random): number => 1 + random.below(6);

const makers: [weight: number, maker: Maker][] = [
  [
    12,
    (r) => [
      word(encode(instruction(r.pick(REGISTER_OPS), { rd: r.pick(WRITABLE), rs1: any(r), rs2: any(r) }))),
    ],
  ],
  [3, (r) => [word(encode(instruction(r.pick(UNARY_OPS), { rd: r.pick(WRITABLE), rs1: any(r) })))]],
  [
    6,
    (r) => [
      word(
        encode(instruction(r.pick(IMMEDIATE_OPS), { rd: r.pick(WRITABLE), rs1: any(r), imm: signed12(r) })),
      ),
    ],
  ],
  [4, (r) => [shift(r)]],
  [2, (r) => [word(encode(instruction(r.pick(UPPER_OPS), { rd: r.pick(WRITABLE), imm: r.below(1 << 20) })))]],
  [5, (r) => [word(encode(instruction(r.pick(LOAD_OPS), { rd: r.pick(WRITABLE), ...place(r) })))]],
  [5, (r) => [word(encode(instruction(r.pick(STORE_OPS), { rs2: any(r), ...place(r) })))]],
  [10, (r) => [float(r)]],
  [3, (r) => [floatAccess(r)]],
  [1, (r) => [floatCsr(r)]],
  [4, atomic],
  [1, reservation],
  [4, (r) => [branch(r)]],
  [1, jump],
  [12, (r) => [compressed(r)]],
  [1, (r) => [csr(r)]],
  [1, (r) => [r.chance(3) ? half(ILLEGAL_HALF) : word(r.chance(3) ? ECALL : r.pick(ILLEGAL_WORDS))]],
  [1, badAccess],
];

/** The bytes of a stream of about `length` instructions, without anything that ends it. */
export function randomStream(random: Random, length: number): Uint8Array {
  const pieces: Piece[] = [];
  while (pieces.length < length)
    pieces.push(
      ...random
        .pickWeighted(makers)(random)
        .map((piece, index) => ({ ...piece, continued: index > 0 })),
    );
  return assemble(pieces);
}

function assemble(pieces: readonly Piece[]): Uint8Array {
  const offsets = [0];
  for (const piece of pieces) offsets.push(offsets.at(-1)! + piece.bytes);
  const bytes = new Uint8Array(offsets.at(-1)!);
  const view = new DataView(bytes.buffer);
  pieces.forEach((piece, index) => {
    const at = offsets[index]!;
    let targetIndex = Math.min(index + piece.skip, pieces.length);
    while (pieces[targetIndex]?.continued) targetIndex++;
    const target = offsets[targetIndex]!;
    if (piece.bytes === 2) view.setUint16(at, piece.encode(target - at), true);
    else view.setUint32(at, piece.encode(target - at), true);
  });
  return bytes;
}

/** A base register and an offset inside the scratch area, of any alignment. */
function place(random: Random): { rs1: number; imm: number } {
  const room = 16;
  if (random.chance(2)) return { rs1: SCRATCH_START, imm: random.below(2048 - room) };
  return { rs1: SCRATCH_MIDDLE, imm: random.below(4096 - room) - 2048 };
}

function shift(random: Random): Piece {
  const op = random.pick(SHIFT_OPS);
  const imm = random.below(OPCODES[op].format === "shift" ? 64 : 32);
  return word(encode(instruction(op, { rd: random.pick(WRITABLE), rs1: any(random), imm })));
}

/** Points the address register into the scratch area. */
function atomicAddress(random: Random, misaligned = 0): Piece {
  const imm = random.below(250) * 8 + misaligned;
  return word(encode(instruction("addi", { rd: ATOMIC_ADDRESS, rs1: SCRATCH_START, imm })));
}

function atomic(random: Random): Piece[] {
  const fields = { rd: random.pick(WRITABLE), rs1: ATOMIC_ADDRESS, rs2: any(random), imm: random.below(4) };
  // A misaligned reservation traps. (So does any atomic, but QEMU 7.2 calls the others' cause a load.)
  if (random.chance(10)) {
    const reserve = encode(instruction("lr.d", { rd: fields.rd, rs1: ATOMIC_ADDRESS }));
    return [atomicAddress(random, random.below(8)), word(reserve)];
  }
  return [atomicAddress(random), word(encode(instruction(random.pick(ATOMIC_OPS), fields)))];
}

/** A reservation and the store that needs it, or that store alone, which must fail. */
function reservation(random: Random): Piece[] {
  const size = random.pick(["w", "d"] as const);
  const load = word(encode(instruction(`lr.${size}`, { rd: random.pick(WRITABLE), rs1: ATOMIC_ADDRESS })));
  const fields = { rd: random.pick(WRITABLE), rs1: ATOMIC_ADDRESS, rs2: any(random) };
  const store = word(encode(instruction(`sc.${size}`, fields)));
  return random.chance(3) ? [atomicAddress(random), store] : [atomicAddress(random), load, store, store];
}

function branch(random: Random): Piece {
  const made = instruction(random.pick(BRANCH_OPS), {
    rs1: any(random),
    rs2: random.chance(4) ? 0 : any(random),
  });
  return { bytes: 4, encode: (distance) => encode(made, distance), skip: skip(random) };
}

/** jal, or jalr through a register that auipc has just set; both forward. */
function jump(random: Random): Piece[] {
  const rd = random.pick(WRITABLE);
  if (random.chance(2))
    return [
      { bytes: 4, encode: (distance) => encode(instruction("jal", { rd }), distance), skip: skip(random) },
    ];
  const rs1 = random.pick(WRITABLE_NONZERO);
  return [
    word(encode(instruction("auipc", { rd: rs1 }))),
    {
      bytes: 4,
      encode: (distance) => encode(instruction("jalr", { rd, rs1, imm: distance + 4 })),
      skip: skip(random),
    },
  ];
}

/** Any computing instruction, its registers replaced by random ones. */
function float(random: Random): Piece {
  const operation = random.pick(OPERATIONS);
  const rd = operation.writes === "x" ? random.pick(WRITABLE) : any(random);
  let bits = (operation.word & ~((31 << 7) | (31 << 15))) | (rd << 7) | (any(random) << 15);
  if (operation.reads >= 2) bits = (bits & ~(31 << 20)) | (any(random) << 20);
  if (operation.reads === 3) bits = (bits & 0x07ff_ffff) | (any(random) << 27);
  return word(operation.isRounding ? withRounding(bits, random.pick(ROUNDING_MODES)) : bits >>> 0);
}

function floatAccess(random: Random): Piece {
  const { rs1, imm } = place(random);
  const access = random.chance(2) ? floatLoad : floatStore;
  return word(access(random.pick<Width>(["w", "d"]), any(random), rs1, imm));
}

function floatCsr(random: Random): Piece {
  const fields = { rd: random.pick(WRITABLE), rs1: any(random), imm: random.pick(FLOAT_CSRS) };
  return word(encode(instruction(random.pick(random.chance(2) ? CSR_OPS : CSR_IMMEDIATE_OPS), fields)));
}

function csr(random: Random): Piece {
  if (random.chance(3))
    return word(
      encode(instruction("csrrs", { rd: random.pick(WRITABLE), rs1: 0, imm: random.pick(READABLE_CSRS) })),
    );
  const fields = { rd: random.pick(WRITABLE), rs1: any(random), imm: random.pick(PLAIN_CSRS) };
  return word(encode(instruction(random.pick(random.chance(2) ? CSR_OPS : CSR_IMMEDIATE_OPS), fields)));
}

/** A load or store where nothing is: an access fault. */
function badAccess(random: Random): Piece[] {
  const imm = random.pick(BAD_ADDRESSES);
  if (random.chance(2))
    return [word(encode(instruction(random.pick(LOAD_OPS), { rd: random.pick(WRITABLE), rs1: 0, imm })))];
  return [word(encode(instruction(random.pick(STORE_OPS), { rs1: 0, rs2: any(random), imm })))];
}

function compressed(random: Random): Piece {
  const rd = random.pick(WRITABLE_NONZERO);
  const rs2 = 1 + random.below(31);
  const short = random.pick(SHORT_WRITABLE);
  const other = random.pick(SHORT);
  const imm6 = random.below(64);
  const nonzero6 = 1 + random.below(63);
  const choices: (() => Piece)[] = [
    () => half(c.cAddi4spn(short, 4 * (1 + random.below(255)))),
    () => half(c.cWord(2, short, SCRATCH_MIDDLE, 4 * random.below(32))),
    () => half(c.cDouble(3, short, SCRATCH_MIDDLE, 8 * random.below(32))),
    () => half(c.cWord(6, other, SCRATCH_MIDDLE, 4 * random.below(32))),
    () => half(c.cDouble(7, other, SCRATCH_MIDDLE, 8 * random.below(32))),
    () => half(c.ci(1, 0, rd, imm6)),
    () => half(c.ci(1, 1, rd, imm6)),
    () => half(c.ci(1, 2, rd, imm6)),
    () => half(c.cLui(rd, nonzero6)),
    () => half(c.cShiftAnd(random.below(2), short, nonzero6)),
    () => half(c.cShiftAnd(2, short, imm6)),
    () => half(c.cArithmetic(0, random.below(4), short, other)),
    () => half(c.cArithmetic(1, random.below(2), short, other)),
    () => half(c.ci(2, 0, rd, nonzero6)),
    () => half(c.cLwsp(rd, 4 * random.below(64))),
    () => half(c.cLdsp(rd, 8 * random.below(64))),
    () => half(c.cSwsp(any(random), 4 * random.below(64))),
    () => half(c.cSdsp(any(random), 8 * random.below(64))),
    () => half(c.cDouble(1, short, SCRATCH_MIDDLE, 8 * random.below(32))), // c.fld
    () => half(c.cDouble(5, other, SCRATCH_MIDDLE, 8 * random.below(32))), // c.fsd
    () => half(c.cFldsp(any(random), 8 * random.below(64))),
    () => half(c.cFsdsp(any(random), 8 * random.below(64))),
    () => half(c.cMoveAdd(random.below(2), rd, rs2)),
    () => ({ bytes: 2, encode: (distance) => c.cJump(distance), skip: skip(random) }),
    () => ({
      bytes: 2,
      encode: (distance) => c.cBranch(6 + random.below(2), other, distance),
      skip: skip(random),
    }),
  ];
  return random.pick(choices)();
}
