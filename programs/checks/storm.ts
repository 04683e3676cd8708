/** Wakes the peer it is told, lets it settle, then notifies it as often as it is told, and says when it is done. */
import { AsyncChannel, Counters, Process } from "rel4";
import { store32 } from "rv";

function pauseFor(cycles: u64): void {
  const end = Counters.cycles() + cycles;
  while (Counters.cycles() < end) {}
}

export function main(): void {
  const channel = AsyncChannel.with(Process.arguments[0]);
  channel.notify();
  pauseFor(100_000);
  const times = U64.parseInt(Process.arguments[1]);
  for (let i: u64 = 0; i < times; i++) {
    channel.notify();
    // a different distance each time, so that interrupts meet the peer at many different instructions
    pauseFor((i * 37) % 200);
  }
  store32(channel.data, 1);
  channel.notify();
}
