/** Divides by a number that is zero only when the program runs. */
import { Process } from "rel4";

export function main(): i32 {
  return 100 / (Process.arguments.length - 1);
}
