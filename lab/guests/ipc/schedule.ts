/** When the measured calls begin and end: some calls to warm up, then a window of a given number of calls. */
import { numberArgument } from "../arguments";
import { Window } from "../marks";

export class Schedule {
  private static completed: u32 = 0;
  private static first: u32 = 0;
  private static measured: u32 = 0;
  private static last: u32 = 0;
  /** Whether all measured calls are done. */
  static isOver: bool = false;

  /** Reads the arguments warm-up=… and operations=…. */
  static begin(): void {
    Schedule.first = numberArgument("warm-up");
    Schedule.measured = numberArgument("operations");
    Schedule.last = Schedule.first + Schedule.measured;
  }

  /** Notes that one more call was answered rightly. */
  @inline static note(): void {
    const completed = ++Schedule.completed;
    if (completed == Schedule.first) Window.open();
    else if (completed == Schedule.last) Schedule.finish();
  }

  private static finish(): void {
    Window.close(Schedule.measured);
    Schedule.isOver = true;
  }
}
