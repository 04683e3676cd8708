/** Names for program counters: the program's symbol table in the bundle. */
import { PROGRAM_TEXT_BASE } from "../../abi/src/program-layout";
import { TextBuffer } from "../../runtime/src/text-buffer";
import { ProgramRecord } from "./bundle";

/** Bytes of a symbol record: address, address of a zero-terminated name. */
const RECORD_SIZE: u32 = 8;

/** Appends `function+0xoffset` for a program counter, or "unknown code" outside all functions. */
export function appendSymbol(program: ProgramRecord, pc: u64): void {
  let low: u32 = 0;
  let high = program.symbolCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (<u64>load<u32>(program.symbols + middle * RECORD_SIZE) <= pc) low = middle + 1;
    else high = middle;
  }
  const textEnd = <u64>PROGRAM_TEXT_BASE + ((<u64>program.textPages) << 12);
  if (low == 0 || pc >= textEnd) {
    TextBuffer.text("unknown code");
    return;
  }
  const record = program.symbols + (low - 1) * RECORD_SIZE;
  TextBuffer.zeroTerminated(load<u32>(record + 4));
  TextBuffer.byte(0x2b); // +
  TextBuffer.hexadecimal(pc - load<u32>(record));
}
