/** Counts user interrupts in a handler of its own while it allocates, and answers after each hundred. */
import { Arrivals, AsyncChannel, UserInterrupts } from "rel4";
import { load32, store32 } from "rv";

const interrupts: u32 = <u32>memory.data(4, 4);

function count(pending: u64): u64 {
  store32(interrupts, load32(interrupts) + 1);
  Arrivals.add(pending);
  return 0;
}

export function main(): i32 {
  const channel = AsyncChannel.with("storm");
  if (!UserInterrupts.enable(count)) return 1;
  let text = "";
  channel.wait();
  // interrupted at any instruction, the collector's and the allocator's included
  while (load32(channel.data) == 0) {
    text = "";
    for (let i = 0; i < 20; i++) text += i.toString();
    if (text != "012345678910111213141516171819") return 2;
  }
  console.log(`handler: counted ${load32(interrupts) > 100 ? "many" : "too few"} interrupts`);
  return 0;
}
