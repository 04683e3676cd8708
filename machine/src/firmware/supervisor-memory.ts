// Reads memory as the supervisor of a hart sees it, for the legacy calls that pass pointers. (Privileged ISA 1.12, section 4.4:
// Sv39 and Sv48 translation; permissions matter little here, as the caller could read the word itself.)
import type { FirmwareHost } from "../board";
import type { Hart } from "../hart";
import { inRam } from "./call";

const CSR_SATP = 0x180;
/** Levels of page tables by satp.MODE: Sv39 and Sv48. */
const LEVELS: ReadonlyMap<bigint, bigint> = new Map([
  [8n, 3n],
  [9n, 4n],
]);
const VALID = 1n;
const READ_WRITE_EXECUTE = 0xen;
/** The entry is one of sixteen that map 64 KiB (Svnapot). */
const NAPOT = 1n << 63n;
const PPN_MASK = (1n << 44n) - 1n;

/** The 64-bit word at a virtual address, or null when it is misaligned, not mapped or not in RAM. */
export function readSupervisorWord(host: FirmwareHost, hart: Hart, address: bigint): bigint | null {
  if ((address & 7n) !== 0n) return null;
  const physical = translate(host, hart.csr(CSR_SATP), address);
  return physical !== null && inRam(host, physical, 8n) ? host.memory.readU64(physical) : null;
}

function translate(host: FirmwareHost, satp: bigint, address: bigint): bigint | null {
  const levels = LEVELS.get(satp >> 60n);
  if (levels === undefined) return address;
  if (BigInt.asUintN(64, BigInt.asIntN(Number(12n + 9n * levels), address)) !== address) return null;
  let table = (satp & PPN_MASK) << 12n;
  for (let level = levels - 1n; level >= 0n; level--) {
    const shift = 12n + 9n * level;
    const entryAddress = table + ((address >> shift) & 0x1ffn) * 8n;
    if (!inRam(host, entryAddress, 8n)) return null;
    const entry = host.memory.readU64(entryAddress);
    if ((entry & VALID) === 0n) return null;
    const page = ((entry >> 10n) & PPN_MASK) << 12n;
    if ((entry & NAPOT) !== 0n) return (page & ~0xffffn) | (address & 0xffffn);
    const offset = (1n << shift) - 1n;
    if ((entry & READ_WRITE_EXECUTE) !== 0n) return (page & offset) === 0n ? page | (address & offset) : null;
    table = page;
  }
  return null;
}
