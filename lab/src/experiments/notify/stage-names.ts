/** What stages are called, in the order in which they follow each other. */

export const SEND = "send";
/** Time in which the receiver's hart runs somebody else. */
export const WAIT_FOR_HART = "(hart busy)";
/** In the kernel, what is in no other stage: saving registers, taking the lock, telling system calls from interrupts. */
export const KERNEL_ENTRY = "kernel entry";
export const LOOKUP = "lookup, decode";
export const CHECKS = "checks";
export const SIGNAL = "signal";
export const MESSAGE = "message";
export const REPLY = "reply capability";
export const HANDLER = "async handler";
export const SWITCH = "schedule, switch";
export const TIMER = "timer";
export const INTERRUPTS = "user-interrupt state";
export const KERNEL_EXIT = "kernel exit";
/** From one hart to another, or into a handler. */
export const DELIVER = "deliver";
export const HANDLER_ENTRY = "handler entry";
export const POLL = "poll";
export const WAKE = "wake";

// Of asynchronous calls
/** Writing the request, and suspending the coroutine that makes it. */
export const PUSH = "build, push";
export const PUBLISH = "publish, signal";
export const POP = "server: pop";
export const HANDLE = "server: handle";
/** Writing the response, publishing it and waking the client. */
export const ANSWER = "server: answer";
/** Finding the response and the coroutine it is for. */
export const DISPATCH = "dispatch";
export const RESUME = "resume";
// The same with many in flight
/** A coroutine takes its response and makes its next call, which lets the next coroutine run. */
export const TAKE_AND_PUSH = "client: resume, push";
/** The client's executor. */
export const CLIENT_BATCH = "client: publish, signal, dispatch";
export const SERVER_BATCH = "server: pop, answer";

export const STAGE_ORDER: readonly string[] = [
  SEND,
  TAKE_AND_PUSH,
  CLIENT_BATCH,
  PUSH,
  PUBLISH,
  WAIT_FOR_HART,
  KERNEL_ENTRY,
  LOOKUP,
  CHECKS,
  SIGNAL,
  REPLY,
  MESSAGE,
  HANDLER,
  SWITCH,
  TIMER,
  INTERRUPTS,
  KERNEL_EXIT,
  DELIVER,
  HANDLER_ENTRY,
  POLL,
  WAKE,
  POP,
  HANDLE,
  SERVER_BATCH,
  ANSWER,
  DISPATCH,
  RESUME,
];
