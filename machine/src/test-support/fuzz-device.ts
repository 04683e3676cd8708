// Hostile firmware: random loads and stores of any width and alignment all over a device.
import { BusError, type Device } from "../device";
import { Random } from "./random";

/**
 * Makes `rounds` random accesses. A device may refuse with BusError and must answer reads with an unsigned value that
 * fits the width; anything else is reported with the seed.
 * @param interesting offsets of registers, hit more often than the rest
 * @param between called after every access, for a clock that moves or a line that changes
 */
export function fuzzDevice(
  device: Device,
  {
    seed,
    rounds,
    interesting,
    between,
  }: { seed: number; rounds: number; interesting: number[]; between?: (random: Random) => void },
): void {
  const random = new Random(seed);
  for (let round = 0; round < rounds; round++) {
    const bytes = random.pick([1, 2, 4, 8]);
    const near = random.pick(interesting) + (random.chance(4) ? random.below(9) : 0);
    const offset = Math.min(random.chance(4) ? random.below(device.size) : near, device.size - bytes);
    const where = `seed ${seed}, round ${round}, ${bytes} bytes at 0x${offset.toString(16)} of ${device.name}`;
    try {
      if (random.chance(2)) device.write(offset, bytes, BigInt.asUintN(bytes * 8, random.bits64()));
      else {
        const value = device.read(offset, bytes);
        if (value !== BigInt.asUintN(bytes * 8, value))
          throw new Error(`read 0x${value.toString(16)}, which does not fit`);
      }
    } catch (error) {
      if (!(error instanceof BusError)) throw new Error(where, { cause: error });
    }
    between?.(random);
  }
}
