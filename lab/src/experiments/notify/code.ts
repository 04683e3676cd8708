/** The machine code of functions, by name. */
import { PROGRAM_TEXT_BASE } from "@rel4/abi";
import type { ProgramImage } from "@rel4/image";
import type { Machine } from "@rel4/machine";
import { LabError } from "../../errors";

/** A function: name, virtual address and code. */
export interface FunctionCode {
  name: string;
  address: bigint;
  code: Uint8Array;
}

/**
 * The function called `wanted`, or all whose names match it.
 * @throws LabError when there is none of that name
 */
export function functionsOf(wanted: string | RegExp, functions: readonly FunctionCode[]): FunctionCode[] {
  if (wanted instanceof RegExp) return functions.filter(({ name }) => wanted.test(name));
  const found = functions.find(({ name }) => name === wanted);
  if (!found) throw new LabError(`there is no function ${wanted} any more`);
  return [found];
}

/** The functions of a program. */
export function programFunctions({ text, functions }: ProgramImage): FunctionCode[] {
  return functions.map(({ name, address, size }) => {
    const begin = address - PROGRAM_TEXT_BASE;
    return { name, address: BigInt(address), code: text.subarray(begin, begin + size) };
  });
}

/** The kernel's functions, in a machine into which an image was loaded. Its virtual addresses are physical ones, sign-extended. */
export function kernelFunctions({ symbols, memory }: Machine): FunctionCode[] {
  const entry = symbols?.addressOf(FIRST_FUNCTION);
  if (!symbols || entry === undefined) return [];
  const text = memory.read(BigInt.asUintN(32, entry), MOST_TEXT);
  const functions: FunctionCode[] = [];
  for (let at = 0; at < text.length; ) {
    const found = symbols.lookup(entry + BigInt(at));
    let end = at + 2;
    while (end < text.length && symbols.lookup(entry + BigInt(end))?.name === found?.name) end += 2;
    if (found)
      functions.push({
        name: moduleName(found.name),
        address: entry + BigInt(at),
        code: text.subarray(at, end),
      });
    at = end;
  }
  return functions;
}

/** Kernels built with options name modules by their place in the repository, others by their place among the kernel's sources. */
const moduleName = (symbol: string) => symbol.replace(/^kernel\/src\//, "");

const FIRST_FUNCTION = "trapEntry";
/** More than the kernel's code has, less than lies behind it in memory. */
const MOST_TEXT = 0x2_0000;
