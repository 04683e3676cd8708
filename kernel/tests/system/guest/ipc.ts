// Messages between threads: words in registers and in the buffer, badges, every register kept over a call.

import { ecall, ecallResult } from "rv";
import { OBJECT_ENDPOINT, OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { SYS_CALL, SYS_RECV, SYS_REPLY_RECV } from "../../../../abi/src/syscalls";
import { Root, report, Shared, System } from "./support";

export { abort } from "./support";

const stack = memory.data(8192, 4096);
const buffer = memory.data(4096, 4096);
let endpoint: u32 = 0;
let notification: u32 = 0;

/** Answers each call with its badge, the sum of its words, and its sixth word doubled. */
function server(): void {
  let badge = ecall(endpoint, 0, 0, 0, 0, 0, 0, SYS_RECV);
  let sum = ecallResult(2) + ecallResult(3) + ecallResult(4) + ecallResult(5);
  while (true) {
    store<u64>(buffer + 7 * 8, load<u64>(buffer + 6 * 8) * 2);
    Shared.add(0, 1);
    badge = ecall(endpoint, 7, badge, sum, 0, 0, 0, SYS_REPLY_RECV);
    sum = ecallResult(2) + ecallResult(3) + ecallResult(4) + ecallResult(5);
  }
}

function waiter(): void {
  while (true) Shared.set(1, System.wait(notification));
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  endpoint = Root.make(OBJECT_ENDPOINT);
  const thread = Root.thread(server.index, <u32>stack + 8192, 200, <u32>buffer);
  if (Root.harts > 1) Root.setHart(thread, 1);
  Root.resume(thread);
  const badged = Root.mint(endpoint, 77);
  store<u64>(Root.buffer + 6 * 8, 21);
  const zero = ecall(badged, 6, 1, 2, 3, 4, 0, SYS_CALL);
  const info = ecallResult(1);
  const badge = ecallResult(2);
  const sum = ecallResult(3);
  report("badge seen by the caller", zero);
  report("reply length", info);
  report("badge seen by the server", badge);
  report("sum of words", sum);
  report("word in the buffer", load<u64>(Root.buffer + 7 * 8));
  for (let i = 0; i < 100; i++) System.call(endpoint, i);
  report("calls", Shared.get(0));

  notification = Root.make(OBJECT_NOTIFICATION);
  const listener = Root.thread(waiter.index, <u32>stack + 4096, 255);
  if (Root.harts > 1) Root.setHart(listener, Root.harts - 1);
  Root.resume(listener);
  System.yieldHart();
  System.signal(Root.mint(notification, 4));
  while (Shared.get(1) == 0) System.yieldHart();
  report("signalled", Shared.get(1));
  Root.exit(0);
}
