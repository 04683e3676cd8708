/** Waits on a slot that it was not given. */
import { Process } from "rel4";
import { receive } from "rel4/system-calls";

export function main(): void {
  receive(I32.parseInt(Process.arguments[0]));
}
