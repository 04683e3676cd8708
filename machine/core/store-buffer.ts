// The store-buffer mode: stores to memory wait in a buffer of their hart and become visible to others later, in any order
// that RVWMO allows (unprivileged specification, chapter "RVWMO", and appendix "Memory Model Explanatory Material").
// A program that needs a fence and lacks it then fails under some seed. Off by default; when it is on, every access takes the
// slow path (all slices are strict), so the hot loop knows nothing of it.
//
// Stores wait for a random, seeded time each and drain in any order, except that
//   - overlapping stores drain in program order (preserved program order, rule 1);
//   - a fence with W before W, and a release, keep stores before it in front of those behind it: each such fence
//     begins a new epoch, and an epoch drains after the one before;
//   - a fence with W before R waits until everything has drained, as loads are never delayed;
//   - a fence with W before O or I holds until the next device access or uipi, which otherwise overtakes stores.
// Loads are carried out at once and in order and see the hart's own buffered stores. Atomics act on memory at once. Page-table
// walks and instruction fetches see memory only: sfence.vma and fence.i drain. Traps, wfi and CSR accesses order nothing.
import { forgetInstructions } from "./code";
import { countNotRetired } from "./counters";
import { Hart, Harts, Machine } from "./hart";
import { keepMark } from "./marks";
import { breakReservations } from "./observed-stores";
import {
  EXIT_YIELD,
  HART_EXIT,
  HART_ID,
  HART_STORE_EPOCH,
  HART_STORES,
  MACHINE_BASE,
  MACHINE_STORE_BUFFER,
  MACHINE_STORE_RANDOM,
  STORE_ADDRESS,
  STORE_BUFFER_BASE,
  STORE_BUFFER_SIZE,
  STORE_BYTES,
  STORE_DUE,
  STORE_ENTRY_SIZE,
  STORE_EPOCH,
  STORE_FLAGS,
  STORE_VALUE,
} from "./state";
import { NEVER } from "./time";

/** Must drain before the next device store, or load. */
export const BEFORE_OUTPUT: u16 = 1;
export const BEFORE_INPUT: u16 = 2;
/** An instruction waits for it. */
const FORCED: u16 = 4;
/** Longest time such a store takes, in cycles: a power of two. */
const FORCED_DELAY: u64 = 16;

const FENCE_I: u32 = 8;
const FENCE_O: u32 = 4;
const FENCE_R: u32 = 2;
const FENCE_W: u32 = 1;
const FENCE_TSO: u32 = 8; // the fm field: W before R is not ordered

/** Stores wait up to 4, 16, 64, 256 or 1024 cycles, each bound as likely as the others. */
const DELAY_BOUNDS: u64 = 5;

/** Whether the machine is in store-buffer mode. */
export function buffersStores(): bool {
  return load<u32>(MACHINE_BASE, MACHINE_STORE_BUFFER) != 0;
}

class Pending {
  /** Number of stores of a hart that have not drained. */
  @inline static count(hart: u32): u32 {
    return load<u32>(hart, HART_STORES);
  }

  /** The hart's `index`th oldest one. */
  @inline static at(hart: u32, index: u32): u32 {
    return STORE_BUFFER_BASE + load<u32>(hart, HART_ID) * STORE_BUFFER_SIZE + index * STORE_ENTRY_SIZE;
  }

  @inline static isForced(entry: u32): bool {
    return (load<u16>(entry, STORE_FLAGS) & FORCED) != 0;
  }

  /** Whether `older` must drain before `newer`. */
  static precedes(older: u32, newer: u32): bool {
    return (
      load<u32>(older, STORE_EPOCH) != load<u32>(newer, STORE_EPOCH) ||
      Pending.overlaps(older, load<u64>(newer, STORE_ADDRESS), load<u16>(newer, STORE_BYTES))
    );
  }

  static overlaps(entry: u32, physical: u64, bytes: u64): bool {
    const address = load<u64>(entry, STORE_ADDRESS);
    return address < physical + bytes && physical < address + <u64>load<u16>(entry, STORE_BYTES);
  }
}

/** Puts a store of 1 to 8 bytes to RAM into the hart's buffer; a full one drains its oldest store. */
export function bufferStore(hart: u32, physical: u64, bytes: u64, value: u64): void {
  const clock = Hart.clock(hart);
  if (Pending.count(hart) == load<u32>(MACHINE_BASE, MACHINE_STORE_BUFFER)) commit(hart, 0, clock);
  const entry = Pending.at(hart, Pending.count(hart));
  store<u64>(entry, physical, STORE_ADDRESS);
  store<u64>(entry, value, STORE_VALUE);
  store<u64>(entry, clock + delay(), STORE_DUE);
  store<u16>(entry, <u16>bytes, STORE_BYTES);
  store<u16>(entry, 0, STORE_FLAGS);
  store<u32>(entry, load<u32>(hart, HART_STORE_EPOCH), STORE_EPOCH);
  store<u32>(hart, Pending.count(hart) + 1, HART_STORES);
}

/** Loads 1 to 8 bytes of RAM as the hart sees them: its own buffered stores over memory. */
export function loadBuffered(hart: u32, physical: u64, bytes: u64): u64 {
  // Behind RAM there is room, so that eight bytes can always be loaded (RAM_SLACK).
  let value = load<u64>(Machine.ramAddress(physical)) & (~(<u64>0) >> ((8 - bytes) << 3));
  for (let index: u32 = 0; index < Pending.count(hart); index++) {
    const entry = Pending.at(hart, index);
    if (Pending.overlaps(entry, physical, bytes)) value = overlay(entry, physical, bytes, value);
  }
  return value;
}

/** Replaces those bytes of `value`, loaded from `physical`, that a buffered store has written. */
function overlay(entry: u32, physical: u64, bytes: u64, value: u64): u64 {
  const address = load<u64>(entry, STORE_ADDRESS);
  const stored = load<u64>(entry, STORE_VALUE);
  for (let i: u64 = 0; i < bytes; i++) {
    const from = physical + i - address;
    if (from >= <u64>load<u16>(entry, STORE_BYTES)) continue; // also when it is before the store
    const mask = (<u64>0xff) << (i << 3);
    value = (value & ~mask) | (((stored >> (from << 3)) & 0xff) << (i << 3));
  }
  return value;
}

/** Clock at which the next store of any hart drains; NEVER without one. */
export function nextDrain(): u64 {
  let next = NEVER;
  for (let id: u32 = 0; id < Harts.count(); id++) {
    const hart = Harts.at(id);
    for (let index: u32 = 0; index < Pending.count(hart); index++) {
      if (mayDrain(hart, index)) next = min(next, load<u64>(Pending.at(hart, index), STORE_DUE));
    }
  }
  return next;
}

/** Drains what is due at a clock that all running harts have reached. */
export function drainDue(clock: u64): void {
  for (let id: u32 = 0; id < Harts.count(); id++) {
    const hart = Harts.at(id);
    let index: u32 = 0;
    while (index < Pending.count(hart)) {
      if (load<u64>(Pending.at(hart, index), STORE_DUE) <= clock && mayDrain(hart, index))
        commit(hart, index, clock);
      else index++;
    }
  }
}

/** Drains all stores of all harts, when a run ends. */
export function drainMachine(): void {
  for (let id: u32 = 0; id < Harts.count(); id++) {
    const hart = Harts.at(id);
    while (Pending.count(hart) != 0) commit(hart, 0, Hart.clock(hart));
  }
}

/** Orders a hart's stores as a fence instruction demands; false while the hart must wait for them to drain. */
export function orderByFence(hart: u32, word: u32): bool {
  const predecessors = (word >> 24) & 15;
  const successors = (word >> 20) & 15;
  if ((predecessors & FENCE_W) == 0) return true;
  if ((successors & FENCE_R) != 0 && word >> 28 != FENCE_TSO) return waitForAll(hart);
  if ((successors & FENCE_W) != 0) store<u32>(hart, load<u32>(hart, HART_STORE_EPOCH) + 1, HART_STORE_EPOCH);
  let flags: u16 = 0;
  if ((successors & FENCE_O) != 0) flags |= BEFORE_OUTPUT;
  if ((successors & FENCE_I) != 0) flags |= BEFORE_INPUT;
  for (let index: u32 = 0; index < Pending.count(hart); index++) {
    const entry = Pending.at(hart, index);
    store<u16>(entry, load<u16>(entry, STORE_FLAGS) | flags, STORE_FLAGS);
  }
  return true;
}

/** Whether all stores of a hart have drained. While not, the hart must leave the hot loop and execute the instruction again. */
export function waitForAll(hart: u32): bool {
  for (let index: u32 = 0; index < Pending.count(hart); index++) force(hart, Pending.at(hart, index));
  return waitForForced(hart);
}

/**
 * Before an atomic acts on memory: whether earlier stores have drained that overlap, that a fence put before it, or
 * (release) all; else as waitForAll.
 */
export function waitForAtomic(hart: u32, physical: u64, bytes: u64, isRelease: bool): bool {
  if (isRelease) return waitForAll(hart);
  const epoch = load<u32>(hart, HART_STORE_EPOCH);
  for (let index: u32 = 0; index < Pending.count(hart); index++) {
    const entry = Pending.at(hart, index);
    if (load<u32>(entry, STORE_EPOCH) != epoch || Pending.overlaps(entry, physical, bytes))
      force(hart, entry);
  }
  return waitForForced(hart);
}

/** Before a device access: whether what a fence put before it (`flags`: BEFORE_*) has drained; else as waitForAll. */
export function waitForDevice(hart: u32, flags: u16): bool {
  for (let index: u32 = 0; index < Pending.count(hart); index++) {
    const entry = Pending.at(hart, index);
    if ((load<u16>(entry, STORE_FLAGS) & flags) != 0) force(hart, entry);
  }
  return waitForForced(hart);
}

/** Makes a store drain soon. Not at once: other harts may see a fence's stores one after the other. */
function force(hart: u32, entry: u32): void {
  if (Pending.isForced(entry)) return;
  store<u16>(entry, load<u16>(entry, STORE_FLAGS) | FORCED, STORE_FLAGS);
  const soon = Hart.clock(hart) + 1 + (random() & (FORCED_DELAY - 1));
  store<u64>(entry, min(load<u64>(entry, STORE_DUE), soon), STORE_DUE);
}

/** Whether no store of a hart is forced; else what must drain before the forced ones is forced too, and the hart stalls. */
function waitForForced(hart: u32): bool {
  let isDone = true;
  for (let newer = Pending.count(hart); newer > 0; newer--) {
    const entry = Pending.at(hart, newer - 1);
    if (!Pending.isForced(entry)) continue;
    isDone = false;
    for (let older: u32 = 0; older < newer - 1; older++) {
      if (Pending.precedes(Pending.at(hart, older), entry)) force(hart, Pending.at(hart, older));
    }
  }
  if (!isDone) stall(hart);
  return isDone;
}

/** Lets a cycle pass without retiring the instruction at HART_PC. */
function stall(hart: u32): void {
  countNotRetired(hart);
  store<u32>(hart, EXIT_YIELD, HART_EXIT);
  keepMark(hart);
}

/** Whether nothing older keeps a store from draining. */
function mayDrain(hart: u32, index: u32): bool {
  for (let older: u32 = 0; older < index; older++) {
    if (Pending.precedes(Pending.at(hart, older), Pending.at(hart, index))) return false;
  }
  return true;
}

/** Makes a buffered store visible to all harts at a clock, and removes it. */
function commit(hart: u32, index: u32, clock: u64): void {
  const entry = Pending.at(hart, index);
  const physical = load<u64>(entry, STORE_ADDRESS);
  const value = load<u64>(entry, STORE_VALUE);
  const bytes = <u64>load<u16>(entry, STORE_BYTES);
  const left = Pending.count(hart) - 1;
  memory.copy(entry, entry + STORE_ENTRY_SIZE, (left - index) * STORE_ENTRY_SIZE);
  store<u32>(hart, left, HART_STORES);
  for (let i: u64 = 0; i < bytes; i++) store<u8>(Machine.ramAddress(physical + i), <u8>(value >> (i << 3)));
  forgetInstructions(physical, bytes);
  breakReservations(hart, physical, bytes, clock);
}

/** Cycles a store waits: at least one. */
function delay(): u64 {
  const bound = (<u64>4) << ((random() % DELAY_BOUNDS) << 1);
  return 1 + (random() % bound);
}

/** xorshift64 (Marsaglia), upper half. */
function random(): u64 {
  let x = load<u64>(MACHINE_BASE, MACHINE_STORE_RANDOM);
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  store<u64>(MACHINE_BASE, x, MACHINE_STORE_RANDOM);
  return x >> 32;
}
