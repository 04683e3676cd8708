/** Reads constants out of a wasm module through functions that only return them. */
import type { WasmModule } from "../wasm/module";

const GLOBAL_GET = 0x23;
const I32_CONST = 0x41;

/** A signed LEB128 number. */
function signedLeb(bytes: Uint8Array, start: number): number {
  let value = 0;
  let shift = 0;
  for (let at = start; ; at++) {
    const byte = bytes[at]!;
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte & 0x80) continue;
    return shift < 32 && byte & 0x40 ? value | (-1 << shift) : value;
  }
}

/**
 * The u32 that an exported function without locals returns as its first and only act.
 * @throws Error when the function is missing or does something else
 */
export function functionConstant(module: WasmModule, name: string): number {
  const index = module.exports.get(name);
  const body = index === undefined ? undefined : module.functions[index];
  if (!body) throw new Error(`the module does not export ${name}`);
  const at = body.bodyStart;
  if (module.bytes[at] === 0 && module.bytes[at + 1] === I32_CONST) {
    return signedLeb(module.bytes, at + 2) >>> 0;
  }
  if (module.bytes[at] === 0 && module.bytes[at + 1] === GLOBAL_GET) {
    const global = module.globals[signedLeb(module.bytes, at + 2)];
    if (global) return Number(BigInt.asUintN(32, global.initial));
  }
  throw new Error(`${name} does not return a constant`);
}
