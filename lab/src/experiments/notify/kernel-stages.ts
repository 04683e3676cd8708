/** Which functions of the kernel make up which stage of a way through it. */
import type { Region } from "./regions";
import {
  CHECKS,
  HANDLER,
  INTERRUPTS,
  KERNEL_EXIT,
  LOOKUP,
  MESSAGE,
  REPLY,
  SIGNAL,
  SWITCH,
} from "./stage-names";

/** On every way. */
export const KERNEL_REGIONS: readonly Region[] = [
  { function: "invocation/handleInvocation", stage: LOOKUP },
  { function: "receive/handleReceive", stage: LOOKUP },
  { function: "receive/handleReply", stage: LOOKUP },
  { function: "notification/Signals.send", stage: SIGNAL },
  { function: "endpoint/EndpointIpc.send", stage: MESSAGE },
  { function: "ipc-transfer/transferMessage", stage: MESSAGE },
  { function: "endpoint/EndpointIpc.awaitReply", stage: REPLY },
  { function: "reply/ReplyCaps.answer", stage: REPLY },
  { function: "traps/finish", stage: SWITCH },
  { function: "scheduler/Scheduler.possibleSwitchTo", stage: SWITCH },
  { function: "scheduler/Scheduler.setState", stage: SWITCH },
  { function: "riscv/timer/Timer.update", stage: SWITCH },
  { function: "async-handler/AsyncHandlers.wake", stage: HANDLER },
  { function: "async-handler/AsyncHandlers.serve", stage: HANDLER },
  { function: "enterUserInterrupts", stage: INTERRUPTS },
  { function: "leaveUserInterrupts", stage: INTERRUPTS },
  { function: "resumeCurrent", stage: KERNEL_EXIT, leaves: true },
  ...fastPath("fastpathCall"),
  ...fastPath("fastpathReplyRecv"),
];

/** A fast path checks everything, then changes objects and the reply capability, copies the message, and switches. */
function fastPath(name: string): Region[] {
  return [
    { function: name, stage: CHECKS },
    { function: name, stage: REPLY, from: "first store" },
    { function: name, stage: MESSAGE, from: "message length" },
    { function: name, stage: SWITCH, from: "satp written" },
  ];
}
