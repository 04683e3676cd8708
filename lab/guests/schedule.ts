/** When the measured calls begin and end: some calls to warm up, then a window of a given number of calls. */
import { numberArgument } from "./arguments";
import { Window } from "./marks";

/** Calls until the window next opens or closes. */
let left: u32 = 0;
let measured: u32 = 0;
let isOpen: bool = false;
let isOver: bool = false;

export class Schedule {
  /** Reads the arguments warm-up=… and operations=…. */
  static begin(): void {
    left = numberArgument("warm-up");
    measured = numberArgument("operations");
  }

  /** Notes that one more call was answered rightly; false when that was enough. */
  @inline static goesOn(): bool {
    return --left == 0 ? passEdge() : true;
  }
}

/** Opens the window when the warm-up is over, and closes it after the measured calls; false from then on. */
function passEdge(): bool {
  if (!isOpen) {
    isOpen = true;
    left = measured;
    Window.open();
    return true;
  }
  if (!isOver) Window.close(measured);
  isOver = true;
  // the next call is at the edge again
  left = 1;
  return false;
}
