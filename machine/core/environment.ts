// menvcfg and senvcfg (privileged specification, "Machine Environment Configuration Register"): what a mode of lower privilege may
// use. An instruction or register they switch off is illegal there; menvcfg governs S and U mode, senvcfg U mode too.
import { IRQ_S_TIMER } from "./encoding";
import { Hart } from "./hart";
import { HART_MENVCFG, HART_MIP, HART_SENVCFG, PRIVILEGE_MACHINE, PRIVILEGE_SUPERVISOR } from "./state";

/** A fence of the lower mode that orders I/O also orders memory. */
const FIOM: u64 = 1;
/** Two bits, what cbo.inval does: 0 illegal, 1 flushes, 2 reserved, 3 invalidates. */
const CBIE: u64 = 3 << 4;
const CBIE_RESERVED: u64 = 2 << 4;
/** cbo.clean and cbo.flush. */
export const ENVIRONMENT_CBCFE: u64 = 1 << 6;
/** cbo.zero. */
export const ENVIRONMENT_CBZE: u64 = 1 << 7;
/** Page-based memory types (Svpbmt). */
const PBMTE: u64 = (<u64>1) << 62;
/** stimecmp drives STIP, and S mode may use it (Sstc). */
const STCE: u64 = (<u64>1) << 63;

const SENVCFG_MASK: u64 = FIOM | CBIE | ENVIRONMENT_CBCFE | ENVIRONMENT_CBZE;
const MENVCFG_MASK: u64 = SENVCFG_MASK | PBMTE | STCE;

/** Writes menvcfg; the supervisor timer's pending bit belongs to software or to stimecmp, never to both. */
export function writeMachineEnvironment(hart: u32, value: u64): void {
  store<u64>(hart, legalized(value & MENVCFG_MASK, load<u64>(hart, HART_MENVCFG)), HART_MENVCFG);
  if (stimecmpDrivesTimer(hart))
    store<u64>(hart, load<u64>(hart, HART_MIP) & ~((<u64>1) << IRQ_S_TIMER), HART_MIP);
}

export function writeSupervisorEnvironment(hart: u32, value: u64): void {
  store<u64>(hart, legalized(value & SENVCFG_MASK, load<u64>(hart, HART_SENVCFG)), HART_SENVCFG);
}

/** CBIE keeps its value where a reserved one is written. */
function legalized(value: u64, old: u64): u64 {
  return (value & CBIE) == CBIE_RESERVED ? (value & ~CBIE) | (old & CBIE) : value;
}

/** Whether the hart's mode may execute an instruction that a bit of both registers switches on. */
export function environmentAllows(hart: u32, bits: u64): bool {
  const privilege = Hart.privilege(hart);
  if (privilege == PRIVILEGE_MACHINE) return true;
  if ((load<u64>(hart, HART_MENVCFG) & bits) == 0) return false;
  return privilege == PRIVILEGE_SUPERVISOR || (load<u64>(hart, HART_SENVCFG) & bits) != 0;
}

/** Whether the hart's mode may execute cbo.inval. */
export function environmentAllowsInvalidation(hart: u32): bool {
  return environmentAllows(hart, CBIE);
}

/** Whether a fence that orders I/O must order memory of the same direction, too. */
export function fenceOrdersMemoryToo(hart: u32): bool {
  const privilege = Hart.privilege(hart);
  if (privilege == PRIVILEGE_MACHINE) return false;
  const bits = load<u64>(hart, HART_MENVCFG);
  return ((privilege == PRIVILEGE_SUPERVISOR ? bits : bits | load<u64>(hart, HART_SENVCFG)) & FIOM) != 0;
}

export function hasPageTypes(hart: u32): bool {
  return (load<u64>(hart, HART_MENVCFG) & PBMTE) != 0;
}

/** Whether the supervisor timer interrupt is stimecmp's. */
export function stimecmpDrivesTimer(hart: u32): bool {
  return (load<u64>(hart, HART_MENVCFG) & STCE) != 0;
}
