/** Does something else for a long time, then ends with exit code 6. */
import { Counters } from "rel4";

export function main(): i32 {
  const end = Counters.cycles() + 3_000_000;
  while (Counters.cycles() < end) {}
  console.log("late: my turn");
  return 6;
}
