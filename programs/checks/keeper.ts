/** Ends its victim as often as it is told, has it end by itself in the ways it is told, and says what it saw of it. */
import { AsyncChannel, Process, peerIsRunning } from "rel4";
import { KernelCounts } from "rel4/kernel-counts";
import { load32, store32 } from "rv";
import { ABORT, FAULT, HOW_AT, RETURN, STARTED_AT } from "./keeper-protocol";

/** In words: which of the kernel's counts are 0, and which have changed. */
function compare(before: u64[], after: u64[]): string {
  let none = "";
  let changes = "";
  for (let i = 0; i < before.length; i++) {
    const name = KernelCounts.nameOf(i);
    if (before[i] == 0) none += `no ${name}, `;
    if (before[i] != after[i]) changes += `${(<i64>(after[i] - before[i])).toString()} more ${name}, `;
  }
  return none + (changes == "" ? "nothing leaked" : changes);
}

function waitForGeneration(channel: AsyncChannel, generation: u32): void {
  while (load32(channel.data + STARTED_AT) != generation) channel.wait();
}

export function main(): i32 {
  const channel = AsyncChannel.with("victim");
  const times = U32.parseInt(Process.arguments[0]);
  let generation: u32 = 1;
  waitForGeneration(channel, generation);
  // what is made only once has been made after the second start
  for (; generation <= 2; generation++) {
    if (!Process.endPeer("victim")) return 1;
    waitForGeneration(channel, generation + 1);
  }
  const before = KernelCounts.read();
  for (let i: u32 = 0; i < times; i++) {
    if (!Process.endPeer("victim")) return 2;
    generation++;
    waitForGeneration(channel, generation);
  }
  const after = KernelCounts.read();
  console.log(`keeper: ${compare(before, after)} after ${times.toString()} restarts`);
  for (let i = 1; i < Process.arguments.length; i++) {
    const how = Process.arguments[i];
    store32(channel.data + HOW_AT, how == "fault" ? FAULT : how == "abort" ? ABORT : RETURN);
    channel.notify();
    if (how == "return") break;
    generation++;
    waitForGeneration(channel, generation);
  }
  while (peerIsRunning("victim")) {}
  console.log(
    `keeper: the victim has ended, and ${Process.endPeer("victim") ? "ended again" : "cannot end again"}`,
  );
  return 0;
}
