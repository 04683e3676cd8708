/**
 * The records of all coroutines: a table, so that an id from a response becomes a record by a mask and a shift, whatever
 * number a peer sends. Record 0 is `main`; the others have a stack of the pool each. Stack 0 is the executor's.
 */
import { functionAddress } from "rv";
import { nameCoroutinesWith } from "../abort";
import { Coroutine } from "./coroutine";
import { executorLoop } from "./executor";
import { ShadowStack } from "./shadow-stack";
import { StackPool } from "./stack-pool";
import { Timers } from "./timers";
import { NO_PRIORITY, PRIORITIES, Turns } from "./turns";

/** Bytes of a record: 2^n, and more than Coroutine has fields. */
const RECORD_BITS: u32 = 8;
/**
 * Ids: bit 31 set, so that a server that sign-extends one has a code beside it that says nobody has answered (connection.ts); bits
 * 8–19 the index, so that masking gives the record's offset; the others change when a late response must not find its call any
 * more.
 */
const ID_SIGN: u32 = 0x8000_0000;
const NUMBER_MASK: u32 = 0x7ff0_00ff;
/** With the index's bits set, a carry passes through them. */
const INDEX_BITS: u32 = 0x000f_ff00;

const MAIN_NAME = "main";

let table: u32 = 0;
/** Which bits of an id are the offset of a record: the table has room for a power of two of them. */
let mask: u32 = 0;
let freeList: Coroutine = changetype<Coroutine>(0);
let inUse: u32 = 0;
/** Whether coroutines of different priorities have been made, so that the order of wake-ups matters. */
let mixed: bool = false;
let names: StaticArray<string> = new StaticArray<string>(0);

const executorRecord: u32 = <u32>memory.data(1 << RECORD_BITS, 16);

function record(index: u32): Coroutine {
  return changetype<Coroutine>(table + (index << RECORD_BITS));
}

function indexOf(coroutine: Coroutine): u32 {
  return (changetype<u32>(coroutine) - table) >> RECORD_BITS;
}

/** Main runs, with all others free behind it. */
function build(): void {
  const count = StackPool.count;
  if (count == 0)
    throw new Error("no coroutines: raise this program's `coroutines` in the system description");
  let capacity: u32 = 1;
  while (capacity < count) capacity <<= 1;
  mask = (capacity - 1) << RECORD_BITS;
  const bytes = capacity << RECORD_BITS;
  table = <u32>heap.alloc(bytes);
  memory.fill(table, 0, bytes);
  names = new StaticArray<string>(capacity);
  Timers.start(capacity);
  for (let i = count - 1; i != 0; i--) {
    const coroutine = record(i);
    coroutine.id = ID_SIGN | (i << RECORD_BITS);
    coroutine.next = freeList;
    freeList = coroutine;
  }
  const main = record(0);
  main.id = ID_SIGN;
  names[0] = MAIN_NAME;
  setPriority(main, 1);
  main.inUse = 1;
  Turns.current = main;
}

function setPriority(coroutine: Coroutine, priority: u32): void {
  coroutine.queue = Turns.queue(priority);
  coroutine.bit = 1 << priority;
}

/** For reports; "" for main. */
function currentName(): string {
  return Turns.current == record(0) ? "" : CoroutineTable.nameOf(Turns.current);
}

export class CoroutineTable {
  /** Makes the program's thread its first coroutine, at the first use of any of this. */
  static start(): void {
    if (table != 0) return;
    ShadowStack.start();
    build();
    nameCoroutinesWith(currentName);
    const executor = changetype<Coroutine>(executorRecord);
    executor.resumeAt = functionAddress(executorLoop.index);
    executor.stackPointer = StackPool.top(0);
    executor.bit = NO_PRIORITY;
    Turns.executor = executor;
  }

  /** The record a response with this id is for. It may be any record: check that it waits for this very response. */
  @inline static find(id: u32): Coroutine {
    return changetype<Coroutine>(table + (id & mask));
  }

  /** A free record with a stack. Ends the program when there is none. */
  static take(name: string, priority: u32): Coroutine {
    if (priority >= PRIORITIES)
      throw new Error(`coroutine "${name}": priority ${priority.toString()} is not one of 0 to 7`);
    const coroutine = freeList;
    if (changetype<u32>(coroutine) == 0)
      throw new Error(
        `coroutine "${name}": all ${(StackPool.count - 1).toString()} are in use: raise this program's \`coroutines\` in the system description`,
      );
    freeList = coroutine.next;
    inUse += 1;
    const index = indexOf(coroutine);
    names[index] = name;
    coroutine.uses += 1;
    coroutine.inUse = 1;
    coroutine.waiting = 0;
    coroutine.stackPointer = StackPool.top(index);
    setPriority(coroutine, priority);
    if (coroutine.bit != record(0).bit) mixed = true;
    return coroutine;
  }

  /** Initial stack pointer of a coroutine that is not main. */
  static stackTop(coroutine: Coroutine): u64 {
    return StackPool.top(indexOf(coroutine));
  }

  /** A coroutine that has ended can be used again. */
  static giveBack(coroutine: Coroutine): void {
    const index = indexOf(coroutine);
    if (index == 0) return;
    names[index] = "";
    coroutine.inUse = 0;
    inUse -= 1;
  }

  /** Puts an ended coroutine, which is in no list, among the free ones. */
  static release(coroutine: Coroutine): void {
    coroutine.next = freeList;
    freeList = coroutine;
  }

  /** Responses to its calls so far find nobody any more. */
  static renewId(coroutine: Coroutine): void {
    const id = coroutine.id;
    coroutine.id = ID_SIGN | (id & INDEX_BITS) | (((id | INDEX_BITS) + 1) & NUMBER_MASK);
  }

  /** Coroutines that have been spawned and have not ended. */
  @inline static get count(): u32 {
    return inUse;
  }

  /** How many can exist at the same time, beside `main`. */
  static get capacity(): u32 {
    return StackPool.count - 1;
  }

  /** Do coroutines of different priorities exist? */
  @inline static get hasPriorities(): bool {
    return mixed;
  }

  /** Record number `index` (0: main), used or not, for those who look at all of them. */
  static at(index: u32): Coroutine {
    return record(index);
  }

  static nameOf(coroutine: Coroutine): string {
    return changetype<u32>(coroutine) == executorRecord ? "executor" : names[indexOf(coroutine)];
  }
}
