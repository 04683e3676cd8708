/** Calls the program "deaf-server" twice and prints the labels of the answers. */
import { Message, Server } from "rel4";

export function main(): void {
  const server = Server.named("deaf-server");
  for (let i = 0; i < 2; i++) {
    server.call(5);
    console.log(`caller: 0x${Message.label.toString(16)}`);
  }
}
