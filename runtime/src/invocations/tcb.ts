/** Threads. */
import { FAULT_NULL } from "../../../abi/src/faults";
import {
  NOTIFICATION_REGISTER_RECEIVER,
  TCB_BIND_NOTIFICATION,
  TCB_CONFIGURE,
  TCB_READ_FAULT,
  TCB_READ_REGISTERS,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SET_PRIORITY,
  TCB_SET_SCHED_PARAMS,
  TCB_SET_SPACE,
  TCB_SUSPEND,
  TCB_UNBIND_NOTIFICATION,
  TCB_WRITE_REGISTERS,
} from "../../../abi/src/labels";
import { ErrorCode } from "../errors";
import { IpcBuffer, Message, MessageInfo } from "../message";
import { call } from "../system-calls";
import { Capability, invoke, invokeWith } from "./capability";
import { CNode } from "./cnode";
import { Frame } from "./frame";
import { NotificationCapability } from "./notification-capability";
import { PageTable } from "./page-table";

@unmanaged
export class Tcb extends Capability {
  /**
   * Gives a thread its capability space, address space and IPC buffer.
   * @param faultEndpoint slot in the thread's own CNode
   * @param cspaceData guard of the CSpace root: guard size in the low 6 bits
   * @param ipcBuffer user virtual address of the frame's mapping
   */
  configure(
    faultEndpoint: u32,
    cspace: CNode,
    cspaceData: u64,
    vspace: PageTable,
    ipcBuffer: u64,
    ipcFrame: Frame,
  ): ErrorCode {
    IpcBuffer.setCapability(0, cspace.slot);
    IpcBuffer.setCapability(1, vspace.slot);
    IpcBuffer.setCapability(2, ipcFrame.slot);
    const info = MessageInfo.make(TCB_CONFIGURE, 3, 4);
    call(this.slot, info, faultEndpoint, cspaceData, 0, ipcBuffer);
    return <u32>Message.label;
  }

  /** Gives a thread another capability space and address space. @param cspaceData guard, or 0 to keep the capability's */
  setSpace(faultEndpoint: u32, cspace: CNode, cspaceData: u64, vspace: PageTable): ErrorCode {
    IpcBuffer.setCapability(0, cspace.slot);
    IpcBuffer.setCapability(1, vspace.slot);
    const info = MessageInfo.make(TCB_SET_SPACE, 2, 3);
    call(this.slot, info, faultEndpoint, cspaceData, 0, 0);
    return <u32>Message.label;
  }

  /** Sets program counter and stack pointer of a stopped thread. */
  setEntry(programCounter: u64, stackPointer: u64): ErrorCode {
    // flags 0 (do not resume), count 3: pc, ra, sp
    IpcBuffer.setWord(4, stackPointer);
    return invoke(this.slot, TCB_WRITE_REGISTERS, 5, 0, 3, programCounter, 0);
  }

  /** Leaves the first `count` words of the thread's registers (abi/src/user-context.ts) in `Message`; may stop it first. */
  readRegisters(stop: bool, count: u32): ErrorCode {
    return invoke(this.slot, TCB_READ_REGISTERS, 2, stop ? 1 : 0, count);
  }

  /**
   * Sets the first `count` words (4 or more) of the registers of a stopped thread and lets it go on at word 0.
   * @param words address of the words
   */
  resumeWith(words: u32, count: u32): ErrorCode {
    for (let i: u32 = 2; i < count; i++) IpcBuffer.setWord(i + 2, load<u64>(words + (i << 3)));
    return invoke(
      this.slot,
      TCB_WRITE_REGISTERS,
      count + 2,
      1,
      count,
      load<u64>(words),
      load<u64>(words + 8),
    );
  }

  /** Sets the priority and the highest priority the thread may give (both 0–255), on the authority of `authority`. */
  setSchedulingParameters(authority: Tcb, maximumControlledPriority: u32, priority: u32): ErrorCode {
    return invokeWith(
      this.slot,
      TCB_SET_SCHED_PARAMS,
      authority.slot,
      2,
      maximumControlledPriority,
      priority,
    );
  }

  setPriority(authority: Tcb, priority: u32): ErrorCode {
    return invokeWith(this.slot, TCB_SET_PRIORITY, authority.slot, 1, priority);
  }

  /** Moves the thread to a hart (0 is the hart that booted). */
  setAffinity(hart: u32): ErrorCode {
    return invoke(this.slot, TCB_SET_AFFINITY, 1, hart);
  }

  bindNotification(notification: NotificationCapability): ErrorCode {
    return invokeWith(this.slot, TCB_BIND_NOTIFICATION, notification.slot, 0);
  }

  unbindNotification(): ErrorCode {
    return invoke(this.slot, TCB_UNBIND_NOTIFICATION, 0);
  }

  /** Makes the thread the receiver of the user interrupts of `notification`, which must be bound to it (ReL4). */
  receiveInterruptsOf(notification: NotificationCapability): ErrorCode {
    return invokeWith(notification.slot, NOTIFICATION_REGISTER_RECEIVER, this.slot, 0);
  }

  resume(): ErrorCode {
    return invoke(this.slot, TCB_RESUME, 0);
  }

  suspend(): ErrorCode {
    return invoke(this.slot, TCB_SUSPEND, 0);
  }

  /**
   * The fault at which the thread stopped, FAULT_* (FAULT_NULL: at none). `Message.word(1)` and on are then the words of
   * its message (abi/src/faults.ts). Resuming the thread makes the faulting instruction again.
   */
  readFault(): u32 {
    invoke(this.slot, TCB_READ_FAULT, 0);
    return Message.label == 0 ? <u32>Message.word0 : FAULT_NULL;
  }
}
