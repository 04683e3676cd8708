/** Invariants of user-interrupt hardware state: no entry of the controller or of a sender table dangles. */
import { SENDER_TABLE_ENTRIES } from "@rel4/abi";
import { FLAG_RECEIVER, FLAG_SENDER } from "../src/riscv/layout";
import type { ObjectMap } from "./objects";
import { broken, hex, require } from "./require";
import { currentThread, type InspectedReceivers, type KernelView } from "./view";

/** Bytes of a sender table that are skipped together when they are zero. */
const ENTRY_BYTES = 8;
const BLOCK = 512;

/** @throws InvariantError that says which invariant does not hold */
export function checkUserInterrupts(view: KernelView, objects: ObjectMap): void {
  if (!view.receivers) return;
  const { memory, layout } = view;
  const { at } = layout;
  const owners = new Map<number, number>();
  for (const thread of objects.threads) {
    if ((memory.read32(thread + at.Tcb_flags) & FLAG_RECEIVER) === 0) continue;
    const entry = memory.read32(thread + at.Tcb_receiverIndex);
    require(!owners.has(entry), `receiver entry ${entry} belongs to one thread`);
    owners.set(entry, thread);
  }
  checkEntries(view, view.receivers, owners);
  for (const thread of objects.threads)
    if ((memory.read32(thread + at.Tcb_flags) & FLAG_SENDER) !== 0) checkSenderTable(view, thread, owners);
}

function checkEntries(view: KernelView, receivers: InspectedReceivers, owners: Map<number, number>): void {
  if (owners.size === 0 && !receivers.isAnyActive) return;
  for (let entry = 0; entry < receivers.count; entry++) {
    const active = receivers.isActive(entry);
    const owner = owners.get(entry);
    if (owner !== undefined) checkOwned(view, receivers, entry, owner);
    else if (active) broken(`the active receiver entry ${entry} belongs to a thread`);
  }
}

/** An entry of a living receiver is active where its thread runs; while it waits in the kernel, where no receiver runs. */
function checkOwned(view: KernelView, receivers: InspectedReceivers, entry: number, owner: number): void {
  const { memory, layout, harts } = view;
  const { at } = layout;
  const runsOn = harts.findIndex((_, index) => currentThread(view, index) === owner);
  const active = receivers.isActive(entry);
  const leadsTo = receivers.hart(entry);
  if (runsOn >= 0) {
    // On its way into the kernel, or before it begins anew, the hart has switched it off.
    require(active || !harts[runsOn]!.isSettled, `the entry ${entry} of a running receiver is active`);
    require(!active ||
      leadsTo === harts[runsOn]!.id, `the entry ${entry} leads to the hart where its thread runs`);
  } else if (active) {
    require(memory.read32(owner + at.Tcb_watched) !==
      0, `the active entry ${entry} of a receiver that does not run is watched`);
    const parkedOn = harts.findIndex(({ id }) => id === leadsTo);
    require(parkedOn >= 0, `the entry ${entry} leads to a hart`);
    const there = currentThread(view, parkedOn);
    require((memory.read32(there + at.Tcb_flags) & FLAG_RECEIVER) ===
      0, `the entry ${entry} is parked where no receiver runs`);
  }
}

function checkSenderTable({ memory, layout }: KernelView, thread: number, owners: Map<number, number>): void {
  const table = memory.read32(thread + layout.at.Tcb_senderTable);
  const end = table + SENDER_TABLE_ENTRIES * ENTRY_BYTES;
  for (let block = table; block < end; block += BLOCK) {
    if (memory.isZero(block, block + BLOCK)) continue;
    for (let at = block; at < block + BLOCK; at += ENTRY_BYTES) {
      const isValid = (memory.read32(at) & 1) !== 0;
      if (isValid && !owners.has(memory.read32(at + 4) >>> 16))
        broken(`sender entry ${(at - table) / ENTRY_BYTES} of ${hex(thread)} leads to a living receiver`);
    }
  }
}
