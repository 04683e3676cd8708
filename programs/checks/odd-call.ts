/** Calls "odd-server" with a label and a word, its arguments. */
import { AsyncClient, Process } from "rel4";

export function main(): void {
  const args = Process.arguments;
  AsyncClient.to("odd-server").call(U32.parseInt(args[0]), U64.parseInt(args[1]));
}
