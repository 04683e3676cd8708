/**
 * Building a program from its bundle record: address space, capability space, thread.
 *
 * A program gets what the bundle lists for it and nothing else: its code read-only, its data, the channels' pages, and
 * capabilities to its channels and to the root server.
 */
import { ROOT_SLOT_TCB } from "../../abi/src/bootinfo";
import { NO_OBJECT } from "../../abi/src/bundle";
import { OBJECT_CNODE, OBJECT_TCB, VM_EXECUTE_NEVER, WORD_BITS } from "../../abi/src/objects";
import {
  PROGRAM_CNODE_BITS,
  PROGRAM_DATA_BASE,
  PROGRAM_IPC_BUFFER,
  PROGRAM_PAGE_SIZE,
  PROGRAM_STACK_SIZE,
  PROGRAM_STACK_TOP,
  PROGRAM_START_INFO,
  PROGRAM_TEXT_BASE,
  SLOT_SUPERVISOR,
} from "../../abi/src/program-layout";
import { RIGHT_GRANT_REPLY, RIGHT_READ, RIGHT_WRITE } from "../../abi/src/rights";
import { CNode } from "../../runtime/src/invocations/cnode";
import { NotificationCapability } from "../../runtime/src/invocations/notification-capability";
import { PageTable } from "../../runtime/src/invocations/page-table";
import { Tcb } from "../../runtime/src/invocations/tcb";
import { makeAddressSpace, mapImagePages, mapNewPage, mapNewPages } from "./address-space";
import { Bundle, ProgramRecord } from "./bundle";
import { mustSucceed, setSubject } from "./failure";
import { makeObject, rootCNode } from "./objects";

/** A program that was built; index = its number in the bundle. */
export class Program {
  thread: Tcb = changetype<Tcb>(0);
  cnode: CNode = changetype<CNode>(0);
  vspace: PageTable = changetype<PageTable>(0);
  running: bool = false;

  constructor(readonly record: ProgramRecord) {}

  /** Makes the program's address space, capability space and thread; it does not run yet. */
  build(supervisor: u32, badge: u64): void {
    const record = this.record;
    setSubject(record.name, record.nameLength);
    this.vspace = makeAddressSpace();
    this.mapImage();
    const ipcFrame = mapNewPage(this.vspace, PROGRAM_IPC_BUFFER);
    this.cnode = changetype<CNode>(makeObject(OBJECT_CNODE, PROGRAM_CNODE_BITS));
    this.give(SLOT_SUPERVISOR, supervisor, RIGHT_WRITE | RIGHT_GRANT_REPLY, badge);

    const thread = changetype<Tcb>(makeObject(OBJECT_TCB, 0));
    this.thread = thread;
    const guardBits: u64 = WORD_BITS - PROGRAM_CNODE_BITS;
    mustSucceed(
      "configuring its thread",
      thread.configure(SLOT_SUPERVISOR, this.cnode, guardBits, this.vspace, PROGRAM_IPC_BUFFER, ipcFrame),
    );
    const authority = changetype<Tcb>(ROOT_SLOT_TCB);
    mustSucceed(
      "setting its priority",
      thread.setSchedulingParameters(authority, record.priority, record.priority),
    );
    mustSucceed("placing it on its hart", thread.setAffinity(record.hart));
    mustSucceed("setting its entry", thread.setEntry(record.entry, PROGRAM_STACK_TOP));
    setSubject(0, 0);
  }

  private mapImage(): void {
    const record = this.record;
    const vspace = this.vspace;
    mapImagePages(vspace, record.text, PROGRAM_TEXT_BASE, record.textPages, RIGHT_READ, 0);
    const readWrite = RIGHT_READ | RIGHT_WRITE;
    mapImagePages(vspace, record.data, PROGRAM_DATA_BASE, record.dataPages, readWrite, VM_EXECUTE_NEVER);
    mapImagePages(vspace, record.startInfo, PROGRAM_START_INFO, 1, RIGHT_READ, VM_EXECUTE_NEVER);
    mapNewPages(vspace, PROGRAM_DATA_BASE + record.dataPages * PROGRAM_PAGE_SIZE, record.zeroPages);
    // the page below the stack stays unmapped: the guard
    mapNewPages(vspace, PROGRAM_STACK_TOP - PROGRAM_STACK_SIZE, PROGRAM_STACK_SIZE / PROGRAM_PAGE_SIZE);
  }

  /** Puts a capability to an object of the root server into a slot of the program. */
  give(slot: u32, source: u32, rights: u64, badge: u64): void {
    const error = this.cnode.mint(slot, PROGRAM_CNODE_BITS, rootCNode, source, rights, badge);
    mustSucceed("giving a program a capability", error);
  }

  /** The notification of its async channels, or null when it has none. */
  private get asyncNotification(): NotificationCapability | null {
    const object = this.record.boundNotification;
    return object == NO_OBJECT ? null : changetype<NotificationCapability>(Bundle.object(object).slot);
  }

  bindNotification(): void {
    const notification = this.asyncNotification;
    if (notification !== null)
      mustSucceed("binding a notification", this.thread.bindNotification(notification));
  }

  /** Makes it the receiver of its async channels' user interrupts; false without hardware or free entries. */
  receiveInterrupts(): bool {
    const notification = this.asyncNotification;
    return notification !== null && this.thread.receiveInterruptsOf(notification) == 0;
  }

  start(): void {
    this.running = true;
    mustSucceed("starting a program", this.thread.resume());
  }
}
