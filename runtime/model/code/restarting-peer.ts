/** A peer that is ended now and then and started again, as the root server does it: the start-info page first. */
import {
  CHANNEL_PEER_GENERATION_AT,
  CHANNEL_PRESENT_AT,
  NEWS_BADGE,
  PEER_ENDED,
  PEER_RUNS,
} from "../../../abi/src/start-info";
import { type Channel, channelRecord } from "./layout";
import type { Peer, Program } from "./program";
import type { Random } from "./random";

/** One step in so many ends it; it is away for up to so many. */
const LIFETIME = 200;
const LONGEST_ABSENCE = 60;

export class RestartingPeer implements Peer {
  /** How often it has ended. */
  ends = 0;
  /** How often it has been started. */
  private generation = 1;
  private peer: Peer | undefined;
  /** Steps until it comes back. */
  private absence = 0;

  constructor(
    private readonly program: Program,
    private readonly random: Random,
    readonly channel: Channel,
    private restarts: number,
    /** Makes it anew, for the given time. */
    private readonly start: (generation: number) => Peer,
  ) {
    this.peer = start(this.generation);
  }

  get isDone(): boolean {
    return this.peer !== undefined && this.peer.isDone;
  }

  wake(): void {
    this.peer?.wake();
  }

  step(): boolean {
    if (this.peer && this.restarts > 0 && this.random.oneIn(LIFETIME)) this.end();
    else if (this.peer) return this.peer.step();
    else if (this.absence-- === 0) {
      this.generation += 1;
      this.tell(PEER_RUNS);
      this.peer = this.start(this.generation);
    }
    return true;
  }

  private end(): void {
    this.restarts -= 1;
    this.ends += 1;
    this.peer = undefined;
    this.absence = this.random.below(LONGEST_ABSENCE);
    this.tell(PEER_ENDED);
  }

  private tell(presence: number): void {
    const record = channelRecord(this.channel);
    this.program.memory.setUint32(record + CHANNEL_PEER_GENERATION_AT, this.generation, true);
    this.program.memory.setUint32(record + CHANNEL_PRESENT_AT, presence, true);
    this.program.signalBadge(BigInt(NEWS_BADGE));
  }
}
