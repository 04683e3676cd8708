/**
 * Building a program from its bundle record: address space, capability space, thread.
 *
 * A program gets what the bundle lists for it and nothing else: its code read-only, its data, the channels' pages, and
 * capabilities to its channels and to the root server.
 */
import { ROOT_SLOT_TCB } from "../../abi/src/bootinfo";
import { NO_OBJECT } from "../../abi/src/bundle";
import { FAULT_NULL } from "../../abi/src/faults";
import {
  OBJECT_CNODE,
  OBJECT_MEGA_PAGE,
  OBJECT_NOTIFICATION,
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
  PROGRAM_MAILBOX,
  PROGRAM_PAGE_SIZE,
  PROGRAM_STACK_SIZE,
  PROGRAM_STACK_TOP,
  PROGRAM_START_INFO,
  PROGRAM_TEXT_BASE,
  ROOT_LINE_BUFFERS,
  ROOT_MAILBOXES,
  SLOT_FAULT_HANDLER,
  SLOT_OWN_CNODE,
  SLOT_OWN_THREAD,
  SLOT_OWN_VSPACE,
  SLOT_SUPERVISOR,
  SLOT_SUPERVISOR_REPLY,
  SLOT_SYSTEM_CALL_FRAME,
  SLOT_SYSTEM_CALL_NOTIFICATION,
  SLOT_UNTYPED,
  SYSTEM_CALL_BUFFER,
} from "../../abi/src/program-layout";
import { ALL_RIGHTS, RIGHT_READ, RIGHT_WRITE } from "../../abi/src/rights";
import { SYSTEM_CALL_ITEM_BYTES } from "../../abi/src/ring";
import { NEWS_BADGE, PEER_ENDED, PEER_RUNS } from "../../abi/src/start-info";
import { FAULT_BADGE, SUPERVISOR_BITS } from "../../abi/src/supervisor";
import { CNode } from "../../runtime/src/invocations/cnode";
import { NotificationCapability } from "../../runtime/src/invocations/notification-capability";
import { Tcb } from "../../runtime/src/invocations/tcb";
import { signal } from "../../runtime/src/system-calls";
import { AddressSpace } from "./address-space";
import { Bundle, ProgramRecord } from "./bundle";
import { CapabilitySpace } from "./capability-space";
import { ConsoleLines } from "./console-lines";
import { failCall } from "./failed-calls";
import { mustSucceed, setSubject } from "./failure";
import { Mailbox } from "./mailbox";
import { StartInfo } from "./start-info";
import { Workshop } from "./workshop";

const READ_WRITE: u64 = RIGHT_READ | RIGHT_WRITE;

/** A program of the bundle. */
export class Program {
  running: bool = false;
  /** How often it has been started. */
  generation: u32 = 0;
  readonly record: ProgramRecord;
  readonly mailbox: Mailbox;
  readonly console: ConsoleLines;
  private readonly workshop: Workshop;
  private readonly space: AddressSpace;
  private readonly mailboxFrame: u32;
  /** Notification with which answers are signalled. */
  private readonly replies: u32;
  /** Badged capability to its bound notification, or 0. */
  private readonly news: u32;
  private cnode: CNode = changetype<CNode>(0);
  private thread: Tcb = changetype<Tcb>(0);

  /** Makes what stays when the program is started again. @param index its number in the bundle */
  constructor(readonly index: u32) {
    const record = Bundle.program(index);
    const root = Workshop.root;
    setSubject(record.name, record.nameLength);
    const reserved = record.reservedBits;
    const workshop = reserved == 0 ? root : new Workshop(root.make(OBJECT_UNTYPED, reserved));
    const mailbox = ROOT_MAILBOXES + index * PROGRAM_PAGE_SIZE;
    const line = ROOT_LINE_BUFFERS + index * PROGRAM_PAGE_SIZE;
    AddressSpace.own.mapNewPage(line);
    const bound = boundNotification(record);
    this.record = record;
    this.workshop = workshop;
    this.space = new AddressSpace(workshop);
    this.mailbox = changetype<Mailbox>(mailbox);
    this.mailboxFrame = AddressSpace.own.mapNewPage(mailbox).slot;
    this.console = new ConsoleLines(line);
    this.replies = root.make(OBJECT_NOTIFICATION, 0);
    this.news = bound == 0 ? 0 : root.mint(bound, RIGHT_WRITE, NEWS_BADGE);
    setSubject(0, 0);
  }

  /**
   * Makes the program's address space, capability space and thread; it does not run yet.
   * @param supervisor notification by which it and the kernel reach the root server
   */
  build(supervisor: u32): void {
    const record = this.record;
    setSubject(record.name, record.nameLength);
    const untyped = record.untypedBits == 0 ? 0 : this.workshop.make(OBJECT_UNTYPED, record.untypedBits);
    this.space.make();
    this.cnode = changetype<CNode>(this.workshop.make(OBJECT_CNODE, record.slotBits));
    this.thread = changetype<Tcb>(this.workshop.make(OBJECT_TCB, 0));
    this.mapSystemCallBuffer();
    this.mapImage();
    this.giveSupervisor(supervisor);
    this.giveChannels();
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
    // a program that can be started again must not change the bundle's pages
    if (this.canRestart) space.mapFilledPages(record.data, PROGRAM_DATA_BASE, record.dataPages);
    else space.mapImagePages(record.data, PROGRAM_DATA_BASE, record.dataPages, READ_WRITE, noCode);
    space.mapImagePages(record.startInfo, PROGRAM_START_INFO, record.startInfoPages, RIGHT_READ, noCode);
    space.mapNewPages(PROGRAM_DATA_BASE + record.dataPages * PROGRAM_PAGE_SIZE, record.zeroPages);
    // the page below the stack stays unmapped: the guard
    space.mapNewPages(PROGRAM_STACK_TOP - PROGRAM_STACK_SIZE, PROGRAM_STACK_SIZE / PROGRAM_PAGE_SIZE);
    space.mapStacks(COROUTINE_STACKS_BASE, record.coroutines, record.coroutinePages);
    space.mapCopies(this.mailboxFrame, PROGRAM_MAILBOX, 1, READ_WRITE, noCode);
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
    this.give(SLOT_SYSTEM_CALL_NOTIFICATION, boundNotification(this.record), RIGHT_READ, badge);
  }

  private giveSupervisor(supervisor: u32): void {
    this.mailbox.clear();
    const bit = (<u64>1) << (this.index % SUPERVISOR_BITS);
    this.give(SLOT_SUPERVISOR, supervisor, RIGHT_WRITE, bit);
    this.give(SLOT_SUPERVISOR_REPLY, this.replies, RIGHT_READ, 0);
    this.give(SLOT_FAULT_HANDLER, supervisor, RIGHT_WRITE, FAULT_BADGE);
  }

  /** Gives it the capabilities and maps the shared pages that the bundle lists for it. */
  private giveChannels(): void {
    for (let i: u32 = 0; i < Bundle.capabilityCount; i++) {
      const capability = Bundle.capability(i);
      if (capability.program != this.index) continue;
      const source = Bundle.object(capability.object).slot;
      if (source != 0) this.give(capability.slot, source, capability.rights, capability.badge);
    }
    for (let i: u32 = 0; i < Bundle.mappingCount; i++) {
      const mapping = Bundle.mapping(i);
      if (mapping.program != this.index) continue;
      const object = Bundle.object(mapping.object);
      this.space.mapCopies(object.slot, mapping.address, object.count, READ_WRITE, VM_EXECUTE_NEVER);
    }
  }

  private configureThread(): void {
    const record = this.record;
    const thread = this.thread;
    const ipcFrame = this.space.mapNewPage(PROGRAM_IPC_BUFFER);
    const guardBits: u64 = WORD_BITS - record.slotBits;
    const table = this.space.table;
    mustSucceed(
      "configuring its thread",
      thread.configure(SLOT_FAULT_HANDLER, this.cnode, guardBits, table, PROGRAM_IPC_BUFFER, ipcFrame),
    );
    const authority = changetype<Tcb>(ROOT_SLOT_TCB);
    mustSucceed(
      "setting its priority",
      thread.setSchedulingParameters(authority, record.priority, record.priority),
    );
    mustSucceed("placing it on its hart", thread.setAffinity(record.hart));
    mustSucceed("setting its entry", thread.setEntry(record.entry, PROGRAM_STACK_TOP));
    this.bindNotification();
  }

  /** Gives it what it needs to manage resources: its CNode (as it addresses it itself), address space and thread. */
  private giveItself(): void {
    this.give(SLOT_OWN_CNODE, this.cnode.slot, ALL_RIGHTS, WORD_BITS - this.record.slotBits);
    this.give(SLOT_OWN_VSPACE, this.space.table.slot, ALL_RIGHTS, 0);
    this.give(SLOT_OWN_THREAD, this.thread.slot, ALL_RIGHTS, 0);
  }

  /** Puts a capability to an object of the root server into a slot of the program. */
  private give(slot: u32, source: u32, rights: u64, badge: u64): void {
    const bits = this.record.slotBits;
    const root = CapabilitySpace.root;
    const error =
      badge == 0
        ? this.cnode.copy(slot, bits, root, source, rights)
        : this.cnode.mint(slot, bits, root, source, rights, badge);
    mustSucceed("giving a program a capability", error);
  }

  private bindNotification(): void {
    const notification = boundNotification(this.record);
    if (notification == 0) return;
    const error = this.thread.bindNotification(changetype<NotificationCapability>(notification));
    mustSucceed("binding a notification", error);
  }

  /** Makes it the receiver of its async channels' user interrupts; false without hardware or free entries. */
  receiveInterrupts(): bool {
    const notification = boundNotification(this.record);
    return (
      notification != 0 &&
      this.thread.receiveInterruptsOf(changetype<NotificationCapability>(notification)) == 0
    );
  }

  get startInfo(): StartInfo {
    return changetype<StartInfo>(this.record.startInfo);
  }

  /** Whether everything it has lies in memory of its own. */
  get canRestart(): bool {
    return this.record.reservedBits != 0;
  }

  /** Leaves the fault at which it has stopped in `Message`; false when there is none. */
  readFault(): bool {
    return this.thread.readFault() != FAULT_NULL;
  }

  /** If it waits for the answer to a call through `slot`, the call returns now, as failed. */
  failCall(slot: u32): void {
    failCall(this.thread, this.record, slot);
  }

  start(): void {
    this.generation += 1;
    this.startInfo.generation = this.generation;
    this.startInfo.presence = PEER_RUNS;
    this.running = true;
    mustSucceed("starting a program", this.thread.resume());
  }

  stop(): void {
    this.console.finish();
    this.running = false;
    this.startInfo.presence = PEER_ENDED;
    mustSucceed("stopping a program", this.thread.suspend());
  }

  /** Takes back everything it has, the thread too; it can be built again. */
  takeBack(): void {
    this.workshop.clear();
  }

  /** Answers its request. */
  answer(value: u32): void {
    if (this.mailbox.answer(value)) signal(this.replies);
  }

  /** Tells it that something in its start-info pages has changed. */
  signalNews(): void {
    if (this.news != 0) signal(this.news);
  }
}

/** Slot of the notification to be bound to a program's thread, or 0 when it has none. */
function boundNotification(record: ProgramRecord): u32 {
  const object = record.boundNotification;
  return object == NO_OBJECT ? 0 : Bundle.object(object).slot;
}
