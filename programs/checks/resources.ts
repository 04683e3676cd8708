/** Manages what it was given: makes a page and a notification of its untyped memory, maps the one and signals the other. */

import { CNode } from "rel4/invocations/cnode";
import { Frame } from "rel4/invocations/frame";
import { PageTable } from "rel4/invocations/page-table";
import { Tcb } from "rel4/invocations/tcb";
import { Untyped } from "rel4/invocations/untyped";
import { SlotAllocator } from "rel4/slots";
import { poll, signal } from "rel4/system-calls";
import { OBJECT_NOTIFICATION, OBJECT_PAGE, OBJECT_PAGE_TABLE } from "../../abi/src/objects";
import { SLOT_OWN_CNODE, SLOT_OWN_THREAD, SLOT_OWN_VSPACE, SLOT_UNTYPED } from "../../abi/src/program-layout";

/** Where it maps: an address in a region nothing else uses. */
const ADDRESS: u32 = 0x5800_0000;

export function main(): i32 {
  const slots = SlotAllocator.own();
  console.log(`${slots.free >= 300 ? "enough" : "too few"} slots`);
  const untyped = changetype<Untyped>(SLOT_UNTYPED);
  const root = changetype<CNode>(SLOT_OWN_CNODE);
  const vspace = changetype<PageTable>(SLOT_OWN_VSPACE);
  const frame = slots.allocate();
  const table = slots.allocate();
  const notification = slots.allocate();
  const copy = slots.allocate();
  if (untyped.retype(OBJECT_PAGE, 0, root, frame, 1) != 0) return 1;
  if (untyped.retype(OBJECT_PAGE_TABLE, 0, root, table, 1) != 0) return 2;
  if (untyped.retype(OBJECT_NOTIFICATION, 0, root, notification, 1) != 0) return 3;
  if (changetype<PageTable>(table).map(vspace, ADDRESS, 0) != 0) return 4;
  if (changetype<Frame>(frame).map(vspace, ADDRESS, 3, 1) != 0) return 5;
  store<u64>(ADDRESS, 42);
  if (root.mint(copy, 64, root, notification, 3, 7) != 0) return 6;
  signal(copy);
  if (poll(notification) != 7) return 7;
  if (changetype<Tcb>(SLOT_OWN_THREAD).unbindNotification() == 0) return 8; // none is bound
  console.log(`mapped ${load<u64>(ADDRESS).toString()}`);
  return 0;
}
