/** Running a program asynchronously that was written against the synchronous interfaces (`asynchronous` in its description). */
import { START_INFO_SYSTEM_CALL_BITS_AT } from "../../../abi/src/start-info";
import { ChannelRecord } from "../channel-table";
import { EndpointHook } from "../endpoint-hook";
import { errorText } from "../errors";
import { startInfoWord } from "../start-info";
import { CoroutineTable } from "./coroutine-table";
import { MessageQueue } from "./message-queue";
import { SynchronousCalls } from "./synchronous-calls";
import { SystemCalls } from "./system-calls";

function call(slot: u32, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): bool {
  return SynchronousCalls.call(slot, info, word0, word1, word2, word3);
}

function receive(): u64 {
  return MessageQueue.receive();
}

function reply(info: u64, word0: u64, word1: u64, word2: u64, word3: u64): void {
  MessageQueue.reply(info, word0, word1, word2, word3);
}

function open(channel: ChannelRecord): u32 {
  return SynchronousCalls.open(channel);
}

/** Before `main`: calls, answers and, where there is a buffer for them, invocations suspend only the coroutine that makes them. */
export function installHooks(): void {
  CoroutineTable.start();
  SynchronousCalls.start();
  EndpointHook.install(call.index, receive.index, reply.index, open.index);
  if (startInfoWord(START_INFO_SYSTEM_CALL_BITS_AT) == 0) return;
  const error = SystemCalls.start();
  if (error != 0) throw new Error(`asynchronous system calls: ${errorText(error)}`);
}
