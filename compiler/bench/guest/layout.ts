// Kernel objects of the benchmark: a microkernel's capabilities, threads and endpoints in the style of seL4 on RV64.

export const CAP_NULL: u64 = 0;
export const CAP_FRAME: u64 = 1;
export const CAP_UNTYPED: u64 = 2;
export const CAP_PAGE_TABLE: u64 = 3;
export const CAP_ENDPOINT: u64 = 4;
export const CAP_NOTIFICATION: u64 = 6;
export const CAP_REPLY: u64 = 8;
export const CAP_CNODE: u64 = 10;
export const CAP_THREAD: u64 = 12;

export const ENDPOINT_IDLE: u64 = 0;
export const ENDPOINT_SENDING: u64 = 1;
export const ENDPOINT_RECEIVING: u64 = 2;

export const THREAD_INACTIVE: u64 = 0;
export const THREAD_RUNNING: u64 = 1;
export const THREAD_RESTART: u64 = 2;
export const THREAD_BLOCKED_ON_RECEIVE: u64 = 3;
export const THREAD_BLOCKED_ON_SEND: u64 = 4;
export const THREAD_BLOCKED_ON_REPLY: u64 = 5;

/** Low 47 bits of a capability's second word: the object's address. */
export const ADDRESS_MASK: u64 = 0x7fff_ffff_ffff;
/** log2 of a slot's size. */
export const SLOT_BITS: u32 = 5;

/** A capability with its place in the derivation list. */
@unmanaged
export class Slot {
  word0: u64;
  /** type << 59 | … | address. CNode: guard size << 53, radix << 47, address >> 1. */
  word1: u64;
  previous: u64;
  /** address of the next slot | revocable << 1 | first badged. */
  next: u64;
}

/** Saved registers x0–x31 and trap state, then the thread's own fields. Its five slots lie 512 bytes below. */
@unmanaged
export class Thread {
  x0: u64;
  ra: u64;
  sp: u64;
  gp: u64;
  tp: u64;
  t0: u64;
  t1: u64;
  t2: u64;
  s0: u64;
  s1: u64;
  a0: u64;
  a1: u64;
  a2: u64;
  a3: u64;
  a4: u64;
  a5: u64;
  a6: u64;
  a7: u64;
  s2: u64;
  s3: u64;
  s4: u64;
  s5: u64;
  s6: u64;
  s7: u64;
  s8: u64;
  s9: u64;
  s10: u64;
  s11: u64;
  t3: u64;
  t4: u64;
  t5: u64;
  t6: u64;
  cause: u64;
  status: u64;
  programCounter: u64;
  nextProgramCounter: u64;
  /** kind | may grant << 4 | is a call << 5 | endpoint << 8 */
  state: u64;
  badge: u64;
  fault: u64;
  priority: u32;
  maximumPriority: u32;
  timeSlice: u32;
  /** Bit 0: in a ready queue. */
  flags: u32;
  ipcBuffer: u32;
  readyNext: Thread | null;
  readyPrevious: Thread | null;
  queueNext: Thread | null;
  queuePrevious: Thread | null;
}

@unmanaged
export class Endpoint {
  head: u64;
  /** address of the last thread | state */
  tail: u64;
}

export const SLOT_CSPACE: u32 = 0;
export const SLOT_VSPACE: u32 = 1;
export const SLOT_REPLY: u32 = 2;
export const SLOT_CALLER: u32 = 3;
export const SLOT_BUFFER: u32 = 4;
const THREAD_SLOTS: u32 = 512;

/** Byte offset of register a2 in a thread: the first message register. */
export const MESSAGE_REGISTERS: usize = 96;

export function capabilityType(slot: Slot): u64 {
  return slot.word1 >> 59;
}

export function slotAt(address: u64): Slot {
  return changetype<Slot>(<u32>address);
}

export function threadAt(address: u64): Thread {
  return changetype<Thread>(<u32>address);
}

export function addressOf(thread: Thread | null): u64 {
  return <u64>changetype<u32>(thread);
}

export function threadSlot(thread: Thread, index: u32): Slot {
  return changetype<Slot>(changetype<u32>(thread) - THREAD_SLOTS + (index << SLOT_BITS));
}

export function threadState(thread: Thread): u64 {
  return thread.state & 15;
}

export function setThreadState(thread: Thread, kind: u64): void {
  thread.state = (thread.state & ~(<u64>15)) | kind;
}

/** Address of a thread's saved register `index`, for loads and stores with a constant offset. */
export function registerAddress(thread: Thread, index: u32): u32 {
  return changetype<u32>(thread) + (index << 3);
}
