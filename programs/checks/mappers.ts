/** Coroutines that make pages of the program's memory and map them, again and again; says what came of it. */
import { Coroutine, Counters } from "rel4";
import { CNode } from "rel4/invocations/cnode";
import { Frame } from "rel4/invocations/frame";
import { PageTable } from "rel4/invocations/page-table";
import { Untyped } from "rel4/invocations/untyped";
import { SlotAllocator } from "rel4/slots";
import { OBJECT_PAGE, OBJECT_PAGE_TABLE } from "../../abi/src/objects";
import { SLOT_OWN_CNODE, SLOT_OWN_VSPACE, SLOT_UNTYPED } from "../../abi/src/program-layout";

/** Where they map: a region nothing else uses. */
const ADDRESS: u32 = 0x5800_0000;
const MAPPERS: u32 = 8;
const ROUNDS: u32 = 20;

let slots: SlotAllocator = SlotAllocator.own();
let mapped: u32 = 0;
let refused: u32 = 0;

function makePage(slot: u32, type: u32): bool {
  const root = changetype<CNode>(SLOT_OWN_CNODE);
  return changetype<Untyped>(SLOT_UNTYPED).retype(type, 0, root, slot, 1) == 0;
}

function mapRepeatedly(number: u32): void {
  const vspace = changetype<PageTable>(SLOT_OWN_VSPACE);
  const slot = slots.allocate();
  if (!makePage(slot, OBJECT_PAGE)) return;
  const page = changetype<Frame>(slot);
  const address = ADDRESS + (number << 12);
  for (let i: u32 = 0; i < ROUNDS; i++) {
    if (page.map(vspace, address, 3, 1) != 0) return;
    store<u32>(address, number);
    if (load<u32>(address) == number) mapped++;
    // at another address it is refused
    if (page.map(vspace, address + 0x10_0000, 3, 1) != 0) refused++;
    if (page.unmap() != 0) return;
  }
}

export function main(): i32 {
  const table = slots.allocate();
  if (!makePage(table, OBJECT_PAGE_TABLE)) return 1;
  if (changetype<PageTable>(table).map(changetype<PageTable>(SLOT_OWN_VSPACE), ADDRESS, 0) != 0) return 2;
  const traps = Counters.traps();
  const all: Coroutine[] = [];
  for (let i: u32 = 0; i < MAPPERS; i++) all.push(Coroutine.spawnWith(mapRepeatedly, i, "mapper"));
  for (let i = 0; i < all.length; i++) all[i].join();
  const taken = Counters.traps() - traps;
  console.log(`${mapped.toString()} times mapped, ${refused.toString()} times refused`);
  console.log(`traps: ${taken.toString()}`);
  return 0;
}
