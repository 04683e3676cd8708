/**
 * Asynchronous system calls by hand, one at a time, so that each step is where the laboratory wants it: the request is in the
 * ring before the operation begins, which is to tell the kernel (wakes=1: by the wake-up call, else by waiting), and the
 * operation ends when the program, in the state state=…, knows of the response.
 */
import { Arrivals, UserInterrupts } from "rel4";
import { NotificationCapability } from "rel4/invocations/notification-capability";
import { startInfoWord } from "rel4/start-info";
import { wait } from "rel4/system-calls";
import { ecall, fence, load32, pause, store32 } from "rv";
import { UNTYPED_RETYPE } from "../../../abi/src/labels";
import {
  SLOT_ASYNC_NOTIFICATION,
  SLOT_SYSTEM_CALL_FRAME,
  SLOT_SYSTEM_CALL_NOTIFICATION,
  SYSTEM_CALL_BUFFER,
} from "../../../abi/src/program-layout";
import {
  ITEM_INFO_AT,
  PEER_ARMED,
  PEER_BLOCKED,
  RING_CLIENT_STATE_AT,
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_HEAD_AT,
  RING_RESPONSE_TAIL_AT,
  SYSTEM_CALL_CAPABILITY_AT,
  SYSTEM_CALL_ITEM_BYTES,
} from "../../../abi/src/ring";
import { START_INFO_SYSTEM_CALL_BITS_AT } from "../../../abi/src/start-info";
import { SYS_WAKE_ASYNC_HANDLER } from "../../../abi/src/syscalls";
import { numberArgument } from "../arguments";
import { Rounds } from "./sending";
import { Stages } from "./stages";

const READ: u32 = 2;
const WRITE: u32 = 1;

let control: u32 = 0;
let ringMask: u32 = 0;
let tail: u32 = 0;

/** Puts the next request, an invocation the kernel refuses at once, into the ring, and shows how to be told. */
function request(state: u32): void {
  const item = SYSTEM_CALL_BUFFER + tail;
  store<u32>(item, UNTYPED_RETYPE << 12, ITEM_INFO_AT);
  store<u64>(item, SLOT_ASYNC_NOTIFICATION, SYSTEM_CALL_CAPABILITY_AT);
  tail = (tail + SYSTEM_CALL_ITEM_BYTES) & ringMask;
  fence(READ | WRITE, WRITE);
  store32(control + RING_REQUEST_TAIL_AT, tail);
  store32(control + RING_CLIENT_STATE_AT, state);
  fence(READ | WRITE, READ | WRITE);
}

/** Waits as the state says until the response is there. */
function awaitResponse(state: u32): void {
  if (state == PEER_BLOCKED) wait(SLOT_ASYNC_NOTIFICATION);
  else if (state == PEER_ARMED) while (!Arrivals.any(~0)) pause();
  while (load32(control + RING_RESPONSE_TAIL_AT) != tail) pause();
}

export function main(): void {
  const bits = startInfoWord(START_INFO_SYSTEM_CALL_BITS_AT);
  const ringBytes = SYSTEM_CALL_ITEM_BYTES << bits;
  control = SYSTEM_CALL_BUFFER + ringBytes;
  ringMask = ringBytes - 1;
  const notification = changetype<NotificationCapability>(SLOT_SYSTEM_CALL_NOTIFICATION);
  if (notification.registerAsyncSystemCalls(SLOT_SYSTEM_CALL_FRAME, bits) != 0) throw new Error("no handler");
  const state = numberArgument("state");
  if (state == PEER_ARMED && !UserInterrupts.enableArrivals()) throw new Error("no user interrupts");
  const wakes = numberArgument("wakes") != 0;
  const rounds = new Rounds();
  while (rounds.next()) {
    Arrivals.remove(~0);
    request(state);
    Stages.begin();
    if (wakes) ecall(0, 0, 0, 0, 0, 0, 0, SYS_WAKE_ASYNC_HANDLER);
    awaitResponse(state);
    Stages.end();
    store32(control + RING_RESPONSE_HEAD_AT, tail);
  }
}
