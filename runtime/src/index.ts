/** What programs import as "rel4". */
export { Arrivals } from "./arrivals";
export { AsyncClient } from "./async/async-client";
export { AsyncService } from "./async/async-service";
export { CallChoice } from "./async/call-choice";
export { Coroutine } from "./async/coroutine";
export { Polling } from "./async/polling";
export { Request } from "./async/request";
export {
  CALL_CANCELLED,
  CALL_TIMED_OUT,
  NEEDS_RING,
  PEER_HAS_ENDED,
  REQUEST_NOT_ANSWERED,
  Response,
  UNKNOWN_REQUEST,
} from "./async/response";
export { SystemCalls } from "./async/system-calls";
export { UserSignals } from "./async/user-signals";
export { ASYNC_DATA_BYTES, AsyncChannel } from "./async-channel";
export { peerIsRunning } from "./channel-table";
export { Counters } from "./counters";
export { Server, Service } from "./endpoint";
export { ErrorCode, errorText } from "./errors";
export { Features } from "./features";
export { IpcBuffer, Message, MessageInfo } from "./message";
export { MessageText } from "./message-text";
export { Signals, SignalTo } from "./notification";
export { Process } from "./process";
export { yieldHart } from "./system-calls";
export { UserInterrupts } from "./user-interrupts";
