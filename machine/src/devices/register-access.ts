// Access rules of devices whose registers are 32 bits wide: whole, aligned registers only, or two neighbours at once.
// Anything else is an access fault, as on QEMU's board.
import { BusError } from "../device";

const WORD_MASK = 0xffff_ffffn;

/** Reads 4 or 8 aligned bytes through `readWord`, the low word first. @throws BusError for any other access */
export function readWords(offset: number, bytes: number, readWord: (offset: number) => number): bigint {
  checkWordAccess(offset, bytes);
  const low = BigInt(readWord(offset) >>> 0);
  return bytes === 4 ? low : low | (BigInt(readWord(offset + 4) >>> 0) << 32n);
}

/** Writes 4 or 8 aligned bytes through `writeWord`, the low word first. @throws BusError for any other access */
export function writeWords(
  offset: number,
  bytes: number,
  value: bigint,
  writeWord: (offset: number, value: number) => void,
): void {
  checkWordAccess(offset, bytes);
  writeWord(offset, Number(value & WORD_MASK));
  if (bytes === 8) writeWord(offset + 4, Number((value >> 32n) & WORD_MASK));
}

function checkWordAccess(offset: number, bytes: number): void {
  if ((bytes !== 4 && bytes !== 8) || offset % bytes !== 0)
    throw new BusError(
      `an access of ${bytes} bytes at offset 0x${offset.toString(16)} reaches no whole register`,
    );
}
