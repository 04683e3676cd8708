/** The machine code of functions, by name. */
import { PROGRAM_TEXT_BASE } from "@rel4/abi";
import type { ProgramImage } from "@rel4/image";
import type { Machine } from "@rel4/machine";
import { findEnvironmentCalls } from "./landmarks";

/** A function: virtual address and code. */
export interface FunctionCode {
  address: bigint;
  code: Uint8Array;
}

export function userFunction({ text, functions }: ProgramImage, name: string): FunctionCode | undefined {
  const found = functions.find((candidate) => candidate.name === name);
  if (!found) return undefined;
  const begin = found.address - PROGRAM_TEXT_BASE;
  return { address: BigInt(found.address), code: text.subarray(begin, begin + found.size) };
}

/** The kernel of a machine into which an image was loaded. Its virtual addresses are physical ones, sign-extended. */
export class KernelCode {
  private readonly names = new Map<string, FunctionCode>();

  constructor(machine: Machine) {
    const symbols = machine.symbols;
    const entry = symbols?.addressOf(FIRST_FUNCTION);
    if (!symbols || entry === undefined) return;
    const text = machine.memory.read(BigInt.asUintN(32, entry), MOST_TEXT);
    for (let at = 0; at < text.length; ) {
      const found = symbols.lookup(entry + BigInt(at));
      let end = at + 2;
      while (end < text.length && symbols.lookup(entry + BigInt(end))?.name === found?.name) end += 2;
      if (found) this.names.set(found.name, { address: entry + BigInt(at), code: text.subarray(at, end) });
      at = end;
    }
  }

  function(name: string): FunctionCode | undefined {
    return this.names.get(name);
  }

  /** Addresses of all instructions that call the firmware. */
  firmwareCalls(): bigint[] {
    return [...this.names.values()].flatMap(({ address, code }) =>
      findEnvironmentCalls(code).map((offset) => address + BigInt(offset)),
    );
  }
}

const FIRST_FUNCTION = "trapEntry";
/** More than the kernel's code has, less than lies behind it in memory. */
const MOST_TEXT = 0x2_0000;
