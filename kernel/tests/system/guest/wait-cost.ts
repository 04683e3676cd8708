// Instructions of Recv with nothing to receive, which switches to the next ready thread; and of Yield.

import { ecall, rdinstret } from "rv";
import { OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { SYS_RECV, SYS_SEND, SYS_YIELD } from "../../../../abi/src/syscalls";
import { Root, report } from "./support";

export { abort } from "./support";

const ROUNDS: u32 = 64;
const stack = memory.data(8192, 4096);
const buffer = memory.data(4096, 4096);

let notification: u32 = 0;
let yielded: u64 = 0;
let waited: u64 = 0;
let waits: bool = false;

function partner(): void {
  while (true) {
    yielded = rdinstret();
    if (waits) {
      waited = rdinstret();
      ecall(notification, 0, 0, 0, 0, 0, 0, SYS_RECV);
    } else {
      ecall(0, 0, 0, 0, 0, 0, 0, SYS_YIELD);
    }
  }
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  notification = Root.make(OBJECT_NOTIFICATION);
  Root.resume(Root.thread(partner.index, <u32>stack + 8192, 255, <u32>buffer));
  let yielding: u64 = ~0;
  for (let i: u32 = 0; i < ROUNDS; i++) {
    const before = rdinstret();
    ecall(0, 0, 0, 0, 0, 0, 0, SYS_YIELD);
    yielding = min(yielding, yielded - before);
  }
  waits = true;
  ecall(0, 0, 0, 0, 0, 0, 0, SYS_YIELD);
  let waiting: u64 = ~0;
  for (let i: u32 = 0; i < ROUNDS; i++) {
    ecall(notification, 0, 0, 0, 0, 0, 0, SYS_SEND);
    ecall(0, 0, 0, 0, 0, 0, 0, SYS_YIELD);
    waiting = min(waiting, rdinstret() - waited);
  }
  report("yield", yielding);
  report("wait", waiting);
  Root.exit(0);
}
