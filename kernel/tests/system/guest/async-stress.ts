// Clients of asynchronous system calls on every hart, while root suspends, moves and reprioritises them at random moments. Each
// checks that every request is answered once, in order and rightly. Then root deletes them in the middle of their work.

import { ecall, fence, load32, load64, pause, rdtime, store32, store64 } from "rv";
import { ROOT_SLOT_TCB, ROOT_SLOT_VSPACE } from "../../../../abi/src/bootinfo";
import {
  NOTIFICATION_REGISTER_ASYNC_SYSCALL,
  PAGE_GET_ADDRESS,
  PAGE_MAP,
  PAGE_UNMAP,
  TCB_BIND_NOTIFICATION,
  TCB_SET_PRIORITY,
  TCB_SUSPEND,
} from "../../../../abi/src/labels";
import { OBJECT_NOTIFICATION, OBJECT_PAGE, VM_EXECUTE_NEVER } from "../../../../abi/src/objects";
import { ALL_RIGHTS } from "../../../../abi/src/rights";
import {
  PEER_AWAKE,
  PEER_BLOCKED,
  RING_CLIENT_STATE_AT,
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_HEAD_AT,
  RING_RESPONSE_TAIL_AT,
  RING_SERVER_STATE_AT,
  SYSTEM_CALL_ITEM_BYTES,
} from "../../../../abi/src/ring";
import {
  KERNEL_COUNT_CAPABILITIES,
  KERNEL_COUNT_HANDLERS,
  KERNEL_COUNT_MAPPED_FRAMES,
  KERNEL_COUNT_THREADS,
  SYS_CALL,
  SYS_DEBUG_COUNT,
  SYS_SET_TIMER,
  SYS_WAKE_ASYNC_HANDLER,
} from "../../../../abi/src/syscalls";
import { print, Root, report, Shared, System } from "./support";

export { abort } from "./support";

const CLIENTS: u32 = 4;
const ROUNDS: u64 = 60;
const ITEM_BITS: u32 = 3;
const ITEM: u32 = SYSTEM_CALL_ITEM_BYTES;
const RING: u32 = SYSTEM_CALL_ITEM_BYTES << ITEM_BITS;
const BUFFERS: u32 = 0x6200_0000;
const PLACES: u32 = 0x6220_0000;
const PAGE: u32 = 4096;
const STACK: u32 = 4096;

const READ: u32 = 2;
const WRITE: u32 = 1;
const READ_WRITE: u32 = 3;

const stacks = memory.data(4 * 4096, 4096);
const messages = memory.data(4 * 4096, 4096);

// Shared words: rounds of each client, then what went wrong
const WRONG: u32 = 16;
/** A number for the next client that starts. */
const STARTED: u32 = 17;

// What a client needs, by its number
const threads = memory.data(4 * 4, 4);
const frames = memory.data(4 * 4, 4);
const pages = memory.data(4 * 4, 4);
const replies = memory.data(4 * 4, 4);

function slotIn(table: usize, index: u32): u32 {
  return load<u32>(table + ((<usize>index) << 2));
}

/** A client's state; every thread has one on its own stack page. */
@unmanaged
class Client {
  number: u32;
  tail: u32;
  head: u32;
  random: u32;
  mapped: u32;
  rounds: u32;

  get control(): u32 {
    return BUFFERS + this.number * PAGE + RING;
  }

  below(limit: u32): u32 {
    this.random = this.random * 1664525 + 1013904223;
    return (this.random >> 16) % limit;
  }

  /** The next request of the page that it owns: mapped and unmapped in turn, or asked for its address. */
  push(): void {
    const item = BUFFERS + this.number * PAGE + this.tail;
    const asks = this.below(3) == 0;
    const label: u32 = asks ? PAGE_GET_ADDRESS : this.mapped != 0 ? PAGE_UNMAP : PAGE_MAP;
    const maps = label == PAGE_MAP;
    if (!asks) this.mapped ^= 1;
    store64(item, <u64>this.tail | ((<u64>((label << 12) | (maps ? 128 | 3 : 0))) << 32));
    store64(item + 8, slotIn(pages, this.number));
    store64(item + 16, ROOT_SLOT_VSPACE);
    store64(item + 32, PLACES + this.number * PAGE);
    store64(item + 40, ALL_RIGHTS);
    store64(item + 48, VM_EXECUTE_NEVER);
    this.tail = (this.tail + ITEM) & (RING - 1);
    fence(WRITE, WRITE);
    store32(this.control + RING_REQUEST_TAIL_AT, this.tail);
  }

  wake(): void {
    fence(READ_WRITE, READ_WRITE);
    if (load32(this.control + RING_SERVER_STATE_AT) == PEER_AWAKE) return;
    store32(this.control + RING_SERVER_STATE_AT, PEER_AWAKE);
    ecall(0, 0, 0, 0, 0, 0, 0, SYS_WAKE_ASYNC_HANDLER);
  }

  hasResponse(): bool {
    return load32(this.control + RING_RESPONSE_TAIL_AT) != this.head;
  }

  take(): void {
    fence(READ, READ_WRITE);
    const first = load64(BUFFERS + this.number * PAGE + 2 * RING + this.head);
    if (<u32>first != this.head || first >> 44 != 0) Shared.add(WRONG, 1);
    this.head = (this.head + ITEM) & (RING - 1);
    store32(this.control + RING_RESPONSE_HEAD_AT, this.head);
  }

  /** Up to seven requests, and then all of their responses, awaited in one way or another. */
  round(): void {
    const count: u32 = 1 + this.below(7);
    const way = this.below(3);
    for (let i: u32 = 0; i < count; i++) this.push();
    if (way != 0) this.wake();
    for (let i: u32 = 0; i < count; i++) {
      while (!this.hasResponse()) {
        if (way == 1) pause();
        else this.block();
      }
      this.take();
    }
  }

  private block(): void {
    store32(this.control + RING_CLIENT_STATE_AT, PEER_BLOCKED);
    fence(READ_WRITE, READ_WRITE);
    if (!this.hasResponse()) System.wait(slotIn(replies, this.number));
    store32(this.control + RING_CLIENT_STATE_AT, PEER_AWAKE);
  }
}

function client(): void {
  const number = <u32>Shared.get(STARTED);
  const self = changetype<Client>(<u32>stacks + number * STACK);
  self.number = number;
  self.random = number * 7919 + 1;
  store32(self.control + RING_CLIENT_STATE_AT, PEER_AWAKE);
  store64(<u32>messages + number * PAGE + 976, slotIn(frames, number));
  const info = ((<u64>NOTIFICATION_REGISTER_ASYNC_SYSCALL) << 12) | 129;
  ecall(slotIn(replies, number), info, ITEM_BITS, 0, 0, 0, 0, SYS_CALL);
  Shared.add(STARTED, 1);
  while (true) {
    self.round();
    Shared.add(number, 1);
  }
}

function startClients(): void {
  for (let i: u32 = 0; i < CLIENTS; i++) {
    const frame = Root.make(OBJECT_PAGE);
    Root.map(frame, BUFFERS + i * PAGE);
    const page = Root.make(OBJECT_PAGE);
    // Makes the page table, and leaves the place empty.
    Root.map(page, PLACES + i * PAGE);
    Root.check(Root.invoke(page, PAGE_UNMAP, 0), "unmap");
    store<u32>(frames + ((<usize>i) << 2), frame);
    store<u32>(pages + ((<usize>i) << 2), page);
    store<u32>(replies + ((<usize>i) << 2), Root.mint(Root.make(OBJECT_NOTIFICATION), 1));
    const top = <u32>stacks + (i + 1) * STACK;
    const thread = Root.thread(client.index, top, 100 + i, <u32>messages + i * PAGE);
    store<u32>(threads + ((<usize>i) << 2), thread);
    Root.setHart(thread, i % Root.harts);
    Root.resume(thread);
    while (Shared.get(STARTED) <= i) sleep(200);
  }
}

let bell: u32 = 0;

/** Root waits for some ticks, so that others run on its hart. */
function sleep(ticks: u64): void {
  ecall(rdtime() + ticks, 0, 0, 0, 0, 0, 0, SYS_SET_TIMER);
  System.wait(bell);
}

function slowest(): u64 {
  let least: u64 = ~0;
  for (let i: u32 = 0; i < CLIENTS; i++) least = min(least, Shared.get(i));
  return least;
}

function disturb(random: u32): void {
  const thread = slotIn(threads, (random >> 20) % CLIENTS);
  const what = (random >> 16) % 4;
  if (what == 0) {
    Root.check(Root.invoke(thread, TCB_SUSPEND, 0), "suspend");
    sleep((random >> 8) & 255);
    Root.resume(thread);
  } else if (what == 1) {
    Root.setHart(thread, (random >> 8) % Root.harts);
  } else if (what == 2) {
    const priority = <u64>(90 + ((random >> 8) & 31));
    Root.check(Root.invoke(thread, TCB_SET_PRIORITY, 1, priority, 0, 0, 0, ROOT_SLOT_TCB), "priority");
  }
  sleep(50 + ((random >> 4) & 511));
}

function count(what: u64): u64 {
  return ecall(what, 0, 0, 0, 0, 0, 0, SYS_DEBUG_COUNT);
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  bell = Root.make(OBJECT_NOTIFICATION);
  Root.check(Root.invoke(ROOT_SLOT_TCB, TCB_BIND_NOTIFICATION, 0, 0, 0, 0, 0, bell), "bind");
  const threadsBefore = count(KERNEL_COUNT_THREADS);
  startClients();
  report("handlers", count(KERNEL_COUNT_HANDLERS));
  let random: u32 = 12345 + Root.harts;
  while (slowest() < ROUNDS) {
    random = random * 1664525 + 1013904223;
    disturb(random);
  }
  report("wrong", Shared.get(WRONG));
  for (let i: u32 = 0; i < CLIENTS; i++) Root.check(Root.remove(slotIn(threads, i)), "delete");
  report("handlers left", count(KERNEL_COUNT_HANDLERS));
  report("threads left", count(KERNEL_COUNT_THREADS) - threadsBefore);
  // What the requests made last have mapped is still theirs.
  const mapped = count(KERNEL_COUNT_MAPPED_FRAMES);
  for (let i: u32 = 0; i < CLIENTS; i++) Root.check(Root.invoke(slotIn(pages, i), PAGE_UNMAP, 0), "unmap");
  const capabilities = count(KERNEL_COUNT_CAPABILITIES);
  for (let i: u32 = 0; i < CLIENTS; i++) Root.check(Root.remove(slotIn(frames, i)), "remove");
  report("frames of the kernel left", CLIENTS - (capabilities - count(KERNEL_COUNT_CAPABILITIES)));
  if (mapped < CLIENTS) print("buffers were not mapped\n");
  Root.exit(0);
}
