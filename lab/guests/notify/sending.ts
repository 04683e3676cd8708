/** The sender's rounds: wait until the receiver is as wanted, then send once. */
import { SignalTo } from "rel4";
import { numberArgument } from "../arguments";
import { spin } from "./pace";
import { PROGRAM_SENDER } from "./stage-protocol";
import { Stages } from "./stages";

export class Rounds {
  private left: u32;
  private readonly pause: u32;
  private readonly hasCompetitor: bool;
  private readonly lead: u32;

  /** Reads the arguments operations=… pause=… and lead=… (0: nobody competes with the receiver). */
  constructor() {
    Stages.announce(PROGRAM_SENDER);
    this.left = numberArgument("operations");
    this.pause = numberArgument("pause");
    this.lead = numberArgument("lead");
    this.hasCompetitor = this.lead != 0;
  }

  /** Waits until it is time to send; false when all rounds are over. */
  next(): bool {
    spin(this.pause);
    if (this.left == 0) return false;
    this.left -= 1;
    if (this.hasCompetitor) {
      SignalTo.named("competitor").signal();
      spin(this.lead);
    }
    return true;
  }
}
