// The uipi instructions (R-type, custom-3, funct3 110): SEND through the sender table that suist names, and READ, WRITE,
// ACTIVATE, DEACTIVATE of the hart's own receiver entry that suirs names. All accesses are physical. A missing enable
// bit or a failed check is no exception: nothing happens, and READ gives 0.

import { loadPhysical64, mayProceed, storePhysical64 } from "./bus";
import { CAUSE_ILLEGAL } from "./encoding";
import { reportSend } from "./events";
import { Hart, Machine } from "./hart";
import {
  HART_LEFT,
  HART_PC,
  HART_SUICFG,
  HART_SUIRS,
  HART_SUIST,
  HART_UIPI_SENDS,
  UINTC_RECEIVERS,
} from "./state";
import { BEFORE_INPUT, BEFORE_OUTPUT, buffersStores, loadBuffered, waitForDevice } from "./store-buffer";
import { REGISTER_ACTIVE, REGISTER_HIGH, REGISTER_SEND } from "./uintc";

const ENABLE: u64 = (<u64>1) << 63;
const SEND: u32 = 0;
const READ: u32 = 1;
const WRITE: u32 = 2;
const ACTIVATE: u32 = 3;

/** Executes a uipi instruction; parameters and result as for slowLoad. */
export function executeUipi(hart: u32, word: u32, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  if (!Machine.hasUintc()) return Hart.raise(hart, CAUSE_ILLEGAL, <u64>word);
  if (!mayProceed(hart)) return false;
  if (buffersStores() && !waitForDevice(hart, BEFORE_INPUT | BEFORE_OUTPUT)) return false;
  const operand = Hart.x(hart, (word >> 15) & 31);
  const operation = word >> 25;
  if (operation == SEND) send(hart, operand);
  else if (operation == READ) Hart.setX(hart, (word >> 7) & 31, readOwnPending(hart));
  else if (operation == WRITE) writeOwn(hart, REGISTER_HIGH, operand);
  else writeOwn(hart, REGISTER_ACTIVE, operation == ACTIVATE ? 1 : 0);
  return Hart.finish(hart, 4);
}

/** Looks entry `index` of the sender table up and stores its vector to its receiver's SEND register. */
function send(hart: u32, index: u64): void {
  const table = load<u64>(hart, HART_SUIST);
  const entries = ((table >> 44) & 0xfff) << 9; // 512 entries of 8 bytes in a page
  if ((table & ENABLE) == 0 || index >= entries) return;
  const entryAddress = ((table & 0xfffffffffff) << 12) + (index << 3);
  if (!Machine.inRam(entryAddress, 8)) return;
  const entry = buffersStores() ? loadBuffered(hart, entryAddress, 8) : loadPhysical64(entryAddress);
  const receiver = entry >> 48;
  const vector = (entry >> 16) & 0xffff;
  if ((entry & 1) == 0 || receiver >= <u64>UINTC_RECEIVERS || vector > 63) return;
  storePhysical64(registerAddress(hart, receiver, REGISTER_SEND), vector);
  store<u64>(hart, load<u64>(hart, HART_UIPI_SENDS) + 1, HART_UIPI_SENDS);
  reportSend(hart, receiver, vector, index);
}

function registerAddress(hart: u32, receiver: u64, register: u32): u64 {
  return load<u64>(hart, HART_SUICFG) + (receiver << 5) + <u64>register;
}

function hasReceiver(hart: u32): bool {
  const receiver = load<u64>(hart, HART_SUIRS);
  return (receiver & ENABLE) != 0 && (receiver & 0xffff) < <u64>UINTC_RECEIVERS;
}

function readOwnPending(hart: u32): u64 {
  if (!hasReceiver(hart)) return 0;
  return loadPhysical64(registerAddress(hart, load<u64>(hart, HART_SUIRS) & 0xffff, REGISTER_HIGH));
}

function writeOwn(hart: u32, register: u32, value: u64): void {
  if (!hasReceiver(hart)) return;
  storePhysical64(registerAddress(hart, load<u64>(hart, HART_SUIRS) & 0xffff, register), value);
}
