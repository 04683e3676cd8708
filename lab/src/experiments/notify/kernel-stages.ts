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
  TIMER,
} from "./stage-names";

/**
 * By the module a function is in, as functions come and go in it: what the compiler has put into its caller counts there. What
 * is in none of these (traps, the assembly around) is kernel entry.
 */
export const KERNEL_REGIONS: readonly Region[] = [
  { function: "resumeCurrent", stage: KERNEL_EXIT, leaves: true },
  // a kernel may be built without fast paths
  ...fastPath(/^fastpath(Call|ReplyRecv)$/),
  { function: /^fastpath/, stage: CHECKS },
  { function: /^fastpath/, stage: SWITCH, from: "satp written" },
  { function: /^(enter|leave)UserInterrupts$/, stage: INTERRUPTS },
  {
    function: /^(user-notification\/UserNot|riscv\/(user-interrupts|uintc|watched-receivers)\/)/,
    stage: INTERRUPTS,
  },
  { function: /^(cspace|invocation|message|receive)\//, stage: LOOKUP },
  { function: /^notification\//, stage: SIGNAL },
  { function: /^endpoint\/EndpointIpc\.awaitReply/, stage: REPLY },
  { function: /^reply\//, stage: REPLY },
  { function: /^(ipc-transfer|endpoint)\//, stage: MESSAGE },
  { function: /^(async-|ready-handlers)/, stage: HANDLER },
  { function: /^(scheduler|ready-queue|wait-queue)\/|^riscv\/(vspace|threads)\//, stage: SWITCH },
  { function: /^traps\/(finish|stopped)/, stage: SWITCH },
  { function: /^(riscv\/timer|timer-)/, stage: TIMER },
];

/** A fast path checks everything, then changes objects and the reply capability, copies the message, and switches. */
function fastPath(name: RegExp): Region[] {
  return [
    { function: name, stage: CHECKS },
    { function: name, stage: REPLY, from: "first store" },
    { function: name, stage: MESSAGE, from: "message length" },
    { function: name, stage: SWITCH, from: "satp written" },
  ];
}
