// Threads that keep values in all floating-point registers and in fcsr, while the root task interrupts, moves, stops,
// deletes and forbids them at random. None may ever find another's value, or lose its own.

import { ecall, rdtime, threadPointer } from "rv";
import { ROOT_SLOT_TCB } from "../../../../abi/src/bootinfo";
import {
  NOTIFICATION_REGISTER_RECEIVER,
  TCB_BIND_NOTIFICATION,
  TCB_READ_REGISTERS,
  TCB_SET_FLAGS,
  TCB_SET_PRIORITY,
  TCB_SET_TLS_BASE,
  TCB_SUSPEND,
} from "../../../../abi/src/labels";
import {
  OBJECT_NOTIFICATION,
  OBJECT_TCB,
  OBJECT_UNTYPED,
  TCB_BITS,
  TCB_FLAG_FPU_DISABLED,
} from "../../../../abi/src/objects";
import { SYS_SET_TIMER } from "../../../../abi/src/syscalls";
import { loadFloats, orbit, setFloatControl, storeFloats } from "./asm";
import { Root, report, System } from "./support";

export { abort } from "./support";

const WORKERS: u32 = 6;
/** The first of them receive user interrupts, though nobody sends any. */
const RECEIVERS: u32 = 2;
const OPERATIONS: u32 = 600;
/** Ticks after which enough has been done, on an emulator that lets busy harts take long turns. */
const LONGEST_RUN: u64 = 10_000_000;
const LOWEST: u32 = 100;
/** Ticks of the real-time counter: how long threads run between two operations at most. */
const LONGEST_PAUSE: u64 = 1000;
/** …for how long all share their harts at the end before they are counted, again and again… */
const PAUSE_FOR_ALL: u64 = 50_000;
/** …and what a worker may need for its next check. */
const PATIENCE: u64 = 50_000_000;
/** f0…f31 and fcsr. */
const VALUES: u32 = 33;
const ROUNDING_MODES: u64 = 5;
const PAGE: u32 = 4096;

/** A page for each worker: its record, and its stack behind it. */
const pages = memory.data(6 * 4096, 4096);
const before = memory.data(6 * 8, 8);

let bell: u32 = 0;
/** First of the slots with an untyped for each worker's TCB; the TCBs' slots follow, then notifications of receivers. */
let pools: u32 = 0;
/** How often a worker was made a receiver. */
let receivers: u64 = 0;
let faults: u32 = 0;

function xorshift(state: u64): u64 {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^ (state << 17);
}

/** What a worker knows about itself; register tp points to it. */
@unmanaged
class Worker {
  random: u64;
  checks: u64;
  mismatches: u64;
  spins: u64;
  /** What its registers should hold: VALUES words here, and as many for what they do hold. */
  values: u64;

  static at(index: u32): Worker {
    return changetype<Worker>(<u32>pages + index * PAGE);
  }

  get expected(): u32 {
    return changetype<u32>(this) + offsetof<Worker>("values");
  }

  next(limit: u64): u64 {
    this.random = xorshift(this.random);
    return (this.random >> 16) % limit;
  }

  /** One random step: new values, a new fcsr, a look at what there is, computing, yielding. */
  step(): void {
    const kind = this.next(9);
    if (kind < 2) this.change();
    else if (kind == 8) this.compute();
    else if (kind == 2) this.changeControl();
    else if (kind < 6) this.check();
    else if (kind == 6) this.spin();
    else System.yieldHart();
  }

  private change(): void {
    for (let i: u32 = 0; i < VALUES - 1; i++) {
      this.random = xorshift(this.random);
      store<u64>(this.expected + (i << 3), this.random);
    }
    this.expectControl();
    loadFloats(this.expected);
  }

  private changeControl(): void {
    this.expectControl();
    setFloatControl(load<u64>(this.expected + ((VALUES - 1) << 3)));
  }

  private expectControl(): void {
    store<u64>(this.expected + ((VALUES - 1) << 3), this.next(256));
  }

  private check(): void {
    const found = this.expected + VALUES * 8;
    storeFloats(found);
    for (let i: u32 = 0; i < VALUES; i++) {
      if (load<u64>(found + (i << 3)) != load<u64>(this.expected + (i << 3))) this.mismatches += 1;
    }
    this.checks += 1;
  }

  /** The same computation twice has the same result, however often it is interrupted. */
  private compute(): void {
    setFloatControl(this.next(ROUNDING_MODES) << 5);
    const start = 1 + this.next(998);
    const first = orbit(start);
    if (orbit(start) != first) this.mismatches += 1;
    loadFloats(this.expected);
  }

  private spin(): void {
    for (let i = this.next(500); i > 0; i--) this.spins += 1;
  }
}

function work(): void {
  const own = changetype<Worker>(<u32>threadPointer());
  while (true) own.step();
}

let random: u64 = 0;
function pick(limit: u64): u64 {
  random = xorshift(random);
  return (random >> 16) % limit;
}

/** Slot of a worker's TCB. */
function slotOf(index: u32): u32 {
  return pools + WORKERS + index;
}

/** A new thread whose registers are zero, as it expects. */
function start(index: u32): void {
  const own = Worker.at(index);
  memory.fill(own.expected, 0, VALUES * 8);
  own.random = random + index;
  const tcb = slotOf(index);
  Root.check(Root.retype(pools + index, OBJECT_TCB, 0, tcb), "TCB");
  Root.prepareThread(tcb, work.index, changetype<u32>(own) + PAGE, LOWEST, 0, faults);
  Root.check(Root.invoke(tcb, TCB_SET_TLS_BASE, 1, changetype<u32>(own)), "tp");
  Root.setHart(tcb, <u32>pick(Root.harts));
  if (index < RECEIVERS) makeReceiver(tcb, pools + 2 * WORKERS + index);
  Root.resume(tcb);
}

/** The worker receives user interrupts, where there are any: it enters and leaves the kernel on other ways. */
function makeReceiver(tcb: u32, notification: u32): void {
  Root.check(Root.invoke(tcb, TCB_BIND_NOTIFICATION, 0, 0, 0, 0, 0, notification), "bind");
  const error = Root.invoke(notification, NOTIFICATION_REGISTER_RECEIVER, 0, 0, 0, 0, 0, tcb);
  if (error == 0) receivers++;
}

/** The end of a worker: its memory is free for the next. */
function destroy(index: u32): void {
  Root.check(Root.revoke(pools + index), "revoke");
}

/** Lets the others run for so many ticks of the real-time counter. */
function sleep(ticks: u64): void {
  ecall(rdtime() + ticks, 0, 0, 0, 0, 0, 0, SYS_SET_TIMER);
  System.wait(bell);
}

function setPriority(tcb: u32, priority: u32): void {
  Root.check(Root.invoke(tcb, TCB_SET_PRIORITY, 1, priority, 0, 0, 0, ROOT_SLOT_TCB), "priority");
}

/** Forbids floating point, or allows it; a worker that was forbidden has faulted meanwhile and goes on. */
function setForbidden(tcb: u32, forbidden: bool): void {
  const clear = forbidden ? 0 : TCB_FLAG_FPU_DISABLED;
  Root.check(Root.invoke(tcb, TCB_SET_FLAGS, 2, clear, TCB_FLAG_FPU_DISABLED - clear), "flags");
  if (!forbidden) Root.resume(tcb);
}

function operation(): void {
  const index = <u32>pick(WORKERS);
  const tcb = slotOf(index);
  const kind = pick(16);
  if (kind < 5) setPriority(tcb, LOWEST + <u32>pick(4));
  else if (kind < 8) Root.setHart(tcb, <u32>pick(Root.harts));
  else if (kind == 8) Root.check(Root.invoke(tcb, TCB_SUSPEND, 0), "suspend");
  else if (kind == 9) setForbidden(tcb, true);
  else if (kind == 10) Root.check(Root.invoke(tcb, TCB_READ_REGISTERS, 2, 0, 4), "read");
  else if (kind == 11 && pick(4) == 0) {
    destroy(index);
    start(index);
  } else setForbidden(tcb, false);
  if (pick(3) != 0) sleep(pick(LONGEST_PAUSE));
}

/** Do all workers check their registers again, when they are let? */
function lively(): u32 {
  for (let i: u32 = 0; i < WORKERS; i++) {
    store<u64>(before + ((<usize>i) << 3), Worker.at(i).checks);
    setPriority(slotOf(i), LOWEST);
    setForbidden(slotOf(i), false);
  }
  const deadline = rdtime() + PATIENCE;
  let count: u32 = 0;
  while (count < WORKERS && rdtime() < deadline) {
    sleep(PAUSE_FOR_ALL);
    count = 0;
    for (let i: u32 = 0; i < WORKERS; i++) {
      if (Worker.at(i).checks > load<u64>(before + ((<usize>i) << 3)) + 1) count++;
    }
  }
  return count;
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  random = rdtime() | 1;
  report("seed", random);
  bell = Root.make(OBJECT_NOTIFICATION);
  faults = Root.make(OBJECT_NOTIFICATION);
  Root.check(Root.invoke(ROOT_SLOT_TCB, TCB_BIND_NOTIFICATION, 0, 0, 0, 0, 0, bell), "bind");
  pools = Root.make(OBJECT_UNTYPED, TCB_BITS);
  for (let i: u32 = 1; i < WORKERS; i++) Root.make(OBJECT_UNTYPED, TCB_BITS);
  for (let i: u32 = 0; i < WORKERS; i++) Root.takeSlot();
  for (let i: u32 = 0; i < RECEIVERS; i++) Root.make(OBJECT_NOTIFICATION);
  for (let i: u32 = 0; i < WORKERS; i++) start(i);
  const end = rdtime() + LONGEST_RUN;
  let operations: u32 = 0;
  for (; operations < OPERATIONS && rdtime() < end; operations++) operation();
  report("operations", operations);
  report("receivers", receivers);
  report("lively workers", lively());
  let checks: u64 = 0;
  let mismatches: u64 = 0;
  for (let i: u32 = 0; i < WORKERS; i++) {
    destroy(i);
    checks += Worker.at(i).checks;
    mismatches += Worker.at(i).mismatches;
  }
  report("checks", checks);
  report("mismatches", mismatches);
  Root.exit(0);
}
