/** Where a compiled program shows that an operation begins or ends (guests/notify/stages.ts). */
import { PROGRAM_TEXT_BASE } from "@rel4/abi";
import type { ProgramImage } from "@rel4/image";
import { BEGIN_COUNTER, END_COUNTER } from "../../../guests/notify/stage-protocol";

/** Bits of `csrrs rd, counter, x0` but those of rd. */
const CSR_READ = 0x2073;
const WITHOUT_RD = 0xffff_f07f;

/** An instruction that marks something. */
export interface Marker {
  name: "begin" | "end";
  /** User virtual address. */
  address: number;
}

/**
 * All markers of a program, in the order of their addresses.
 * Text may hold the same bits by chance only where no instruction begins: such an address is never executed.
 */
export function findMarkers({ text, functions }: ProgramImage): Marker[] {
  const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
  const markers: Marker[] = [];
  for (const { address, size } of functions) {
    const begin = address - PROGRAM_TEXT_BASE;
    for (let at = begin; at + 4 <= begin + size; at += 2) {
      const name = nameOf(view.getUint32(at, true));
      if (name) markers.push({ name, address: PROGRAM_TEXT_BASE + at });
    }
  }
  return markers;
}

function nameOf(word: number): Marker["name"] | undefined {
  const read = (word & WITHOUT_RD) >>> 0;
  if (read === ((BEGIN_COUNTER << 20) | CSR_READ) >>> 0) return "begin";
  return read === ((END_COUNTER << 20) | CSR_READ) >>> 0 ? "end" : undefined;
}
