/** Never comes back from its user-interrupt handler. */
import { AsyncChannel, UserInterrupts } from "rel4";

function spinForEver(pending: u64): u64 {
  let odd = pending | 1;
  while (odd != 0) odd += 2;
  return odd;
}

export function main(): void {
  const channel = AsyncChannel.with("storm");
  UserInterrupts.enable(spinForEver);
  for (;;) channel.wait();
}
