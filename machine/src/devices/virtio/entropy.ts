// Entropy source. (VIRTIO 1.2, section 5.4.) By default its bytes depend on the machine's seed only, so that runs can be
// repeated; the host's own randomness is there for who wants it.
import type { VirtioDevice, VirtioFactory, VirtioPort } from "./device";
import { QueueError } from "./queue";

const DEVICE_TYPE = 4;
/** Most bytes given for one buffer; a driver that wants more asks again. (Also what crypto.getRandomValues gives at once.) */
const MOST_BYTES = 65_536;

/** Fills an array with random bytes. */
export type EntropySource = (target: Uint8Array) => void;

/** The host's randomness: runs cannot be repeated. */
export const hostEntropy: EntropySource = (target) => {
  crypto.getRandomValues(target);
};

/** An entropy source for a slot of the board: of bytes that follow from the machine's seed and the slot, or from `source`. */
export function virtioEntropy({ source }: { source?: EntropySource } = {}): VirtioFactory {
  return (port) => new EntropyDevice(port, source ?? seededEntropy(port.seed));
}

class EntropyDevice implements VirtioDevice {
  readonly name = "virtio-rng";
  readonly type = DEVICE_TYPE;
  readonly features = 0n;
  readonly queueCount = 1;
  readonly configuration = new Uint8Array();

  constructor(
    private readonly port: VirtioPort,
    private readonly fill: EntropySource,
  ) {}

  notified(): void {
    const queue = this.port.queue(0);
    for (let chain = queue.take(); chain; chain = queue.take()) {
      if (chain.writable.length === 0) throw new QueueError("queue 0 has a buffer without room for anything");
      const bytes = new Uint8Array(Math.min(chain.writable.length, MOST_BYTES));
      this.fill(bytes);
      queue.use(chain, chain.writable.write(bytes));
    }
  }
}

/** Bytes that follow from a seed: the generator xoshiro128**, its state filled by SplitMix32. */
export function seededEntropy(seed: number): EntropySource {
  const state = new Uint32Array(4);
  let counter = seed | 0;
  for (let index = 0; index < 4; index++) {
    counter = (counter + 0x9e37_79b9) | 0;
    let word = Math.imul(counter ^ (counter >>> 16), 0x21f0_aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a_2d97);
    state[index] = word ^ (word >>> 15);
  }
  const rotate = (word: number, by: number) => (word << by) | (word >>> (32 - by));
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(state[1]!, 5), 7), 9);
    const shifted = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = rotate(state[3]!, 11);
    return result;
  };
  return (target) => {
    for (let index = 0; index < target.length; index++) target[index] = next() >>> 24;
  };
}
