/** Ends the program it is told when it is signalled. */
import { Process, Signals } from "rel4";

export function main(): i32 {
  Signals.wait();
  return Process.endPeer(Process.arguments[0]) ? 0 : 1;
}
