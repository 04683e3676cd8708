/** Where kernel objects keep their fields: what kernel/src/inspected-layout.ts says, by the names it has there. */
import { HART_AREA_SIZE, HART_STACK_SIZE, KERNEL_ROOT_TABLE_SIZE } from "../src/riscv/layout";

const NAMES = [
  ...["Config_debug", "Config_domains", "Config_priorities", "Config_rootCNodeBits", "Config_tcbBits"],
  ...["parkedDomains", "Domain_size", "readyHandlerQueues", "asidPools", "noAsidPool"],
  ...["Slot_object", "Slot_type", "Slot_rights", "Slot_sizeBits", "Slot_extra", "Slot_data"],
  ...["Slot_previous", "Slot_next", "Slot_derivation"],
  ...["Endpoint_head", "Endpoint_tail", "Endpoint_state"],
  ...["Notification_head", "Notification_tail", "Notification_state", "Notification_boundTcb"],
  ...["Tcb_hart", "Tcb_flags", "Tcb_fpuStatus", "Tcb_userFlags", "Tcb_state", "Tcb_blockingObject"],
  ...["Tcb_priority", "Tcb_domain", "Tcb_boundNotification"],
  ...["Tcb_receiverIndex", "Tcb_senderTable", "Tcb_watched"],
  ...["Tcb_timerNext", "Tcb_timerPrevious", "Tcb_timerDeadline"],
  ...["Tcb_queued", "Tcb_readyNext", "Tcb_readyPrevious", "Tcb_queueNext", "Tcb_queuePrevious"],
  ...["Tcb_handlerNotification", "Tcb_registeredNext", "Tcb_registeredPrevious"],
  ...["Tcb_handlerLevel", "Tcb_handlerNext", "Tcb_handlerPrevious", "Tcb_debugNext", "Tcb_debugPrevious"],
  ...["Tcb_slots", "Tcb_slotCount", "Tcb_slotReply"],
  ...["Hart_current", "Hart_idle", "Hart_hartId", "Hart_giveUp", "Hart_kernelSatp", "Hart_fpuOwner"],
  ...["Hart_firstTimer", "Hart_timerSet", "Hart_action", "Hart_reschedulePending"],
  ...["Hart_bitmapTop", "Hart_readyLevel", "Hart_switchLevel", "Hart_bitmap", "Hart_queues"],
] as const;

/** A constant of kernel/src/inspected-layout.ts: an offset in bytes, an address, or a build option. */
export type LayoutName = (typeof NAMES)[number];

const PAGE = 4096;
const QUEUE_BYTES = 8;

/** The layout of one build of the kernel. Addresses are the kernel's u32 pointers. */
export class KernelLayout {
  /** The constants by name. */
  readonly at: Readonly<Record<LayoutName, number>>;
  private readonly areas: number;

  /**
   * @param constant value of a constant of kernel/src/inspected-layout.ts, if the kernel has it
   * @param dataEnd first address behind the kernel's static data
   * @throws Error that names a constant that is missing
   */
  constructor(
    constant: (name: string) => number | undefined,
    readonly dataEnd: number,
  ) {
    this.at = Object.fromEntries(
      NAMES.map((name) => {
        const value = constant(name);
        if (value === undefined) throw new Error(`the kernel does not say where ${name} is`);
        return [name, value];
      }),
    ) as Record<LayoutName, number>;
    this.areas = Math.ceil(dataEnd / PAGE) * PAGE + KERNEL_ROOT_TABLE_SIZE;
  }

  /** Address of the record of hart number `index`. */
  hart(index: number): number {
    return this.areas + index * HART_AREA_SIZE + HART_STACK_SIZE;
  }

  /** Address of a ready queue {head, tail} in a hart's record. */
  queue(hart: number, priority: number): number {
    return hart + this.at.Hart_queues + priority * QUEUE_BYTES;
  }

  /** Address of a word of 64 bits of a hart's bitmap of priorities. */
  bitmapWord(hart: number, word: number): number {
    return hart + this.at.Hart_bitmap + word * 8;
  }

  /** The queue {head, tail} of ready asynchronous handlers of a priority. */
  handlerQueue(priority: number): number {
    return this.at.readyHandlerQueues + priority * QUEUE_BYTES;
  }

  /** Where a domain's ready queues are while it is not its turn, at their places in a hart's record. */
  parkedQueues(domain: number): number {
    return this.at.parkedDomains + domain * this.at.Domain_size;
  }
}
