/** Reads behind the end of an array. */
import { Process } from "rel4";

export function main(): i32 {
  const numbers = [1, 2, 3];
  return numbers[numbers.length + Process.arguments.length];
}
