// Booting: from the first compiled instruction of a hart to the first user instruction.

import { csrSet, csrWrite, fence } from "rv";
import { MAX_HARTS, USER_INTERRUPTS } from "../../../abi/src/config";
import { Boot } from "../boot";
import { Domains } from "../domains";
import { handleReschedule } from "../traps";
import { AddressSpaceIds } from "./address-space-ids";
import { probeUserInterrupts } from "./asm";
import { BootMemory, KERNEL_MEMORY_END, RangeList } from "./boot-memory";
import { RootTask } from "./boot-root-task";
import { panic } from "./console";
import {
  CSR_SCOUNTEREN,
  CSR_SIE,
  CSR_SSTATUS,
  IP_EXTERNAL,
  IP_SOFTWARE,
  IP_TIMER,
  IP_USER_SOFTWARE,
  SSTATUS_SPIE,
} from "./csr";
import { DeviceTree } from "./device-tree";
import { Firmware } from "./firmware";
import { Fpu } from "./fpu";
import { HartContext } from "./hart-context";
import {
  FLAG_IDLE,
  HART_AREA_SIZE,
  KERNEL_PHYSICAL_BASE,
  LATE_HART_ID,
  LATE_HART_RECORD,
  LATE_HART_SIZE,
} from "./layout";
import { lateHarts, secondaryEntry } from "./link";
import { Plic } from "./plic";
import { SenderTables } from "./sender-tables";
import { ThreadContext, threadContextIsAsLaidOut } from "./thread-context";
import { Timer } from "./timer";
import { Uintc } from "./uintc";

/** Device addresses end here, as in seL4. */
const DEVICE_END: u64 = 1 << 39;
/** The core-local interruptor belongs to the firmware. */
const CLINT_START: u64 = 0x200_0000;
const CLINT_SIZE: u64 = 0x1_0000;
const UINTC_SIZE: u64 = 0x4000;
const MAXIMUM: u32 = MAX_HARTS;
/** cycle, time, instret, hpmcounter3 and hpmcounter4 are readable in user mode. */
const USER_COUNTERS: u64 = 0x1f;
const READ_WRITE: u32 = 3;

/** The boot hart: makes the kernel's world and the root task. `hart` is the firmware's number, `tree` physical. */
export function bootMain(hart: u64, tree: u64): void {
  if (!threadContextIsAsLaidOut()) panic("thread context and layout.ts disagree");
  if (!DeviceTree.read(<u32>tree)) panic("no device tree: boot with a1 = its address");
  RootTask.readHeader();
  AddressSpaceIds.initialise();
  Domains.initialise();
  Timer.initialise(DeviceTree.timebase);
  const uintc: u64 = USER_INTERRUPTS ? probeUserInterrupts() : 0;
  collectMemory(uintc);
  prepareHart(<u32>hart, 0);
  initialiseHart();
  HartContext.at(0).plicContext = plicContextOf(<u32>hart);
  Plic.initialise(DeviceTree.plicBase);
  Plic.initialiseHart();
  Uintc.initialise(uintc);
  if (uintc != 0) SenderTables.initialise(BootMemory.take(SenderTables.MEMORY_BITS));
  startOthers(<u32>hart);
  RootTask.create(HartContext.count());
  handleReschedule();
}

/** A hart that the boot hart started: it has nothing to do yet. */
export function bootSecondary(): void {
  initialiseHart();
  handleReschedule();
}

/** Record and idle thread of the hart with logical number `index`; its area is zeroed. */
function prepareHart(hartId: u32, index: u32): HartContext {
  const hart = HartContext.at(index);
  hart.hartId = hartId;
  hart.index = index;
  const idle = changetype<ThreadContext>(hart.idleThreadMemory());
  idle.flags = FLAG_IDLE;
  Boot.initHart(hart, changetype<u32>(idle));
  HartContext.addRunning();
  return hart;
}

/** State of the hart that executes this: floating point, interrupts, counters. */
function initialiseHart(): void {
  Fpu.initialiseHart();
  csrWrite(CSR_SSTATUS, SSTATUS_SPIE);
  csrWrite(CSR_SCOUNTEREN, USER_COUNTERS);
  Timer.silence();
  csrWrite(CSR_SIE, 0);
  csrSet(CSR_SIE, IP_SOFTWARE | IP_TIMER | IP_EXTERNAL | IP_USER_SOFTWARE);
}

/** PLIC context of the hart with the firmware's number `hartId`. */
function plicContextOf(hartId: u32): u32 {
  for (let i: u32 = 0; i < DeviceTree.harts; i++) {
    if (DeviceTree.hartId(i) == hartId) return DeviceTree.plicContext(i);
  }
  return 0;
}

/** Free RAM is what the tree describes minus firmware, kernel, root image and tree; the rest is devices. */
function collectMemory(uintc: u64): void {
  const memoryEnd = DeviceTree.memoryEnd;
  const ram = RangeList.ram();
  const areasEnd = HartContext.areaStart() + MAX_HARTS * HART_AREA_SIZE;
  ram.append(KERNEL_PHYSICAL_BASE, min(memoryEnd, KERNEL_MEMORY_END));
  ram.remove(KERNEL_PHYSICAL_BASE, areasEnd);
  ram.remove(RootTask.physicalStart, RootTask.physicalEnd);
  ram.remove(DeviceTree.firstPage, DeviceTree.pagesEnd);
  const devices = RangeList.devices();
  devices.append(0, DeviceTree.memoryStart);
  devices.append(memoryEnd, DEVICE_END);
  devices.remove(CLINT_START, CLINT_START + CLINT_SIZE);
  devices.remove(DeviceTree.plicBase, DeviceTree.plicBase + DeviceTree.plicSize);
  if (uintc != 0) devices.remove(uintc, uintc + UINTC_SIZE);
}

/** Starts the other harts; they wait for the kernel lock, which this hart holds until it enters user mode. */
function startOthers(bootHart: u32): void {
  const entry = secondaryEntry() & 0xffff_ffff;
  for (let i: u32 = 0; i < DeviceTree.harts && HartContext.count() < MAXIMUM; i++) {
    const hartId = DeviceTree.hartId(i);
    if (hartId == bootHart) continue;
    const index = HartContext.count();
    memory.fill(HartContext.areaStart() + index * HART_AREA_SIZE, 0, HART_AREA_SIZE);
    const hart = prepareHart(hartId, index);
    expectLate(index, hartId, changetype<u32>(hart));
    fence(READ_WRITE, READ_WRITE);
    if (Firmware.startHart(hartId, entry, <u64>changetype<u32>(hart))) continue;
    expectLate(index, hartId, 0);
    HartContext.removeLast();
  }
}

/**
 * The hart may come to the image's entry instead: OpenSBI before 1.3 tells a hart that it is started before it says where,
 * and one that is not waiting yet then goes where the boot hart went.
 */
function expectLate(index: u32, hartId: u32, record: u32): void {
  const entry = <u32>lateHarts() + index * LATE_HART_SIZE;
  store<u32>(entry, hartId, LATE_HART_ID);
  store<u32>(entry, record, LATE_HART_RECORD);
}
