// Encodings of the C extension, written from the manual's tables and not shared with the compiler, so that a mistake in one of
// them shows. (RISC-V unprivileged ISA, chapter "C", tables of instruction listings.)

const bits = (value: number, high: number, low: number): number =>
  (value >> low) & ((1 << (high - low + 1)) - 1);

/** CI format: funct3, a register, a 6-bit immediate split 1 + 5. */
export function ci(quadrant: number, funct3: number, rd: number, imm: number): number {
  return (funct3 << 13) | (bits(imm, 5, 5) << 12) | (rd << 7) | (bits(imm, 4, 0) << 2) | quadrant;
}

/** c.lui: imm is the signed number of 4 KiB units, not 0. */
export const cLui = (rd: number, imm: number): number => ci(1, 3, rd, imm);

/** c.addi4spn: rd' = sp + imm, imm a nonzero multiple of 4 below 1024. */
export function cAddi4spn(rd: number, imm: number): number {
  return (
    (bits(imm, 5, 4) << 11) |
    (bits(imm, 9, 6) << 7) |
    (bits(imm, 2, 2) << 6) |
    (bits(imm, 3, 3) << 5) |
    ((rd - 8) << 2)
  );
}

/** c.lw, c.sw (funct3 2 and 6): offset a multiple of 4 below 128. */
export function cWord(funct3: number, register: number, base: number, offset: number): number {
  return (
    (funct3 << 13) |
    (bits(offset, 5, 3) << 10) |
    ((base - 8) << 7) |
    (bits(offset, 2, 2) << 6) |
    (bits(offset, 6, 6) << 5) |
    ((register - 8) << 2)
  );
}

/** c.ld, c.sd (funct3 3 and 7), c.fld, c.fsd (1 and 5): offset a multiple of 8 below 256. */
export function cDouble(funct3: number, register: number, base: number, offset: number): number {
  return (
    (funct3 << 13) |
    (bits(offset, 5, 3) << 10) |
    ((base - 8) << 7) |
    (bits(offset, 7, 6) << 5) |
    ((register - 8) << 2)
  );
}

/** c.lwsp: offset a multiple of 4 below 256. */
export const cLwsp = (rd: number, offset: number): number =>
  (2 << 13) |
  (bits(offset, 5, 5) << 12) |
  (rd << 7) |
  (bits(offset, 4, 2) << 4) |
  (bits(offset, 7, 6) << 2) |
  2;

/** c.ldsp: offset a multiple of 8 below 512. */
export const cLdsp = (rd: number, offset: number): number =>
  (3 << 13) |
  (bits(offset, 5, 5) << 12) |
  (rd << 7) |
  (bits(offset, 4, 3) << 5) |
  (bits(offset, 8, 6) << 2) |
  2;

/** c.fldsp: offset a multiple of 8 below 512. */
export const cFldsp = (rd: number, offset: number): number =>
  (1 << 13) |
  (bits(offset, 5, 5) << 12) |
  (rd << 7) |
  (bits(offset, 4, 3) << 5) |
  (bits(offset, 8, 6) << 2) |
  2;

/** c.swsp: offset a multiple of 4 below 256. */
export const cSwsp = (rs2: number, offset: number): number =>
  (6 << 13) | (bits(offset, 5, 2) << 9) | (bits(offset, 7, 6) << 7) | (rs2 << 2) | 2;

/** c.sdsp: offset a multiple of 8 below 512. */
export const cSdsp = (rs2: number, offset: number): number =>
  (7 << 13) | (bits(offset, 5, 3) << 10) | (bits(offset, 8, 6) << 7) | (rs2 << 2) | 2;

/** c.fsdsp: offset a multiple of 8 below 512. */
export const cFsdsp = (rs2: number, offset: number): number =>
  (5 << 13) | (bits(offset, 5, 3) << 10) | (bits(offset, 8, 6) << 7) | (rs2 << 2) | 2;

/** c.srli, c.srai, c.andi by kind 0, 1, 2: rd' and a 6-bit immediate. */
export const cShiftAnd = (kind: number, rd: number, imm: number): number =>
  (4 << 13) | (bits(imm, 5, 5) << 12) | (kind << 10) | ((rd - 8) << 7) | (bits(imm, 4, 0) << 2) | 1;

/** c.sub, c.xor, c.or, c.and (wide = 0, kind 0 to 3) and c.subw, c.addw (wide = 1, kind 0 and 1). */
export const cArithmetic = (wide: number, kind: number, rd: number, rs2: number): number =>
  (4 << 13) | (wide << 12) | (3 << 10) | ((rd - 8) << 7) | (kind << 5) | ((rs2 - 8) << 2) | 1;

/** c.mv (link = 0) and c.add (link = 1); rs2 is not x0. */
export const cMoveAdd = (link: number, rd: number, rs2: number): number =>
  (4 << 13) | (link << 12) | (rd << 7) | (rs2 << 2) | 2;

/** c.j: offset a multiple of 2 in ±2 KiB. */
export function cJump(offset: number): number {
  const imm =
    (bits(offset, 11, 11) << 10) |
    (bits(offset, 4, 4) << 9) |
    (bits(offset, 9, 8) << 7) |
    (bits(offset, 10, 10) << 6) |
    (bits(offset, 6, 6) << 5) |
    (bits(offset, 7, 7) << 4) |
    (bits(offset, 3, 1) << 1) |
    bits(offset, 5, 5);
  return (5 << 13) | (imm << 2) | 1;
}

/** c.beqz, c.bnez (funct3 6 and 7): offset a multiple of 2 in ±256 bytes. */
export function cBranch(funct3: number, rs1: number, offset: number): number {
  const high = (bits(offset, 8, 8) << 2) | bits(offset, 4, 3);
  const low = (bits(offset, 7, 6) << 3) | (bits(offset, 2, 1) << 1) | bits(offset, 5, 5);
  return (funct3 << 13) | (high << 10) | ((rs1 - 8) << 7) | (low << 2) | 1;
}
