/** When the measured calls begin and end: some calls to warm up, then a window of a given number of calls. */
import { numberArgument } from "./arguments";
import { Window } from "./marks";

/** Calls answered so far, and how many will be when the window next opens or closes. */
let answered: u32 = 0;
let edge: u32 = 0;
let measured: u32 = 0;
let isOpen: bool = false;

export class Schedule {
  /** Reads the arguments warm-up=… and operations=…. */
  static begin(): void {
    edge = numberArgument("warm-up");
    measured = numberArgument("operations");
  }

  /** Notes that one more call was answered rightly; false when that was enough. */
  @inline static goesOn(): bool {
    return ++answered < edge || passEdge();
  }
}

/** Opens the window when the warm-up is over, and closes it after the measured calls. */
function passEdge(): bool {
  if (isOpen) {
    if (answered == edge) Window.close(measured);
    return false;
  }
  isOpen = true;
  edge += measured;
  Window.open();
  return true;
}
