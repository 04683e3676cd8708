/** Takes a call, says so to the program "killer", and never answers. Started again, it answers with 100 + its generation. */
import { Process, Service, SignalTo, yieldHart } from "rel4";

export function main(): void {
  Service.receive();
  if (Process.generation == 1) SignalTo.named("killer").signal();
  while (Process.generation == 1) yieldHart();
  for (;;) Service.replyAndReceive(100 + Process.generation);
}
