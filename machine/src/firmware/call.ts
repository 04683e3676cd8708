// One call of the supervisor binary interface: its arguments, its result, and what all extensions share.
// (RISC-V SBI Specification 2.0, chapter 3.)
import type { FirmwareHost } from "../board";
import type { Console } from "../devices/console";
import type { Hart } from "../hart";

/** Error codes of section 3.1, returned in a0. */
export const SbiError = {
  success: 0n,
  failed: -1n,
  notSupported: -2n,
  invalidParameter: -3n,
  denied: -4n,
  invalidAddress: -5n,
  alreadyAvailable: -6n,
} as const;

/** What goes back in a0 and a1. */
export interface SbiResult {
  error: bigint;
  value: bigint;
}

/** What an extension works with: the calling hart, its argument registers, the machine and the console. */
export interface SbiCall {
  hart: Hart;
  /** a6 */
  functionId: bigint;
  /** a0 to a5, unsigned. */
  argument(index: number): bigint;
  host: FirmwareHost;
  console: Console;
}

/** An extension: a group of functions under one number. */
export interface SbiExtension {
  /** a7 */
  id: number;
  call(call: SbiCall): SbiResult;
}

/** A result without an error. */
export function success(value = 0n): SbiResult {
  return { error: SbiError.success, value };
}

/** A result with an error and no value. */
export function failure(error: keyof typeof SbiError): SbiResult {
  return { error: SbiError[error], value: 0n };
}

/** True when `[address, address + length)` lies in RAM; physical addresses. */
export function inRam(host: FirmwareHost, address: bigint, length: bigint): boolean {
  const base = BigInt(host.memory.base);
  return (
    address >= base &&
    length <= BigInt(host.memory.size) &&
    address - base <= BigInt(host.memory.size) - length
  );
}
