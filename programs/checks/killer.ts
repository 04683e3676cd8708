/** Ends the program "deaf-server" when it is signalled. */
import { Process, Signals } from "rel4";

export function main(): i32 {
  Signals.wait();
  return Process.endPeer("deaf-server") ? 0 : 1;
}
