/** Maps and unmaps pages by asynchronous system calls, for ever; every page must be there when it is mapped. */
import { AsyncChannel, Coroutine, SystemCalls } from "rel4";
import { CNode } from "rel4/invocations/cnode";
import { Frame } from "rel4/invocations/frame";
import { PageTable } from "rel4/invocations/page-table";
import { Untyped } from "rel4/invocations/untyped";
import { startInfoWord } from "rel4/start-info";
import { load32, store32 } from "rv";
import { OBJECT_PAGE, OBJECT_PAGE_TABLE, VM_EXECUTE_NEVER } from "../../abi/src/objects";
import { SLOT_OWN_CNODE, SLOT_OWN_VSPACE, SLOT_UNTYPED } from "../../abi/src/program-layout";
import { START_INFO_FIRST_FREE_SLOT_AT } from "../../abi/src/start-info";
import { numberArgument, ORDER_AT, PAGES, PAUSE, REST, RESTING_AT } from "./protocol";
import { Random } from "./random";

const READ_WRITE: u64 = 3;
/** User virtual address of the first page. */
const BASE: u32 = 0x4000_0000;

let firstSlot: u32 = 0;

let orders: usize = 0;
let resting: u32 = 0;

/** Nothing is mapped while the others rest, too. */
function rest(): void {
  resting++;
  store32(orders + RESTING_AT, resting);
  while (load32(orders + ORDER_AT) == PAUSE) Coroutine.sleep(REST);
  resting--;
  store32(orders + RESTING_AT, resting);
}

function expectDone(error: u32, what: string): void {
  if (error != 0) throw new Error(`${what}: error ${error.toString()}`);
}

function use(number: u32): void {
  const random = new Random(numberArgument("seed") + number);
  const frame = changetype<Frame>(firstSlot + number);
  const address = BASE + number * 4096;
  const vspace = changetype<PageTable>(SLOT_OWN_VSPACE);
  for (let round: u64 = 0; ; round++) {
    if (load32(orders + ORDER_AT) == PAUSE) rest();
    expectDone(frame.map(vspace, address, READ_WRITE, VM_EXECUTE_NEVER), "map");
    store<u64>(address, round);
    if (random.below(4) == 0) Coroutine.sleep(random.below(500));
    if (load<u64>(address) != round) throw new Error("a page has changed");
    expectDone(frame.unmap(), "unmap");
  }
}

export function main(): void {
  orders = AsyncChannel.with("chaos").data;
  store32(orders + RESTING_AT, 0);
  expectDone(SystemCalls.start(), "register");
  firstSlot = startInfoWord(START_INFO_FIRST_FREE_SLOT_AT);
  const untyped = changetype<Untyped>(SLOT_UNTYPED);
  const root = changetype<CNode>(SLOT_OWN_CNODE);
  const table = firstSlot + PAGES;
  expectDone(untyped.retype(OBJECT_PAGE_TABLE, 0, root, table, 1), "make a page table");
  expectDone(changetype<PageTable>(table).map(changetype<PageTable>(SLOT_OWN_VSPACE), BASE, 0), "map it");
  expectDone(untyped.retype(OBJECT_PAGE, 0, root, firstSlot, PAGES), "make pages");
  let last = Coroutine.spawnWith(use, 0, "page");
  for (let i: u32 = 1; i < PAGES; i++) last = Coroutine.spawnWith(use, i, "page");
  last.join();
}
