// Making the first thread and the capabilities it starts with. Called by riscv/boot.ts.

import {
  ROOT_SLOT_CNODE,
  ROOT_SLOT_IPC_BUFFER,
  ROOT_SLOT_TCB,
  ROOT_SLOT_VSPACE,
} from "../../abi/src/bootinfo";
import { CAP_CNODE, CAP_THREAD, CAP_UNTYPED } from "../../abi/src/capability-tags";
import { DEBUG, PRIORITIES, SYNC_IPC } from "../../abi/src/config";
import { WORD_BITS } from "../../abi/src/objects";
import { Capability, DERIVATION_FIRST_BADGED, DERIVATION_REVOCABLE, Slot } from "./capability";
import { ThreadList } from "./debug-threads";
import { DerivationTree, deriveCapability } from "./derivation-tree";
import { Domains } from "./domains";
import { CHOOSE_NEW, Hart, hartRecordFits } from "./hart";
import { ReadyQueue } from "./ready-queue";
import { ReplyCaps } from "./reply";
import { panic } from "./riscv/console";
import { HartContext } from "./riscv/hart-context";
import { Scheduler } from "./scheduler";
import {
  TCB_SLOT_BUFFER,
  TCB_SLOT_CTABLE,
  TCB_SLOT_VTABLE,
  Tcb,
  THREAD_IDLE,
  THREAD_RUNNING,
  tcbFits,
} from "./tcb";
import { initialiseThread } from "./untyped";

const NEW_CAPABILITY = <u32>memory.data(16, 8);
const ROOT_PRIORITY: u32 = PRIORITIES - 1;

export class Boot {
  private static rootSlots: u32 = 0;

  /** A hart begins to run the kernel, with its idle thread. Its record is zero apart from the architecture's part. */
  static initHart(record: HartContext, idle: u32): void {
    if (!hartRecordFits() || !tcbFits() || !Domains.fit())
      panic("the fields of harts or threads do not fit their places");
    const hart = Hart.from(changetype<u32>(record));
    if (hart.index == 0) Domains.initialise();
    const thread = Tcb.at(idle);
    thread.state = THREAD_IDLE;
    thread.hart = hart.address;
    hart.idle = idle;
    hart.current = idle;
    hart.action = CHOOSE_NEW;
  }

  /** The root task's CNode, in zeroed memory; its guard fills the address up to 64 bits. */
  static rootCNode(memory: u32, sizeBits: u32): void {
    Boot.rootSlots = memory;
    const cap = Capability.at(NEW_CAPABILITY);
    cap.become(CAP_CNODE, memory);
    cap.sizeBits = <u8>sizeBits;
    cap.rights = <u8>(WORD_BITS - sizeBits);
    Boot.provide(ROOT_SLOT_CNODE, cap);
  }

  @inline static rootSlot(index: u32): Slot {
    return Slot.of(Boot.rootSlots, index);
  }

  /** Puts a capability without parent into a slot of the root CNode. */
  static provide(index: u32, cap: Capability): void {
    const slot = Boot.rootSlot(index);
    if (DEBUG) DerivationTree.capabilities += 1;
    slot.copyFrom(cap);
    slot.previous = 0;
    slot.next = 0;
    slot.derivation = DERIVATION_REVOCABLE | DERIVATION_FIRST_BADGED;
  }

  /** Fills in an untyped capability to 2^sizeBits bytes at `physical`. */
  static untyped(cap: Capability, physical: u64, sizeBits: u32, device: bool): void {
    // All of it counts as used: nobody has cleared this memory, so the first Retype must.
    cap.setUntyped(CAP_UNTYPED, physical, sizeBits, device, device ? 0 : (<u64>1) << sizeBits);
  }

  /** Starts the root task on this hart: its capabilities are in the root CNode already, apart from its own. */
  static startInitialThread(memory: u32, entry: u64, bootInfo: u64, ipcBuffer: u64): void {
    const thread = Tcb.at(memory);
    initialiseThread(thread, Hart.current().address);
    ThreadList.setName(thread, ROOT_NAME);
    Boot.install(thread, TCB_SLOT_CTABLE, ROOT_SLOT_CNODE);
    Boot.install(thread, TCB_SLOT_VTABLE, ROOT_SLOT_VSPACE);
    Boot.install(thread, TCB_SLOT_BUFFER, ROOT_SLOT_IPC_BUFFER);
    thread.ipcBuffer = ipcBuffer;
    thread.a0 = bootInfo;
    thread.pc = entry;
    thread.faultPc = entry;
    thread.priority = ROOT_PRIORITY;
    thread.maximumControlledPriority = ROOT_PRIORITY;
    if (SYNC_IPC) ReplyCaps.setupMaster(thread);
    const cap = Capability.at(NEW_CAPABILITY);
    cap.become(CAP_THREAD, memory);
    Boot.provide(ROOT_SLOT_TCB, cap);
    thread.state = THREAD_RUNNING;
    ReadyQueue.append(thread);
    Scheduler.reschedule();
  }

  private static install(thread: Tcb, index: u32, source: u32): void {
    const cap = Capability.at(NEW_CAPABILITY);
    const slot = Boot.rootSlot(source);
    cap.copyFrom(slot);
    deriveCapability(slot, cap);
    DerivationTree.insert(cap, slot, thread.slot(index));
  }
}

/** "root", ended by 0. */
const ROOT_NAME = <u32>memory.data<u8>([114, 111, 111, 116, 0]);
