// Instructions of a system call made synchronously and asynchronously: mapping and unmapping a page, and asking for its address.

import { rdinstret } from "rv";
import { ROOT_SLOT_VSPACE } from "../../../../abi/src/bootinfo";
import { PAGE_GET_ADDRESS, PAGE_MAP, PAGE_UNMAP } from "../../../../abi/src/labels";
import { OBJECT_PAGE, VM_EXECUTE_NEVER } from "../../../../abi/src/objects";
import { ALL_RIGHTS } from "../../../../abi/src/rights";
import { AsyncClient } from "./async-client";
import { Root, report, System } from "./support";

export { abort } from "./support";

const ITEM_BITS: u32 = 8;
const REQUESTS: u32 = 128;
const ROUNDS: u32 = 4;
const PLACE: u64 = 0x6100_0000;

let frame: u32 = 0;

function synchronous(label: u32): u64 {
  const before = rdinstret();
  if (label == PAGE_MAP)
    Root.invoke(frame, label, 3, PLACE, ALL_RIGHTS, VM_EXECUTE_NEVER, 0, ROOT_SLOT_VSPACE);
  else Root.invoke(frame, label, 0);
  return rdinstret() - before;
}

function push(label: u32, id: u32): void {
  if (label == PAGE_MAP) {
    AsyncClient.push(id, frame, label, 3, PLACE, ALL_RIGHTS, VM_EXECUTE_NEVER, ROOT_SLOT_VSPACE);
  } else {
    AsyncClient.push(id, frame, label);
  }
}

/** Instructions of the kernel for a batch of requests, alternately `first` and `second`. */
function asynchronous(first: u32, second: u32, count: u32): u64 {
  for (let i: u32 = 0; i < count; i++) push((i & 1) == 0 ? first : second, i);
  AsyncClient.sayHowToWake(0);
  const before = rdinstret();
  System.wait(AsyncClient.replies);
  const after = rdinstret();
  for (let i: u32 = 0; i < count; i++) {
    Root.check(AsyncClient.hasResponse() ? 0 : 1, "response");
    AsyncClient.take();
    Root.check(AsyncClient.error, "request");
    Root.check(AsyncClient.id == i ? 0 : 1, "order");
  }
  return after - before;
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  frame = Root.make(OBJECT_PAGE);
  Root.map(frame, <u32>PLACE);
  AsyncClient.open(ITEM_BITS, 1);
  let unmap: u64 = ~0;
  let map: u64 = ~0;
  let address: u64 = ~0;
  let pairs: u64 = ~0;
  let addresses: u64 = ~0;
  let one: u64 = ~0;
  for (let i: u32 = 0; i < ROUNDS; i++) {
    unmap = min(unmap, synchronous(PAGE_UNMAP));
    map = min(map, synchronous(PAGE_MAP));
    address = min(address, synchronous(PAGE_GET_ADDRESS));
    pairs = min(pairs, asynchronous(PAGE_UNMAP, PAGE_MAP, REQUESTS));
    addresses = min(addresses, asynchronous(PAGE_GET_ADDRESS, PAGE_GET_ADDRESS, REQUESTS));
    one = min(one, asynchronous(PAGE_GET_ADDRESS, PAGE_GET_ADDRESS, 1));
  }
  report("synchronous map", map);
  report("synchronous unmap", unmap);
  report("synchronous get address", address);
  report("asynchronous map and unmap, per request", pairs / REQUESTS);
  report("asynchronous get address, per request", addresses / REQUESTS);
  report("asynchronous, batch of one", one);
  Root.exit(0);
}
