/** Signals the receiver through the kernel. */
import { SignalTo } from "rel4";
import { Rounds } from "./sending";
import { Stages } from "./stages";

export function main(): void {
  const receiver = SignalTo.named("receiver");
  const rounds = new Rounds();
  while (rounds.next()) {
    Stages.begin();
    receiver.signal();
  }
}
