// Starting and stopping threads.

import { SYNC_IPC } from "../../abi/src/config";
import { AsyncHandlers } from "./async-handler";
import { EndpointIpc } from "./endpoint";
import { Invoker } from "./invoker";
import { Signals } from "./notification";
import { ReadyQueue } from "./ready-queue";
import { ReplyCaps } from "./reply";
import { Scheduler } from "./scheduler";
import {
  Tcb,
  THREAD_BLOCKED_ON_NOTIFICATION,
  THREAD_BLOCKED_ON_RECEIVE,
  THREAD_BLOCKED_ON_REPLY,
  THREAD_BLOCKED_ON_SEND,
  THREAD_INACTIVE,
  THREAD_RESTART,
  THREAD_RUNNING,
} from "./tcb";

/**
 * Every check of an invocation has passed; what follows changes things. Until the invocation is complete its caller is
 * in the state Restart, so that a preempted one is made again.
 */
export function beginInvocation(): void {
  Invoker.thread.state = THREAD_RESTART;
}

/**
 * A thread stops waiting for whatever it waits for, and the fault it waited with is forgotten. A thread that does not
 * wait is left alone.
 */
export function cancelIpc(thread: Tcb): void {
  thread.faultType = 0;
  if (thread.state == THREAD_BLOCKED_ON_NOTIFICATION) Signals.cancelWait(thread);
  else if (SYNC_IPC) cancelMessage(thread);
}

function cancelMessage(thread: Tcb): void {
  switch (thread.state) {
    case THREAD_BLOCKED_ON_SEND:
    case THREAD_BLOCKED_ON_RECEIVE:
      EndpointIpc.cancelWait(thread);
      break;
    case THREAD_BLOCKED_ON_REPLY:
      ReplyCaps.revoke(thread);
      break;
  }
}

/** Stops a thread. When resumed it continues where it was, or makes its unfinished system call again. */
export function suspend(thread: Tcb): void {
  cancelIpc(thread);
  if (thread.state == THREAD_RUNNING) thread.faultPc = thread.pc;
  ReadyQueue.remove(thread);
  Scheduler.setState(thread, THREAD_INACTIVE);
}

/** Lets a stopped thread go on. A thread that can run already is left alone. */
export function restart(thread: Tcb): void {
  if (!thread.isStopped()) return;
  cancelIpc(thread);
  if (SYNC_IPC) ReplyCaps.setupMaster(thread);
  Scheduler.setState(thread, THREAD_RESTART);
  ReadyQueue.prepend(thread);
  Scheduler.possibleSwitchTo(thread);
  AsyncHandlers.wake(thread);
}
