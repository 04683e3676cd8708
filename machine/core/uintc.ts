// UINTC: the user-interrupt controller. 512 receivers of 32 bytes of registers each at UINTC_PHYSICAL; a receiver entry
// is a low word (active, mode, hartid) and a word of 64 pending vectors. The output is a level: a hart's USIP line is
// high while any active receiver bound to it has something pending, and falls only when that ceases.
import { IRQ_U_SOFT } from "./encoding";
import { Harts } from "./hart";
import {
  HART_UINTC_ACTIVE,
  MACHINE_ACTIVE_RECEIVERS,
  MACHINE_BASE,
  UINTC_BASE,
  UINTC_RECEIVERS,
} from "./state";
import { setLine } from "./time";

export const REGISTER_SEND: u32 = 0x00; // W: pending[value 5:0] <- 1
export const REGISTER_LOW: u32 = 0x08; // active bit 0, mode bit 1, hartid 31:16
export const REGISTER_HIGH: u32 = 0x10; // R: pending, then clears it; W: pending |= value
export const REGISTER_ACTIVE: u32 = 0x18; // active bit 0

const LOW_MASK: u64 = 0xffff0003;
const ACTIVE: u64 = 1;

function entryAddress(index: u32): u32 {
  return UINTC_BASE + (index << 4);
}

/** Reads a register by its byte offset from the controller's base. */
export function readUintc(offset: u32): u64 {
  const entry = entryAddress(offset >> 5);
  switch (offset & 0x1f) {
    case REGISTER_LOW:
      return load<u64>(entry);
    case REGISTER_HIGH: {
      const pending = load<u64>(entry, 8);
      change(offset >> 5, load<u64>(entry), 0);
      return pending;
    }
    case REGISTER_ACTIVE:
      return load<u64>(entry) & ACTIVE;
    default:
      return 0;
  }
}

/** Writes a register by its byte offset from the controller's base. */
export function writeUintc(offset: u32, value: u64): void {
  const index = offset >> 5;
  const low = load<u64>(entryAddress(index));
  const pending = load<u64>(entryAddress(index), 8);
  switch (offset & 0x1f) {
    case REGISTER_SEND:
      change(index, low, pending | ((<u64>1) << (value & 63)));
      break;
    case REGISTER_LOW:
      change(index, value & LOW_MASK, pending);
      break;
    case REGISTER_HIGH:
      change(index, low, pending | value);
      break;
    default:
      change(index, (low & ~ACTIVE) | (value & ACTIVE), pending);
  }
}

/** Stores an entry and keeps the lines of the harts it drove and drives. */
function change(index: u32, low: u64, pending: u64): void {
  const entry = entryAddress(index);
  const activated = <u32>(low & ACTIVE) - <u32>(load<u64>(entry) & ACTIVE);
  store<u32>(
    MACHINE_BASE,
    load<u32>(MACHINE_BASE, MACHINE_ACTIVE_RECEIVERS) + activated,
    MACHINE_ACTIVE_RECEIVERS,
  );
  drive(load<u64>(entry), load<u64>(entry, 8), -1);
  store<u64>(entry, low);
  store<u64>(entry, pending, 8);
  drive(low, pending, 1);
  refreshLine(<u32>(low >> 16));
}

/** Counts an entry that drives its hart in (+1) or out (−1). */
function drive(low: u64, pending: u64, delta: i32): void {
  const hartId = <u32>(low >> 16);
  if ((low & ACTIVE) == 0 || pending == 0 || hartId >= Harts.count()) return;
  const hart = Harts.at(hartId);
  store<u32>(hart, load<u32>(hart, HART_UINTC_ACTIVE) + delta, HART_UINTC_ACTIVE);
  if (delta < 0 && load<u32>(hart, HART_UINTC_ACTIVE) == 0) setLine(hart, IRQ_U_SOFT, false);
}

function refreshLine(hartId: u32): void {
  if (hartId >= Harts.count()) return;
  const hart = Harts.at(hartId);
  setLine(hart, IRQ_U_SOFT, load<u32>(hart, HART_UINTC_ACTIVE) != 0);
}

/** Clears all receivers (power-on). */
export function resetUintc(): void {
  memory.fill(UINTC_BASE, 0, UINTC_RECEIVERS << 4);
  store<u32>(MACHINE_BASE, 0, MACHINE_ACTIVE_RECEIVERS);
}
