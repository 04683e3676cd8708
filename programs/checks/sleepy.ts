/** Waits in the kernel (the peer takes its time), then counts how many of the peer's notifications it saw at least. */
import { AsyncChannel } from "rel4";
import { load32 } from "rv";

export function main(): i32 {
  const channel = AsyncChannel.with("slow");
  let seen: u32 = 0;
  while (seen < 20) {
    channel.wait();
    seen = load32(channel.data);
  }
  console.log("sleepy: saw all");
  return 0;
}
