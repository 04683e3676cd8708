// A walker over the flattened device tree (Devicetree Specification 0.4, chapter 5): finds memory, harts, the interrupt
// controller and the time base. It trusts the firmware that wrote the tree, but stays inside its stated size.

import { MAX_HARTS as MAXIMUM } from "../../../abi/src/config";

const MAX_HARTS: u32 = MAXIMUM;
const PAGE: u64 = 4096;
const MAGIC: u32 = 0xd00dfeed;
const TOKEN_BEGIN_NODE: u32 = 1;
const TOKEN_END_NODE: u32 = 2;
const TOKEN_PROPERTY: u32 = 3;
const TOKEN_NOP: u32 = 4;
const UNDERSCORE: u8 = 0x5f;

const HEADER_TOTAL_SIZE: u32 = 4;
const HEADER_STRUCTURE: u32 = 8;
const HEADER_STRINGS: u32 = 12;

/** interrupts-extended of the PLIC: the hart-local interrupt it drives. */
const SUPERVISOR_EXTERNAL: u32 = 9;

// What a node is, decided by its name (and, for the PLIC, its place under /soc)
const NODE_OTHER: u32 = 0;
const NODE_MEMORY: u32 = 1;
const NODE_CPU: u32 = 2;
const NODE_CPU_INTERRUPTS: u32 = 3;
const NODE_PLIC: u32 = 4;
const NODE_CPUS: u32 = 5;

const hartIds = memory.data(MAXIMUM * 4, 8);
const hartInterruptHandles = memory.data(MAXIMUM * 4, 8);
const hartPlicContexts = memory.data(MAXIMUM * 4, 8);

/** What the tree says; filled by `DeviceTree.read`. */
export class DeviceTree {
  static start: u32 = 0;
  static size: u32 = 0;

  /** First page it lies in, and the end of the last: physical addresses. */
  static get firstPage(): u64 {
    return DeviceTree.start & ~(PAGE - 1);
  }

  static get pagesEnd(): u64 {
    return (<u64>DeviceTree.start + DeviceTree.size + PAGE - 1) & ~(PAGE - 1);
  }
  static memoryStart: u64 = 0;
  static memoryEnd: u64 = 0;
  static harts: u32 = 0;
  static plicBase: u64 = 0;
  static plicSize: u64 = 0;
  static plicSources: u32 = 0;
  static timebase: u32 = 0;
  /** Every hart can wait for a store to a word it has reserved (Zawrs). */
  static waitOnReservation: bool = false;

  /** The firmware's number of the `index`-th hart in the tree. */
  static hartId(index: u32): u32 {
    return load<u32>(hartIds + ((<usize>index) << 2));
  }

  /** PLIC context of the `index`-th hart's S mode; ~0 when the tree names none. */
  static plicContext(index: u32): u32 {
    return load<u32>(hartPlicContexts + ((<usize>index) << 2));
  }

  /** Reads the tree at physical address `start`. False: there is no tree. */
  static read(start: u32): bool {
    if (start == 0 || bigEndian(start) != MAGIC) return false;
    DeviceTree.start = start;
    DeviceTree.size = bigEndian(start + HEADER_TOTAL_SIZE);
    for (let i: u32 = 0; i < MAX_HARTS; i++) store<u32>(hartPlicContexts + ((<usize>i) << 2), ~0);
    walk(start);
    return true;
  }
}

function bigEndian(address: u32): u32 {
  return bswap(load<u32>(address));
}

function bigEndian64(address: u32): u64 {
  return ((<u64>bigEndian(address)) << 32) | <u64>bigEndian(address + 4);
}

/** Does the zero-terminated text at `address` start with `prefix`? */
function startsWith(address: u32, prefix: string): bool {
  for (let i = 0, length = prefix.length; i < length; i++) {
    if (<i32>load<u8>(address + <u32>i) != prefix.charCodeAt(i)) return false;
  }
  return true;
}

function equals(address: u32, text: string): bool {
  return startsWith(address, text) && load<u8>(address + <u32>text.length) == 0;
}

/** Does an ISA string (RISC-V unprivileged specification, chapter 27) name a multi-letter extension? */
function namesExtension(isa: u32, extension: string): bool {
  for (let at = isa; load<u8>(at) != 0; at++) {
    if (load<u8>(at) != UNDERSCORE || !startsWith(at + 1, extension)) continue;
    const end = load<u8>(at + 1 + <u32>extension.length);
    if (end == UNDERSCORE || end == 0) return true;
  }
  return false;
}

/** Address of the token behind the zero-terminated name at `address`. */
function afterName(address: u32): u32 {
  while (load<u8>(address) != 0) address++;
  return (address + 4) & ~3;
}

function classify(name: u32, parent: u32): u32 {
  if (startsWith(name, "memory@")) return NODE_MEMORY;
  if (equals(name, "cpus")) return NODE_CPUS;
  if (startsWith(name, "cpu@")) return NODE_CPU;
  if (parent == NODE_CPU && equals(name, "interrupt-controller")) return NODE_CPU_INTERRUPTS;
  if (startsWith(name, "plic@") || startsWith(name, "interrupt-controller@")) return NODE_PLIC;
  return NODE_OTHER;
}

/** One pass over the structure block. The PLIC may come before the harts it names, so it is remembered till the end. */
function walk(start: u32): void {
  const strings = start + bigEndian(start + HEADER_STRINGS);
  const end = start + DeviceTree.size;
  let at = start + bigEndian(start + HEADER_STRUCTURE);
  let node: u32 = NODE_OTHER;
  let parent: u32 = NODE_OTHER;
  let plicInterrupts: u32 = 0;
  let plicInterruptsLength: u32 = 0;
  let hartUsable: bool = true;
  let hartWaits: bool = false;
  DeviceTree.waitOnReservation = true;
  while (at < end) {
    const token = bigEndian(at);
    at += 4;
    if (token == TOKEN_BEGIN_NODE) {
      parent = node;
      node = classify(at, parent);
      if (node == NODE_CPU) {
        hartUsable = true;
        hartWaits = false;
      }
      at = afterName(at);
    } else if (token == TOKEN_END_NODE) {
      if (node == NODE_CPU && hartUsable && DeviceTree.harts < MAX_HARTS) {
        DeviceTree.harts += 1;
        if (!hartWaits) DeviceTree.waitOnReservation = false;
      }
      // Only cpu nodes have children that matter, and those have no children themselves.
      node = node == NODE_CPU_INTERRUPTS ? NODE_CPU : NODE_OTHER;
    } else if (token == TOKEN_PROPERTY) {
      const length = bigEndian(at);
      const name = strings + bigEndian(at + 4);
      const value = at + 8;
      if (node == NODE_CPU && equals(name, "status")) hartUsable = equals(value, "okay");
      if (node == NODE_CPU && equals(name, "riscv,isa")) hartWaits = namesExtension(value, "zawrs");
      if (node == NODE_PLIC && equals(name, "interrupts-extended")) {
        plicInterrupts = value;
        plicInterruptsLength = length;
      } else {
        readProperty(node, name, value);
      }
      at = (value + length + 3) & ~3;
    } else if (token != TOKEN_NOP) {
      break;
    }
  }
  connectPlic(plicInterrupts, plicInterruptsLength);
}

function readProperty(node: u32, name: u32, value: u32): void {
  const hart = DeviceTree.harts;
  if (equals(name, "timebase-frequency") && (node == NODE_CPUS || node == NODE_CPU)) {
    DeviceTree.timebase = bigEndian(value);
  } else if (equals(name, "reg")) {
    // /memory and the PLIC have two address and two size cells on this board; a hart has one cell
    if (node == NODE_MEMORY && DeviceTree.memoryEnd == 0) {
      DeviceTree.memoryStart = bigEndian64(value);
      DeviceTree.memoryEnd = DeviceTree.memoryStart + bigEndian64(value + 8);
    } else if (node == NODE_CPU && hart < MAX_HARTS) {
      store<u32>(hartIds + ((<usize>hart) << 2), bigEndian(value));
    } else if (node == NODE_PLIC) {
      DeviceTree.plicBase = bigEndian64(value);
      DeviceTree.plicSize = bigEndian64(value + 8);
    }
  } else if (node == NODE_CPU_INTERRUPTS && hart < MAX_HARTS && equals(name, "phandle")) {
    store<u32>(hartInterruptHandles + ((<usize>hart) << 2), bigEndian(value));
  } else if (node == NODE_PLIC && equals(name, "riscv,ndev")) {
    DeviceTree.plicSources = bigEndian(value);
  }
}

/** The n-th pair (handle, interrupt) in the PLIC's interrupts-extended is its context n. */
function connectPlic(pairs: u32, length: u32): void {
  for (let context: u32 = 0; context * 8 < length; context++) {
    const handle = bigEndian(pairs + context * 8);
    if (bigEndian(pairs + context * 8 + 4) != SUPERVISOR_EXTERNAL) continue;
    for (let hart: u32 = 0; hart < DeviceTree.harts; hart++) {
      if (load<u32>(hartInterruptHandles + ((<usize>hart) << 2)) == handle) {
        store<u32>(hartPlicContexts + ((<usize>hart) << 2), context);
      }
    }
  }
}
