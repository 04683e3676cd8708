// Where the kernel's objects keep what somebody looks at who watches the kernel from outside (kernel/inspection). The entry
// file exports these constants: they become symbols of the image and take no byte of the kernel.

import { DEBUG, DOMAINS, PRIORITIES, ROOT_CNODE_BITS } from "../../abi/src/config";
import { TCB_BITS } from "../../abi/src/objects";
import { Slot } from "./capability";
import { Endpoint, Notification } from "./endpoint-object";
import { Hart, READY_QUEUES } from "./hart";
import { HartContext } from "./riscv/hart-context";
import { ThreadContext } from "./riscv/thread-context";
import { TCB_SLOT_COUNT, TCB_SLOT_REPLY, TCB_SLOTS, Tcb } from "./tcb";

export { PARKED_SIZE as Domain_size, parked as parkedDomains } from "./domains";
export { queues as readyHandlerQueues } from "./ready-handlers";
export { noPool as noAsidPool, pools as asidPools } from "./riscv/address-space-ids";

export const Config_debug: u32 = DEBUG;
export const Config_domains: u32 = DOMAINS;
export const Config_priorities: u32 = PRIORITIES;
export const Config_rootCNodeBits: u32 = ROOT_CNODE_BITS;
export const Config_tcbBits: u32 = TCB_BITS;

export const Slot_object: u32 = <u32>offsetof<Slot>("object");
export const Slot_type: u32 = <u32>offsetof<Slot>("type");
export const Slot_rights: u32 = <u32>offsetof<Slot>("rights");
export const Slot_sizeBits: u32 = <u32>offsetof<Slot>("sizeBits");
export const Slot_extra: u32 = <u32>offsetof<Slot>("extra");
export const Slot_data: u32 = <u32>offsetof<Slot>("data");
export const Slot_previous: u32 = <u32>offsetof<Slot>("previous");
export const Slot_next: u32 = <u32>offsetof<Slot>("next");
export const Slot_derivation: u32 = <u32>offsetof<Slot>("derivation");

export const Endpoint_head: u32 = <u32>offsetof<Endpoint>("head");
export const Endpoint_tail: u32 = <u32>offsetof<Endpoint>("tail");
export const Endpoint_state: u32 = <u32>offsetof<Endpoint>("state");
export const Notification_head: u32 = <u32>offsetof<Notification>("head");
export const Notification_tail: u32 = <u32>offsetof<Notification>("tail");
export const Notification_state: u32 = <u32>offsetof<Notification>("state");
export const Notification_boundTcb: u32 = <u32>offsetof<Notification>("boundTcb");

export const Tcb_hart: u32 = <u32>offsetof<Tcb>("hart");
export const Tcb_flags: u32 = <u32>offsetof<Tcb>("flags");
export const Tcb_fpuStatus: u32 = <u32>offsetof<ThreadContext>("fpuStatus");
export const Tcb_receiverIndex: u32 = <u32>offsetof<Tcb>("receiverIndex");
export const Tcb_senderTable: u32 = <u32>offsetof<Tcb>("senderTable");
export const Tcb_watched: u32 = <u32>offsetof<Tcb>("watched");
export const Tcb_state: u32 = <u32>offsetof<Tcb>("state");
export const Tcb_blockingObject: u32 = <u32>offsetof<Tcb>("blockingObject");
export const Tcb_userFlags: u32 = <u32>offsetof<Tcb>("userFlags");
export const Tcb_priority: u32 = <u32>offsetof<Tcb>("priority");
export const Tcb_domain: u32 = <u32>offsetof<Tcb>("domain");
export const Tcb_boundNotification: u32 = <u32>offsetof<Tcb>("boundNotification");
export const Tcb_timerNext: u32 = <u32>offsetof<Tcb>("timerNext");
export const Tcb_timerPrevious: u32 = <u32>offsetof<Tcb>("timerPrevious");
export const Tcb_timerDeadline: u32 = <u32>offsetof<Tcb>("timerDeadline");
export const Tcb_queued: u32 = <u32>offsetof<Tcb>("queued");
export const Tcb_readyNext: u32 = <u32>offsetof<Tcb>("readyNext");
export const Tcb_readyPrevious: u32 = <u32>offsetof<Tcb>("readyPrevious");
export const Tcb_queueNext: u32 = <u32>offsetof<Tcb>("queueNext");
export const Tcb_queuePrevious: u32 = <u32>offsetof<Tcb>("queuePrevious");
export const Tcb_handlerNotification: u32 = <u32>offsetof<Tcb>("handlerNotification");
export const Tcb_registeredNext: u32 = <u32>offsetof<Tcb>("registeredNext");
export const Tcb_registeredPrevious: u32 = <u32>offsetof<Tcb>("registeredPrevious");
export const Tcb_handlerLevel: u32 = <u32>offsetof<Tcb>("handlerLevel");
export const Tcb_handlerNext: u32 = <u32>offsetof<Tcb>("handlerNext");
export const Tcb_handlerPrevious: u32 = <u32>offsetof<Tcb>("handlerPrevious");
export const Tcb_debugNext: u32 = <u32>offsetof<Tcb>("debugNext");
export const Tcb_debugPrevious: u32 = <u32>offsetof<Tcb>("debugPrevious");
export const Tcb_slots: u32 = TCB_SLOTS;
export const Tcb_slotCount: u32 = TCB_SLOT_COUNT;
export const Tcb_slotReply: u32 = TCB_SLOT_REPLY;

export const Hart_current: u32 = <u32>offsetof<Hart>("current");
export const Hart_idle: u32 = <u32>offsetof<Hart>("idle");
export const Hart_hartId: u32 = <u32>offsetof<Hart>("hartId");
export const Hart_giveUp: u32 = <u32>offsetof<HartContext>("giveUp");
export const Hart_kernelSatp: u32 = <u32>offsetof<HartContext>("kernelSatp");
export const Hart_fpuOwner: u32 = <u32>offsetof<HartContext>("fpuOwner");
export const Hart_firstTimer: u32 = <u32>offsetof<Hart>("firstTimer");
export const Hart_timerSet: u32 = <u32>offsetof<Hart>("timerSet");
export const Hart_action: u32 = <u32>offsetof<Hart>("action");
export const Hart_bitmapTop: u32 = <u32>offsetof<Hart>("bitmapTop");
export const Hart_readyLevel: u32 = <u32>offsetof<Hart>("readyLevel");
export const Hart_switchLevel: u32 = <u32>offsetof<Hart>("switchLevel");
export const Hart_reschedulePending: u32 = <u32>offsetof<Hart>("reschedulePending");
export const Hart_bitmap: u32 = READY_QUEUES;
export const Hart_queues: u32 = READY_QUEUES + PRIORITIES / 8;
