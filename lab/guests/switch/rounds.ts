/**
 * The first entity's part in every ring: some rounds to warm up, then a window of a given number of rounds; then, in a
 * window of its own, as much of the work alone, without any switch. What a switch costs is the difference.
 */
import { numberArgument } from "../arguments";
import { Window } from "../marks";
import { WorkingSet } from "./working-set";

/** Windows of the rounds with switches, and of the work alone. */
const WITH_SWITCHES: u32 = 1;
const WORK_ALONE: u32 = 2;

export class Rounds {
  /** Entities in the ring, rounds in each window, and rounds before the first. */
  static entities: u32 = 0;
  static count: u32 = 0;
  static warmUp: u32 = 0;

  /** Reads the arguments entities=… rounds=… and warm-up=…. */
  static begin(): void {
    Rounds.entities = numberArgument("entities");
    Rounds.count = numberArgument("rounds");
    Rounds.warmUp = numberArgument("warm-up");
  }

  /** The rounds to warm up are over: the window opens. */
  static open(): void {
    Window.open(WITH_SWITCHES);
  }

  /** The rounds are over; measures the work alone. @param array the first entity's working set */
  static close(array: u32): void {
    const count = Rounds.count;
    Window.close(count * Rounds.entities);
    Window.open(WORK_ALONE);
    for (let i: u32 = 0; i < count; i++) WorkingSet.use(array);
    Window.close(count);
  }
}
