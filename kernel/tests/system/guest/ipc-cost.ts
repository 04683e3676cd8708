// Instructions of the fastpaths as sel4bench counts them: from before the caller's system call to after the receiver's.

import { ecall, rdinstret } from "rv";
import { OBJECT_ENDPOINT } from "../../../../abi/src/objects";
import { SYS_CALL, SYS_REPLY_RECV } from "../../../../abi/src/syscalls";
import { Root, report } from "./support";

export { abort } from "./support";

const ROUNDS: u32 = 64;
const stack = memory.data(8192, 4096);
const buffer = memory.data(4096, 4096);

let endpoint: u32 = 0;
let sent: u64 = 0;
let received: u64 = 0;
let answered: u64 = 0;

function server(): void {
  let number: u64 = 0;
  ecall(endpoint, 0, 0, 0, 0, 0, 0, -5);
  while (true) {
    received = rdinstret();
    number++;
    answered = rdinstret();
    ecall(endpoint, 0, 0, 0, 0, 0, 0, SYS_REPLY_RECV);
  }
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  endpoint = Root.make(OBJECT_ENDPOINT);
  const thread = Root.thread(server.index, <u32>stack + 8192, 255, <u32>buffer);
  Root.resume(thread);
  let call: u64 = ~0;
  let reply: u64 = ~0;
  for (let i: u32 = 0; i < ROUNDS; i++) {
    sent = rdinstret();
    ecall(endpoint, 0, 0, 0, 0, 0, 0, SYS_CALL);
    const end = rdinstret();
    call = min(call, received - sent);
    reply = min(reply, end - answered);
  }
  report("call", call);
  report("replyRecv", reply);
  Root.exit(0);
}
