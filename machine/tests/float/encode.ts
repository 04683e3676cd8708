// Encodings of floating-point loads and stores, written from the manual's listings and not shared with the compiler, and the other
// instructions by name. (RISC-V unprivileged ISA, chapters "F", "D" and "C".)
import { OPERATIONS, withRounding } from "./operations";

const OPCODE_LOAD = 0x07;
const OPCODE_STORE = 0x27;
const WIDTHS = { w: 2, d: 3 } as const;
export type Width = keyof typeof WIDTHS;

/** flw, fld */
export const floatLoad = (width: Width, rd: number, base: number, offset: number): number =>
  (((offset & 0xfff) << 20) | (base << 15) | (WIDTHS[width] << 12) | (rd << 7) | OPCODE_LOAD) >>> 0;

/** fsw, fsd */
export const floatStore = (width: Width, rs2: number, base: number, offset: number): number =>
  ((((offset >> 5) & 0x7f) << 25) |
    (rs2 << 20) |
    (base << 15) |
    (WIDTHS[width] << 12) |
    ((offset & 31) << 7) |
    OPCODE_STORE) >>>
  0;

/** An instruction by name, with the rounding mode `rm` where it has one: it reads f1, f2, f3 or x5 and writes f10 or x10. */
export function floatOperation(name: string, rm = 0): number {
  const found = OPERATIONS.find((operation) => operation.name === name);
  if (!found) throw new Error(`no floating-point instruction is called ${name}`);
  return found.isRounding ? withRounding(found.word, rm) : found.word;
}
