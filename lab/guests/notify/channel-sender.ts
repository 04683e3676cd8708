/** Notifies the receiver over an async channel: by `uipi send`, or by Signal when it has gone to sleep in the kernel. */
import { AsyncChannel } from "rel4";
import { Rounds } from "./sending";
import { Stages } from "./stages";

export function main(): void {
  const channel = AsyncChannel.with("receiver");
  const rounds = new Rounds();
  while (rounds.next()) {
    Stages.begin();
    channel.notify();
  }
}
