/** Notifies now and then: sometimes while the peer spins, sometimes long after it has gone to sleep. */
import { AsyncChannel, Counters } from "rel4";
import { store32 } from "rv";

function pauseFor(cycles: u64): void {
  const end = Counters.cycles() + cycles;
  while (Counters.cycles() < end) {}
}

export function main(): void {
  const channel = AsyncChannel.with("sleepy");
  for (let i: u32 = 1; i <= 20; i++) {
    // around the receiver's 100,000 spins of a few cycles each
    pauseFor(i * 61_803);
    store32(channel.data, i);
    channel.notify();
  }
}
