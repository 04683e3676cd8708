/** Notifies its peer until it answers, or for ever. */
import { AsyncChannel, Process } from "rel4";

export function main(): void {
  const channel = AsyncChannel.with(Process.arguments[0]);
  channel.notify();
  channel.wait();
}
