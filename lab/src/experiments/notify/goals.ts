/** What notifications are meant to reach. */
import type { Goal } from "../../experiment";
import type { Measurement } from "./measure";
import { HANDLER_PATH } from "./user-paths";

const MOST_INSTRUCTIONS = 60;

export function notifyGoals(measurements: readonly Measurement[]): Goal[] {
  const direct = measurements.find(({ path }) => path.name === HANDLER_PATH && path.receiver === "running");
  if (!direct) return [];
  return [
    {
      name: "U-notification from the sender's call to the handler's first instruction, receiver running",
      value: direct.sum.instructions,
      target: MOST_INSTRUCTIONS,
      direction: "at most",
      unit: "instructions",
    },
  ];
}
