/** Ends with the exit code it is given as an argument. */
import { Process } from "rel4";

export function main(): i32 {
  return I32.parseInt(Process.arguments[0]);
}
