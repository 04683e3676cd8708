// What the test root tasks share: printing, BootInfo, raw system calls, making objects and threads.
//
// Test threads run in the root task's own address space and CSpace. They share these globals, so only the root thread
// uses `Root`; other threads make their system calls through `System`.

import { ecall, ecallResult, functionAddress, pause } from "rv";
import {
  BOOTINFO_EMPTY,
  BOOTINFO_IPC_BUFFER,
  BOOTINFO_NODES,
  BOOTINFO_UNTYPED,
  BOOTINFO_UNTYPED_LIST,
  BOOTINFO_USER_IMAGE_FRAMES,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_TCB,
  ROOT_SLOT_VSPACE,
  UNTYPED_DESCRIPTOR_IS_DEVICE,
  UNTYPED_DESCRIPTOR_SIZE,
  UNTYPED_DESCRIPTOR_SIZE_BITS,
} from "../../../../abi/src/bootinfo";
import { FAILED_LOOKUP } from "../../../../abi/src/errors";
import {
  CNODE_COPY,
  CNODE_DELETE,
  CNODE_MINT,
  CNODE_REVOKE,
  PAGE_MAP,
  PAGE_TABLE_MAP,
  TCB_CONFIGURE,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SET_SCHED_PARAMS,
  TCB_WRITE_REGISTERS,
  UNTYPED_RETYPE,
} from "../../../../abi/src/labels";
import {
  OBJECT_MEGA_PAGE,
  OBJECT_PAGE,
  OBJECT_PAGE_TABLE,
  OBJECT_TCB,
  VM_EXECUTE_NEVER,
} from "../../../../abi/src/objects";
import { ROOT_TEXT_BASE } from "../../../../abi/src/program-layout";
import { ALL_RIGHTS } from "../../../../abi/src/rights";
import {
  SYS_CALL,
  SYS_DEBUG_PUT_CHAR,
  SYS_RECV,
  SYS_REPLY_RECV,
  SYS_SEND,
  SYS_YIELD,
} from "../../../../abi/src/syscalls";
import { __global_pointer } from "./link";

/** Where the root task maps the power-off device. */
const SYSCON_WINDOW: u32 = 0x5000_0000;
const SYSCON: u64 = 0x10_0000;
const SYSCON_PASS: u32 = 0x5555;
const SYSCON_FAIL: u32 = 0x3333;
const PAGE_SIZE: u32 = 4096;

/** A wasm trap of the guest ends in an illegal instruction, which the kernel reports. */
export function abort(_message: usize, _file: usize, line: u32, _column: u32): void {
  print("abort in line ");
  printNumber(line);
  unreachable();
}

export function print(text: string): void {
  for (let i = 0; i < text.length; i++) ecall(text.charCodeAt(i), 0, 0, 0, 0, 0, 0, SYS_DEBUG_PUT_CHAR);
}

export function printNumber(value: u64): void {
  if (value >= 10) printNumber(value / 10);
  ecall(48 + (value % 10), 0, 0, 0, 0, 0, 0, SYS_DEBUG_PUT_CHAR);
}

/** Prints "name=value" and a line end. */
export function report(name: string, value: u64): void {
  print(name);
  print("=");
  printNumber(value);
  print("\n");
}

/** System calls that any thread may use: nothing is kept. */
export class System {
  /** Call with up to four words; returns the first word of the answer. */
  @inline static call(slot: u32, word: u64): u64 {
    ecall(slot, 1, word, 0, 0, 0, 0, SYS_CALL);
    return ecallResult(2);
  }

  @inline static send(slot: u32, word: u64): void {
    ecall(slot, 1, word, 0, 0, 0, 0, SYS_SEND);
  }

  /** Waits; returns the first word of the message. */
  @inline static receive(slot: u32): u64 {
    ecall(slot, 0, 0, 0, 0, 0, 0, SYS_RECV);
    return ecallResult(2);
  }

  @inline static replyReceive(slot: u32, word: u64): u64 {
    ecall(slot, 1, word, 0, 0, 0, 0, SYS_REPLY_RECV);
    return ecallResult(2);
  }

  @inline static signal(slot: u32): void {
    ecall(slot, 0, 0, 0, 0, 0, 0, SYS_SEND);
  }

  /** Waits for a notification; returns the badge. */
  @inline static wait(slot: u32): u64 {
    return ecall(slot, 0, 0, 0, 0, 0, 0, SYS_RECV);
  }

  @inline static yieldHart(): void {
    ecall(0, 0, 0, 0, 0, 0, 0, SYS_YIELD);
  }
}

/** Words that threads share; every access is atomic. */
export class Shared {
  @inline static get(index: u32): u64 {
    return atomic.load<u64>(<usize>sharedWords + ((<usize>index) << 3));
  }

  @inline static set(index: u32, value: u64): void {
    atomic.store<u64>(<usize>sharedWords + ((<usize>index) << 3), value);
  }

  @inline static add(index: u32, value: u64): void {
    atomic.add<u64>(<usize>sharedWords + ((<usize>index) << 3), value);
  }

  @inline static address(index: u32): usize {
    return <usize>sharedWords + ((<usize>index) << 3);
  }

  /** Spins until a word has reached `value`. */
  static await(index: u32, value: u64): void {
    while (Shared.get(index) < value) pause();
  }
}

const sharedWords = memory.data(32 * 8, 64);

/** The root thread's view of the world: its slots, its memory, the objects it makes. */
export class Root {
  static bootInfo: u32 = 0;
  static buffer: u32 = 0;
  private static freeSlot: u32 = 0;
  private static untyped: u32 = 0;
  /** Result words of the last invocation. */
  static result0: u64 = 0;
  static result1: u64 = 0;

  /** Reads BootInfo. */
  static begin(bootInfo: u32): void {
    Root.bootInfo = bootInfo;
    Root.buffer = load<u32>(bootInfo, BOOTINFO_IPC_BUFFER);
    Root.freeSlot = load<u32>(bootInfo, BOOTINFO_EMPTY);
    Root.untyped = Root.largestUntyped();
  }

  /** Harts that run the kernel. */
  static get harts(): u32 {
    return load<u32>(Root.bootInfo, BOOTINFO_NODES);
  }

  /** An empty slot. */
  static takeSlot(): u32 {
    return Root.freeSlot++;
  }

  /** Invokes a capability with up to three extra capabilities (0: none); returns the error code. */
  static invoke(
    slot: u32,
    label: u32,
    length: u32,
    word0: u64 = 0,
    word1: u64 = 0,
    word2: u64 = 0,
    word3: u64 = 0,
    extra0: u32 = 0,
    extra1: u32 = 0,
    extra2: u32 = 0,
  ): u32 {
    const extras: u64 = extra2 != 0 ? 3 : extra1 != 0 ? 2 : extra0 != 0 ? 1 : 0;
    store<u64>(Root.buffer, extra0, 976);
    store<u64>(Root.buffer, extra1, 984);
    store<u64>(Root.buffer, extra2, 992);
    ecall(slot, ((<u64>label) << 12) | (extras << 7) | length, word0, word1, word2, word3, 0, SYS_CALL);
    const info = ecallResult(1);
    Root.result0 = ecallResult(2);
    Root.result1 = ecallResult(3);
    return <u32>(info >> 12);
  }

  /** Sets message word `index` (from 4 on) of the next invocation. */
  static setWord(index: u32, value: u64): void {
    store<u64>(Root.buffer + ((index + 1) << 3), value);
  }

  /** Makes an object in a new slot. */
  static make(type: u32, sizeBits: u32 = 0): u32 {
    const slot = Root.takeSlot();
    Root.check(Root.retype(Root.untyped, type, sizeBits, slot), "retype");
    return slot;
  }

  /** Makes an object that there may be no type for; returns the error code. */
  static tryToMake(type: u32): u32 {
    return Root.retype(Root.untyped, type, 0, Root.takeSlot());
  }

  static retype(untyped: u32, type: u32, sizeBits: u32, slot: u32): u32 {
    Root.setWord(4, slot);
    Root.setWord(5, 1);
    return Root.invoke(untyped, UNTYPED_RETYPE, 6, type, sizeBits, 0, 0, ROOT_SLOT_CNODE);
  }

  /** A copy of a capability with a badge. */
  static mint(source: u32, badge: u64, rights: u64 = ALL_RIGHTS): u32 {
    const slot = Root.takeSlot();
    Root.setWord(4, rights);
    Root.setWord(5, badge);
    Root.check(Root.invoke(ROOT_SLOT_CNODE, CNODE_MINT, 6, slot, 64, source, 64, ROOT_SLOT_CNODE), "mint");
    return slot;
  }

  static copy(source: u32): u32 {
    const slot = Root.takeSlot();
    Root.setWord(4, ALL_RIGHTS);
    Root.check(Root.invoke(ROOT_SLOT_CNODE, CNODE_COPY, 5, slot, 64, source, 64, ROOT_SLOT_CNODE), "copy");
    return slot;
  }

  static remove(slot: u32): u32 {
    return Root.invoke(ROOT_SLOT_CNODE, CNODE_DELETE, 2, slot, 64);
  }

  static revoke(slot: u32): u32 {
    return Root.invoke(ROOT_SLOT_CNODE, CNODE_REVOKE, 2, slot, 64);
  }

  /** Frame capability of a page of the root's own image. */
  static imageFrame(address: u32): u32 {
    return load<u32>(Root.bootInfo, BOOTINFO_USER_IMAGE_FRAMES) + ((address - ROOT_TEXT_BASE) >> 12);
  }

  /** A new thread in this address space; `buffer` is a page of the image for its IPC buffer (0: none). */
  static thread(entry: u32, stackTop: u32, priority: u32, buffer: u32 = 0, faultEndpoint: u32 = 0): u32 {
    const tcb = Root.make(OBJECT_TCB);
    Root.prepareThread(tcb, entry, stackTop, priority, buffer, faultEndpoint);
    return tcb;
  }

  /** Makes a new TCB a thread as `thread` does. */
  static prepareThread(
    tcb: u32,
    entry: u32,
    stackTop: u32,
    priority: u32,
    buffer: u32,
    faultEndpoint: u32,
  ): void {
    const frame = buffer == 0 ? 0 : Root.imageFrame(buffer);
    Root.check(
      Root.invoke(
        tcb,
        TCB_CONFIGURE,
        4,
        faultEndpoint,
        0,
        0,
        buffer,
        ROOT_SLOT_CNODE,
        ROOT_SLOT_VSPACE,
        frame == 0 ? ROOT_SLOT_VSPACE : frame,
      ),
      "configure",
    );
    Root.check(Root.invoke(tcb, TCB_SET_SCHED_PARAMS, 2, 255, priority, 0, 0, ROOT_SLOT_TCB), "priority");
    Root.writeRegisters(tcb, entry, stackTop);
  }

  /** Sets pc, sp and gp of a stopped thread (this program's gp). */
  static writeRegisters(tcb: u32, entry: u32, stackTop: u32): void {
    Root.setWord(4, stackTop);
    Root.setWord(5, globalPointer());
    Root.check(Root.invoke(tcb, TCB_WRITE_REGISTERS, 6, 0, 4, functionAddress(entry), 0), "registers");
  }

  static resume(tcb: u32): void {
    Root.check(Root.invoke(tcb, TCB_RESUME, 0), "resume");
  }

  static setHart(tcb: u32, hart: u32): void {
    Root.check(Root.invoke(tcb, TCB_SET_AFFINITY, 1, hart), "affinity");
  }

  /** Says which step failed and ends the machine. */
  static check(error: u32, what: string): void {
    if (error == 0) return;
    print(what);
    report(" failed: error", error);
    Root.exit(99);
  }

  /** Ends the machine through its power-off device. */
  static exit(code: u32): void {
    Root.mapDevice(SYSCON, SYSCON_WINDOW);
    store<u32>(SYSCON_WINDOW, code == 0 ? SYSCON_PASS : (code << 16) | SYSCON_FAIL);
  }

  /** Maps the device page at physical `address` at `window`. */
  static mapDevice(address: u64, window: u32): void {
    Root.map(Root.deviceFrame(address), window);
  }

  /** Maps a new page at `address`; returns its frame capability. */
  static mapNewPage(address: u32): u32 {
    const frame = Root.make(OBJECT_PAGE);
    Root.map(frame, address);
    return frame;
  }

  /** Maps a frame, with the page tables that are missing there. */
  static map(frame: u32, address: u32): void {
    let error = Root.mapFrame(frame, address);
    while (error == FAILED_LOOKUP) {
      const table = Root.make(OBJECT_PAGE_TABLE);
      Root.check(Root.invoke(table, PAGE_TABLE_MAP, 2, address, 0, 0, 0, ROOT_SLOT_VSPACE), "map table");
      error = Root.mapFrame(frame, address);
    }
    Root.check(error, "map");
  }

  private static mapFrame(frame: u32, address: u32): u32 {
    return Root.invoke(frame, PAGE_MAP, 3, address, ALL_RIGHTS, VM_EXECUTE_NEVER, 0, ROOT_SLOT_VSPACE);
  }

  /** Frame capability to a device page: walks down the untyped that contains it. */
  private static deviceFrame(address: u64): u32 {
    const start = load<u32>(Root.bootInfo, BOOTINFO_UNTYPED);
    const end = load<u32>(Root.bootInfo, BOOTINFO_UNTYPED + 8);
    for (let slot = start; slot < end; slot++) {
      const descriptor = Root.bootInfo + BOOTINFO_UNTYPED_LIST + (slot - start) * UNTYPED_DESCRIPTOR_SIZE;
      const base = load<u64>(descriptor);
      const bits = load<u8>(descriptor, UNTYPED_DESCRIPTOR_SIZE_BITS);
      if (address < base || address - base >= (<u64>1) << bits) continue;
      return Root.frameInside(slot, address - base);
    }
    Root.check(1, "find device");
    return 0;
  }

  /** Skips `offset` bytes of an unused untyped with large pages, then takes one page. */
  private static frameInside(untyped: u32, offset: u64): u32 {
    while (offset >= 0x20_0000) {
      Root.check(Root.retype(untyped, OBJECT_MEGA_PAGE, 0, Root.takeSlot()), "skip");
      offset -= 0x20_0000;
    }
    while (offset != 0) {
      Root.check(Root.retype(untyped, OBJECT_PAGE, 0, Root.takeSlot()), "skip");
      offset -= PAGE_SIZE;
    }
    const frame = Root.takeSlot();
    Root.check(Root.retype(untyped, OBJECT_PAGE, 0, frame), "device page");
    return frame;
  }

  private static largestUntyped(): u32 {
    const start = load<u32>(Root.bootInfo, BOOTINFO_UNTYPED);
    const end = load<u32>(Root.bootInfo, BOOTINFO_UNTYPED + 8);
    let best: u32 = 0;
    let bestBits: u32 = 0;
    for (let slot = start; slot < end; slot++) {
      const descriptor = Root.bootInfo + BOOTINFO_UNTYPED_LIST + (slot - start) * UNTYPED_DESCRIPTOR_SIZE;
      const bits = <u32>load<u8>(descriptor, UNTYPED_DESCRIPTOR_SIZE_BITS);
      if (load<u8>(descriptor, UNTYPED_DESCRIPTOR_IS_DEVICE) == 0 && bits > bestBits) {
        best = slot;
        bestBits = bits;
      }
    }
    return best;
  }
}

/** This program's gp: threads share its globals. */
function globalPointer(): u64 {
  return __global_pointer();
}
