/** A server that is ended now and then and started again, as the root server does it: the start-info page first. */
import {
  CHANNEL_PEER_GENERATION_AT,
  CHANNEL_PRESENT_AT,
  NEWS_BADGE,
  PEER_ENDED,
  PEER_RUNS,
} from "../../../abi/src/start-info";
import { HonestServer } from "./honest-peer";
import { type Channel, channelRecord } from "./layout";
import type { Peer, Program } from "./program";
import type { Random } from "./random";

/** One step in so many ends it; it is away for up to so many. */
const LIFETIME = 200;
const LONGEST_ABSENCE = 60;

export class RestartingServer implements Peer {
  readonly isDone = true;
  readonly expected = new Set<string>();
  /** How often it has ended. */
  ends = 0;
  /** How often it has been started. */
  private generation = 1;
  private server: HonestServer | undefined;
  /** Steps until it comes back. */
  private absence = 0;

  constructor(
    private readonly program: Program,
    private readonly random: Random,
    readonly channel: Channel,
    private readonly takesInterrupts: boolean,
    private restarts: number,
  ) {
    this.server = this.start();
  }

  wake(): void {
    this.server?.wake();
  }

  step(): boolean {
    if (this.server && this.restarts > 0 && this.random.oneIn(LIFETIME)) this.end();
    else if (this.server) return this.server.step();
    else if (this.absence-- === 0) {
      this.generation += 1;
      this.tell(PEER_RUNS);
      this.server = this.start();
    }
    return true;
  }

  private start(): HonestServer {
    const { program, random, channel, takesInterrupts, expected, generation } = this;
    return new HonestServer(program, random, channel, takesInterrupts, expected, generation);
  }

  private end(): void {
    this.restarts -= 1;
    this.ends += 1;
    this.server = undefined;
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
