/** Repeatable randomness: xorshift32. */
export class Random {
  private state: u32;

  constructor(seed: u32) {
    // neighbouring seeds give unrelated sequences
    this.state = (seed + 1) * 0x9e37_79b9;
    if (this.state == 0) this.state = 1;
    this.below(1);
    this.below(1);
  }

  /** A number from 0 to limit - 1. */
  below(limit: u32): u32 {
    let state = this.state;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    this.state = state;
    return state % limit;
  }
}
