/** Reading the start-info page, which the root server maps read-only into every program (abi/src/start-info.ts). */
import { PROGRAM_START_INFO } from "../../abi/src/program-layout";

/** The 32-bit field at byte `offset` of the page. */
export function startInfoWord(offset: u32): u32 {
  return load<u32>(PROGRAM_START_INFO + offset);
}

/** The string whose offset and length stand at byte `offset` of the page. */
export function startInfoString(offset: u32): string {
  const at = PROGRAM_START_INFO + startInfoWord(offset);
  return String.UTF8.decodeUnsafe(at, startInfoWord(offset + 4));
}
