/** Calls the server its second argument names, with what its first argument says. */
import { Process, Server } from "rel4";

export function main(): void {
  const what = Process.arguments[0];
  const server = Server.named(Process.arguments[1]);
  if (what == "long") server.call(1, 8);
  else if (what == "label") server.call(1 << 27);
  else if (what == "send") server.send(1);
  else server.call(1);
  console.log("unusual: answered");
}
