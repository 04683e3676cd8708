/**
 * Places inside functions that compiled code is recognised by: where a fast path, one function without calls, passes from
 * one stage to the next.
 */
import { LabError } from "../../errors";

/** What kind of instruction a stage begins with. */
export type Landmark =
  /** The first store: until then everything was only checked. */
  | "first store"
  /** The message's length is taken out of its info word. */
  | "message length"
  /** The address space changes. */
  | "satp written";

const OPCODE_STORE = 0x23;
const ENVIRONMENT_CALL = 0x73;
const AND_LENGTH = (127 << 20) | (7 << 12) | 0x13;
const WITHOUT_REGISTERS = 0xfff0_707f;
const WRITE_SATP = (0x180 << 20) | (1 << 12) | 0x73;

/** Offset of a landmark in a function's code, in bytes. @throws LabError when it has none */
export function landmarkOf(code: Uint8Array, landmark: Landmark, name: string): number {
  const offset = findLandmark(code, landmark);
  if (offset === undefined) throw new LabError(`${name} has no place "${landmark}" any more`);
  return offset;
}

/** The same, or undefined when there is none. */
export function findLandmark(code: Uint8Array, landmark: Landmark): number | undefined {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (let at = 0; at + 2 <= code.length; ) {
    const half = view.getUint16(at, true);
    const isLong = (half & 3) === 3;
    const word = isLong && at + 4 <= code.length ? view.getUint32(at, true) : half;
    if (isLong ? matches(word, landmark) : landmark === "first store" && isShortStore(half)) return at;
    at += isLong ? 4 : 2;
  }
  return undefined;
}

function matches(word: number, landmark: Landmark): boolean {
  switch (landmark) {
    case "first store":
      return (word & 0x7f) === OPCODE_STORE;
    case "message length":
      return (word & WITHOUT_REGISTERS) === AND_LENGTH;
    case "satp written":
      return (word & WITHOUT_REGISTERS) === WRITE_SATP;
  }
}

/** c.sw, c.sd; those relative to the stack pointer save registers of the function itself. */
function isShortStore(half: number): boolean {
  return (half & 3) === 0 && half >> 14 === 3;
}

/** Offsets of all `ecall` in code. */
export function findEnvironmentCalls(code: Uint8Array): number[] {
  return findWords(code, (word) => word === ENVIRONMENT_CALL);
}

/** `ld sp, 8(rs1)` but for the number of rs1. */
const LOAD_STACK_POINTER = (8 << 20) | (3 << 12) | (2 << 7) | 0x03;
const WITHOUT_RS1 = 0xfff0_7fff;

/**
 * Offsets behind the instructions that load another stack pointer from a coroutine's record, where its code goes on: the
 * compiler's intrinsic switchStack. Returning functions load theirs from their own stack.
 */
export function findStackSwitches(code: Uint8Array): number[] {
  return findWords(
    code,
    (word) => (word & WITHOUT_RS1) === LOAD_STACK_POINTER && ((word >> 15) & 31) !== 2,
  ).map((offset) => offset + 4);
}

function findWords(code: Uint8Array, isWanted: (word: number) => boolean): number[] {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const found: number[] = [];
  for (let at = 0; at + 4 <= code.length; at += (view.getUint16(at, true) & 3) === 3 ? 4 : 2)
    if (isWanted(view.getUint32(at, true))) found.push(at);
  return found;
}
