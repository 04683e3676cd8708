/** A program at the other end of a channel that keeps no rule: it writes anything anywhere in the buffer, at any time. */
import {
  CALL_ITEM_BYTES,
  ITEM_INFO_AT,
  RING_CONTROL_BYTES,
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_TAIL_AT,
} from "../../../abi/src/ring";
import { type Channel, PLACES, RING } from "./layout";
import type { Peer, Program } from "./program";
import type { Random } from "./random";

export class HostilePeer implements Peer {
  readonly isDone = true;

  /** @param ids of coroutines that wait for others, which it tries to guess */
  constructor(
    private readonly program: Program,
    private readonly random: Random,
    readonly channel: Channel,
    private readonly ids: () => readonly number[],
  ) {}

  wake(): void {}

  step(): boolean {
    const { random } = this;
    switch (random.below(6)) {
      case 0:
        this.writeIndex();
        break;
      case 1:
        this.writeItem();
        break;
      case 2:
        this.writeControl();
        break;
      case 3:
        this.write64(this.channel.requests + 8 * random.below((3 * RING) / 8), random.word());
        break;
      case 4:
        this.program.signal(this.channel);
        break;
      default:
        this.program.interrupt(this.channel);
    }
    return true;
  }

  /** An index that makes the program look: in the ring, between items, or far outside. */
  private writeIndex(): void {
    const at = this.channel.isService ? RING_REQUEST_TAIL_AT : RING_RESPONSE_TAIL_AT;
    const inside = CALL_ITEM_BYTES * this.random.below(PLACES);
    const choices = [
      inside,
      inside,
      inside + 4,
      RING,
      RING + inside,
      this.random.below(2 ** 32),
      2 ** 32 - 64,
    ];
    this.write32(this.channel.control + at, this.random.pick(choices));
  }

  /** Something that looks like a request, or like a response to a call of somebody else's. */
  private writeItem(): void {
    const ring = this.channel.isService ? this.channel.requests : this.channel.responses;
    const item = ring + CALL_ITEM_BYTES * this.random.below(PLACES);
    const ids = this.ids();
    const id = ids.length > 0 && !this.random.oneIn(3) ? this.random.pick(ids) : this.random.below(2 ** 32);
    this.write32(item, id);
    const info = this.random.pick([0, 1, 2, 3, 64, 2 ** 31, 2 ** 32 - 1, this.random.below(2 ** 32)]);
    this.write32(item + ITEM_INFO_AT, info);
  }

  private writeControl(): void {
    const value = this.random.pick([0, 1, 2, 3, 2 ** 32 - 1, this.random.below(2 ** 32)]);
    this.write32(this.channel.control + 4 * this.random.below(RING_CONTROL_BYTES / 4), value);
  }

  private write32(address: number, value: number): void {
    this.program.memory.setUint32(address, value, true);
  }

  private write64(address: number, value: bigint): void {
    this.program.memory.setBigUint64(address, value, true);
  }
}
