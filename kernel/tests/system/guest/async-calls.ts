// Asynchronous system calls end to end: the root task is the client. With one hart the handler runs when root waits, or at
// a tick; with several on another hart while root goes on.

import { ecall, load32, store32 } from "rv";
import { ROOT_SLOT_CNODE, ROOT_SLOT_VSPACE } from "../../../../abi/src/bootinfo";
import { RANGE_ERROR } from "../../../../abi/src/errors";
import {
  ASYNC_PUT_STRING,
  CNODE_DELETE,
  PAGE_GET_ADDRESS,
  PAGE_MAP,
  PAGE_UNMAP,
} from "../../../../abi/src/labels";
import { OBJECT_NOTIFICATION, OBJECT_PAGE, VM_EXECUTE_NEVER } from "../../../../abi/src/objects";
import { ALL_RIGHTS } from "../../../../abi/src/rights";
import { PEER_AWAKE } from "../../../../abi/src/ring";
import { KERNEL_COUNT_HANDLERS, SYS_DEBUG_COUNT } from "../../../../abi/src/syscalls";
import { AsyncClient } from "./async-client";
import { print, Root, report, Shared, System } from "./support";

export { abort } from "./support";

const ITEM_BITS: u32 = 12;
const REQUESTS: u32 = 1000;
const PLACE: u32 = 0x6100_0000;
const OTHER_PLACE: u32 = 0x6100_1000;
const OLD: u32 = 1111;
const NEW: u32 = 2222;

// Shared words
const LOOKED: u32 = 0;
const GO: u32 = 1;
const SEEN: u32 = 2;

const stack = memory.data(8192, 4096);
let old: u32 = 0;
let fresh: u32 = 0;
/** A notification that nobody signals. */
let forever: u32 = 0;
let alone = true;

/** Takes `count` responses as they come; returns how many had the right id and no error. */
function takeAll(count: u32): u32 {
  let right: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    AsyncClient.waitForResponse();
    AsyncClient.take();
    if (AsyncClient.id == i && AsyncClient.error == 0) right++;
  }
  return right;
}

function whileWaiting(): u32 {
  for (let i: u32 = 0; i < REQUESTS; i++) AsyncClient.push(i, old, PAGE_GET_ADDRESS);
  AsyncClient.wake();
  return takeAll(REQUESTS);
}

/** Without one system call but the one that wakes the handler. */
function whilePolling(): u32 {
  AsyncClient.sayHowToWake(PEER_AWAKE);
  for (let i: u32 = 0; i < REQUESTS; i++) AsyncClient.push(i, old, PAGE_GET_ADDRESS);
  AsyncClient.wake();
  let right: u32 = 0;
  for (let i: u32 = 0; i < REQUESTS; i++) {
    while (!AsyncClient.hasResponse()) {}
    AsyncClient.take();
    if (AsyncClient.id == i && AsyncClient.error == 0 && AsyncClient.word != 0) right++;
  }
  return right;
}

/** Keeps a translation of PLACE, and looks through it again when it is told that another page is there. */
function reader(): void {
  Shared.set(LOOKED, load32(PLACE));
  while (Shared.get(GO) == 0) {
    if (alone) System.yieldHart();
  }
  Shared.set(SEEN, load32(PLACE));
  System.wait(forever);
}

/** In one batch the page at PLACE is exchanged, while a thread of another hart (if there is one) knows the old one. */
function exchangePages(): void {
  store32(PLACE, OLD);
  Root.check(mapSynchronously(fresh, OTHER_PLACE), "map");
  store32(OTHER_PLACE, NEW);
  Root.check(Root.invoke(fresh, PAGE_UNMAP, 0), "unmap");
  const thread = Root.thread(reader.index, <u32>stack + 8192, 255);
  alone = Root.harts == 1;
  forever = Root.make(OBJECT_NOTIFICATION);
  Root.setHart(thread, Root.harts - 1);
  Root.resume(thread);
  while (Shared.get(LOOKED) == 0) System.yieldHart();
  AsyncClient.push(0, old, PAGE_UNMAP);
  AsyncClient.push(1, fresh, PAGE_MAP, 3, PLACE, ALL_RIGHTS, VM_EXECUTE_NEVER, ROOT_SLOT_VSPACE);
  AsyncClient.wake();
  report("exchanged", takeAll(2));
  Shared.set(GO, 1);
  while (Shared.get(SEEN) == 0) System.yieldHart();
  report("seen before", Shared.get(LOOKED));
  report("seen after", Shared.get(SEEN));
  report("seen by the client", load32(PLACE));
}

function mapSynchronously(frame: u32, place: u32): u32 {
  return Root.invoke(frame, PAGE_MAP, 3, place, ALL_RIGHTS, VM_EXECUTE_NEVER, 0, ROOT_SLOT_VSPACE);
}

/** "done\n" in one word. */
const DONE: u64 = 0x0a65_6e6f64;

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  old = Root.make(OBJECT_PAGE);
  fresh = Root.make(OBJECT_PAGE);
  Root.map(old, PLACE);
  AsyncClient.open(ITEM_BITS, 1);
  report("too large a ring", AsyncClient.register(ITEM_BITS + 1) == RANGE_ERROR ? 1 : 0);
  report("while waiting", whileWaiting());
  report("while polling", whilePolling());
  exchangePages();
  AsyncClient.push(0, 0, ASYNC_PUT_STRING, 2, 5, DONE);
  AsyncClient.wake();
  takeAll(1);
  report("handlers", ecall(KERNEL_COUNT_HANDLERS, 0, 0, 0, 0, 0, 0, SYS_DEBUG_COUNT));
  // The buffer is taken away by its own last request.
  AsyncClient.push(0, ROOT_SLOT_CNODE, CNODE_DELETE, 2, AsyncClient.notification, 64);
  AsyncClient.push(1, ROOT_SLOT_CNODE, CNODE_DELETE, 2, AsyncClient.replies, 64);
  AsyncClient.sayHowToWake(PEER_AWAKE);
  AsyncClient.wake();
  while (ecall(KERNEL_COUNT_HANDLERS, 0, 0, 0, 0, 0, 0, SYS_DEBUG_COUNT) != 0) System.yieldHart();
  print("handler gone\n");
  Root.exit(0);
}
