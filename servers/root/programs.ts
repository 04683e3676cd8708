/**
 * Building a program from its bundle record: address space, capability space, thread.
 *
 * A program gets what the bundle lists for it and nothing else: its code read-only, its data, the channels' pages, and
 * capabilities to its channels and to the root server.
 */
import { ROOT_SLOT_TCB } from "../../abi/src/bootinfo";
import { NO_OBJECT } from "../../abi/src/bundle";
import {
  OBJECT_CNODE,
  OBJECT_MEGA_PAGE,
  OBJECT_PAGE,
  OBJECT_TCB,
  OBJECT_UNTYPED,
  VM_EXECUTE_NEVER,
  WORD_BITS,
} from "../../abi/src/objects";
import {
  COROUTINE_STACKS_BASE,
  PROGRAM_DATA_BASE,
  PROGRAM_IPC_BUFFER,
  PROGRAM_PAGE_SIZE,
  PROGRAM_STACK_SIZE,
  PROGRAM_STACK_TOP,
  PROGRAM_START_INFO,
  PROGRAM_TEXT_BASE,
  SLOT_OWN_CNODE,
  SLOT_OWN_THREAD,
  SLOT_OWN_VSPACE,
  SLOT_SUPERVISOR,
  SLOT_SYSTEM_CALL_FRAME,
  SLOT_SYSTEM_CALL_NOTIFICATION,
  SLOT_UNTYPED,
  SYSTEM_CALL_BUFFER,
} from "../../abi/src/program-layout";
import { ALL_RIGHTS, RIGHT_GRANT_REPLY, RIGHT_READ, RIGHT_WRITE } from "../../abi/src/rights";
import { SYSTEM_CALL_ITEM_BYTES } from "../../abi/src/ring";
import { CNode } from "../../runtime/src/invocations/cnode";
import { NotificationCapability } from "../../runtime/src/invocations/notification-capability";
import { Tcb } from "../../runtime/src/invocations/tcb";
import { AddressSpace } from "./address-space";
import { Bundle, ProgramRecord } from "./bundle";
import { CapabilitySpace } from "./capability-space";
import { mustSucceed, setSubject } from "./failure";
import { Workshop } from "./workshop";

const READ_WRITE: u64 = RIGHT_READ | RIGHT_WRITE;

/** A program that was built; index = its number in the bundle. */
export class Program {
  thread: Tcb = changetype<Tcb>(0);
  cnode: CNode = changetype<CNode>(0);
  space: AddressSpace = changetype<AddressSpace>(0);
  running: bool = false;
  private readonly workshop: Workshop = Workshop.root;

  constructor(readonly record: ProgramRecord) {}

  /** Makes the program's address space, capability space and thread; it does not run yet. */
  build(supervisor: u32, badge: u64): void {
    const record = this.record;
    setSubject(record.name, record.nameLength);
    const untyped = record.untypedBits == 0 ? 0 : this.workshop.make(OBJECT_UNTYPED, record.untypedBits);
    this.space = AddressSpace.make(this.workshop);
    this.cnode = changetype<CNode>(this.workshop.make(OBJECT_CNODE, record.slotBits));
    this.thread = changetype<Tcb>(this.workshop.make(OBJECT_TCB, 0));
    this.mapSystemCallBuffer();
    this.mapImage();
    this.give(SLOT_SUPERVISOR, supervisor, RIGHT_WRITE | RIGHT_GRANT_REPLY, badge);
    if (untyped != 0) this.give(SLOT_UNTYPED, untyped, ALL_RIGHTS, 0);
    if (record.hasResources) this.giveItself();
    this.configureThread();
    setSubject(0, 0);
  }

  private mapImage(): void {
    const record = this.record;
    const space = this.space;
    const noCode = VM_EXECUTE_NEVER;
    space.mapImagePages(record.text, PROGRAM_TEXT_BASE, record.textPages, RIGHT_READ, 0);
    space.mapImagePages(record.data, PROGRAM_DATA_BASE, record.dataPages, READ_WRITE, noCode);
    space.mapImagePages(record.startInfo, PROGRAM_START_INFO, record.startInfoPages, RIGHT_READ, noCode);
    space.mapNewPages(PROGRAM_DATA_BASE + record.dataPages * PROGRAM_PAGE_SIZE, record.zeroPages);
    // the page below the stack stays unmapped: the guard
    space.mapNewPages(PROGRAM_STACK_TOP - PROGRAM_STACK_SIZE, PROGRAM_STACK_SIZE / PROGRAM_PAGE_SIZE);
    space.mapStacks(COROUTINE_STACKS_BASE, record.coroutines, record.coroutinePages);
  }

  /** The buffer is one frame, as the kernel wants it: a page if the rings fit, else a large page. */
  private mapSystemCallBuffer(): void {
    const bits = this.record.systemCallBits;
    if (bits == 0) return;
    const bytes = (3 * SYSTEM_CALL_ITEM_BYTES) << bits;
    const frame = this.workshop.make(bytes <= PROGRAM_PAGE_SIZE ? OBJECT_PAGE : OBJECT_MEGA_PAGE, 0);
    this.space.map(frame, SYSTEM_CALL_BUFFER, READ_WRITE);
    this.give(SLOT_SYSTEM_CALL_FRAME, frame, READ_WRITE, 0);
    const badge = (<u64>1) << this.record.systemCallVector;
    this.give(SLOT_SYSTEM_CALL_NOTIFICATION, this.boundNotification, RIGHT_WRITE, badge);
  }

  private configureThread(): void {
    const record = this.record;
    const thread = this.thread;
    const ipcFrame = this.space.mapNewPage(PROGRAM_IPC_BUFFER);
    const guardBits: u64 = WORD_BITS - record.slotBits;
    const table = this.space.table;
    mustSucceed(
      "configuring its thread",
      thread.configure(SLOT_SUPERVISOR, this.cnode, guardBits, table, PROGRAM_IPC_BUFFER, ipcFrame),
    );
    const authority = changetype<Tcb>(ROOT_SLOT_TCB);
    mustSucceed(
      "setting its priority",
      thread.setSchedulingParameters(authority, record.priority, record.priority),
    );
    mustSucceed("placing it on its hart", thread.setAffinity(record.hart));
    mustSucceed("setting its entry", thread.setEntry(record.entry, PROGRAM_STACK_TOP));
  }

  /** Gives it what it needs to manage resources: its CNode (as it addresses it itself), address space and thread. */
  private giveItself(): void {
    this.give(SLOT_OWN_CNODE, this.cnode.slot, ALL_RIGHTS, WORD_BITS - this.record.slotBits);
    this.give(SLOT_OWN_VSPACE, this.space.table.slot, ALL_RIGHTS, 0);
    this.give(SLOT_OWN_THREAD, this.thread.slot, ALL_RIGHTS, 0);
  }

  /** Puts a capability to an object of the root server into a slot of the program. */
  give(slot: u32, source: u32, rights: u64, badge: u64): void {
    const bits = this.record.slotBits;
    const root = CapabilitySpace.root;
    const error =
      badge == 0
        ? this.cnode.copy(slot, bits, root, source, rights)
        : this.cnode.mint(slot, bits, root, source, rights, badge);
    mustSucceed("giving a program a capability", error);
  }

  /** Slot of the notification bound to its thread, or 0 when it has none. */
  private get boundNotification(): u32 {
    const object = this.record.boundNotification;
    return object == NO_OBJECT ? 0 : Bundle.object(object).slot;
  }

  bindNotification(): void {
    const notification = this.boundNotification;
    if (notification == 0) return;
    const error = this.thread.bindNotification(changetype<NotificationCapability>(notification));
    mustSucceed("binding a notification", error);
  }

  /** Makes it the receiver of its async channels' user interrupts; false without hardware or free entries. */
  receiveInterrupts(): bool {
    const notification = this.boundNotification;
    return (
      notification != 0 &&
      this.thread.receiveInterruptsOf(changetype<NotificationCapability>(notification)) == 0
    );
  }

  start(): void {
    this.running = true;
    mustSucceed("starting a program", this.thread.resume());
  }
}
