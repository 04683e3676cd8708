// Instructions of SignalWait between two threads: from before one's system call to after the other's.

import { ecall, rdinstret } from "rv";
import { TCB_BIND_NOTIFICATION } from "../../../../abi/src/labels";
import { OBJECT_ENDPOINT, OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { SYS_SIGNAL_WAIT } from "../../../../abi/src/syscalls";
import { Root, report } from "./support";

export { abort } from "./support";

const ROUNDS: u32 = 64;
const stack = memory.data(8192, 4096);
const buffer = memory.data(4096, 4096);

let request: u32 = 0;
let answer: u32 = 0;
/** What the partner waits on: `request` itself, or an endpoint while `request` is bound to it. */
let awaited: u32 = 0;
let sent: u64 = 0;
let received: u64 = 0;
let answered: u64 = 0;

function partner(): void {
  ecall(0, awaited, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
  while (true) {
    received = rdinstret();
    answered = rdinstret();
    ecall(answer, awaited, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
  }
}

function measure(there: string, back: string): void {
  let signalled: u64 = ~0;
  let returned: u64 = ~0;
  for (let i: u32 = 0; i < ROUNDS; i++) {
    sent = rdinstret();
    ecall(request, answer, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
    const end = rdinstret();
    signalled = min(signalled, received - sent);
    returned = min(returned, end - answered);
  }
  report(there, signalled);
  report(back, returned);
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  request = Root.make(OBJECT_NOTIFICATION);
  answer = Root.make(OBJECT_NOTIFICATION);
  awaited = request;
  const thread = Root.thread(partner.index, <u32>stack + 8192, 255, <u32>buffer);
  Root.resume(thread);
  measure("to a notification", "from a notification");
  // From its next turn on the partner waits on an endpoint.
  awaited = Root.make(OBJECT_ENDPOINT);
  ecall(request, answer, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
  Root.check(Root.invoke(thread, TCB_BIND_NOTIFICATION, 0, 0, 0, 0, 0, request), "bind");
  measure("to an endpoint", "from an endpoint");
  Root.exit(0);
}
