/** The functions that serve requests, by label, and the coroutines of those that may wait. */
import { unlikely } from "rv";
import { Connection } from "./connection";
import { Coroutine } from "./coroutine";
import { CoroutineTable } from "./coroutine-table";
import { PendingRequest, Request } from "./request";
import { UNKNOWN_REQUEST } from "./response";

/**
 * Handles a request: its label and first four words; the response goes into `request`. (In this order the words of a synchronous
 * call are in the machine registers in which the kernel delivers them.)
 */
export type Handler = (request: Request, label: u32, word0: u64, word1: u64, word2: u64, word3: u64) => void;

/** Labels 0 … LABELS-1 can have handlers. */
export const LABELS: u32 = 64;
/** Set in a table entry: the handler may wait. */
const MAY_WAIT: u32 = 0x8000_0000;

/** Function index of each label's handler; the last entry, for all other labels, refuses. */
const table: u32 = <u32>memory.data(260, 8);

/** Table entry of all labels when requests are passed on as messages, and the function that takes synchronous calls so; or 0. */
let passing: u32 = 0;
let callTaker: u32 = 0;

let freePending: PendingRequest = changetype<PendingRequest>(0);

function refuse(request: Request, _label: u32, _word0: u64, _word1: u64, _word2: u64, _word3: u64): void {
  request.refuse(UNKNOWN_REQUEST);
}

function refuseHandler(label: u32, mayWait: bool, why: string): void {
  throw new Error(`AsyncService.${mayWait ? "handleBlocking" : "handle"}(${label.toString()}, …): ${why}`);
}

/** Runs a handler that may wait, on its own coroutine. */
function runPending(argument: u32): void {
  const pending = changetype<PendingRequest>(argument);
  call_indirect<void>(
    pending.handler & ~MAY_WAIT,
    argument,
    pending.label,
    pending.word0,
    pending.word1,
    pending.word2,
    pending.word3,
  );
}

/** The coroutine of a handler ends, one way or another: the client gets what it has written, or learns that it has not. */
function endPending(argument: u32): void {
  const pending = changetype<PendingRequest>(argument);
  changetype<Connection>(pending.connection).respond(pending);
  pending.next = freePending;
  freePending = pending;
}

export class Handlers {
  /** Before the first request: unknown labels are refused. */
  static start(): void {
    for (let label: u32 = 0; label <= LABELS; label++) {
      if (load<u32>(table + (label << 2)) == 0) store<u32>(table + (label << 2), refuse.index);
    }
  }

  /**
   * From now on all requests are passed on as messages (message-queue.ts).
   * @param request index of `(connection, item address) => bool`: false when it cannot be taken yet
   * @param call index of `(badge, info, word0, word1, word2, word3) => void`, for synchronous calls
   */
  static passMessages(request: u32, call: u32): void {
    passing = request | MAY_WAIT;
    callTaker = call;
    for (let label: u32 = 0; label <= LABELS; label++) {
      if (load<u32>(table + (label << 2)) != 0)
        throw new Error(
          "Service.receive: this program has handlers of AsyncService; a program uses one of the two",
        );
      store<u32>(table + (label << 2), passing);
    }
  }

  /** Is a request with this handler passed on? */
  @inline static passes(handler: u32): bool {
    return handler == passing;
  }

  /** Passes a request on; false when it cannot be taken yet. */
  static pass(connection: u32, item: u32): bool {
    return call_indirect<bool>(passing & ~MAY_WAIT, connection, item);
  }

  @inline static get passesCalls(): bool {
    return callTaker != 0;
  }

  /** Passes a synchronous call on; returns 0, which stands for no signals. */
  static passCall(badge: u64, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): u64 {
    call_indirect<void>(callTaker, badge, info, word0, word1, word2, word3);
    return 0;
  }

  static set(label: u32, handler: Handler, mayWait: bool): void {
    if (label >= LABELS) refuseHandler(label, mayWait, "labels are 0 to 63");
    if (passing != 0)
      refuseHandler(label, mayWait, "this program receives with Service; a program uses one of the two");
    store<u32>(table + (label << 2), handler.index | (mayWait ? MAY_WAIT : 0));
  }

  /** The handler for a label a client wrote. */
  @inline static find(label: u32): u32 {
    if (unlikely(label >= LABELS)) label = LABELS;
    return load<u32>(table + (label << 2));
  }

  @inline static mayWait(handler: u32): bool {
    return <i32>handler < 0;
  }

  /** Runs a handler that does not wait. */
  @inline static run(
    handler: u32,
    request: Request,
    label: u32,
    word0: u64,
    word1: u64,
    word2: u64,
    word3: u64,
  ): void {
    call_indirect<void>(handler, request, label, word0, word1, word2, word3);
  }

  /** A record for a request whose handler may wait, or 0 when all coroutines are in use. */
  static take(): PendingRequest {
    if (CoroutineTable.count == CoroutineTable.capacity) return changetype<PendingRequest>(0);
    const pending = freePending;
    if (changetype<u32>(pending) == 0)
      return changetype<PendingRequest>(<u32>heap.alloc(offsetof<PendingRequest>()));
    freePending = pending.next;
    return pending;
  }

  /** Gives a request its coroutine. */
  static begin(pending: PendingRequest): void {
    Coroutine.spawnWithEnd(runPending, changetype<u32>(pending), endPending, "request handler");
  }
}
