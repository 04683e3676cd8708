// In whose name the invocation in progress is made: the thread that made the system call, or, for an asynchronous
// request, the stand-in. Arguments are read from it; results, and the state Restart, are written to it.

import { IPC_BUFFER_MESSAGE } from "../../abi/src/ipc-buffer";
import { ThreadContext } from "./riscv/thread-context";
import { Tcb } from "./tcb";

/**
 * A record with the layout of a TCB that is no thread. Message words are in registers from a2 on, and those behind the
 * message registers where an IPC buffer's are if the buffer's message begins at a2: the record is its own IPC buffer.
 */
const STAND_IN = <u32>memory.data(2048, 8);

/** The stand-in holds a private copy of an asynchronous request, and then its results. */
export class StandIn {
  @inline static get thread(): Tcb {
    return Tcb.at(STAND_IN);
  }

  /** Address of message word 0; the others follow. */
  @inline static get words(): u32 {
    return STAND_IN + <u32>offsetof<ThreadContext>("a2");
  }

  /** The record as an IPC buffer. */
  @inline static get buffer(): u32 {
    return STAND_IN + <u32>offsetof<ThreadContext>("a2") - IPC_BUFFER_MESSAGE;
  }
}

export class Invoker {
  private static address: u32 = 0;

  @inline static get thread(): Tcb {
    return Tcb.at(Invoker.address);
  }

  @inline static set(thread: Tcb): void {
    Invoker.address = thread.address;
  }

  /** Is it made for an asynchronous request? */
  @inline static get isStandIn(): bool {
    return Invoker.address == STAND_IN;
  }
}
