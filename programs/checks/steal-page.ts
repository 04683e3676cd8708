/** Reads the address it is told; another program has a page there, this one does not. */
import { Process } from "rel4";

export function main(): i32 {
  return load<i32>(<usize>I32.parseInt(Process.arguments[0]));
}
