// Memory much larger than any cache or translation buffer: numbers are put into a hash table, then sorted by radix.

/** Placed behind the program; 20 MiB are used. */
const ARENA: usize = 0x81000000;
const COUNT: u32 = 1 << 18;
const KEYS = ARENA;
const SPARE = ARENA + (1 << 20);
const TABLE = ARENA + (4 << 20);
/** Slots of 16 bytes: key, count, and room to spread them. */
const SLOTS: u32 = 1 << 20;

function fill(seed: u32): void {
  for (let index: u32 = 0; index < COUNT; index++) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    store<u32>(KEYS + ((<usize>index) << 2), seed | 1);
  }
}

function countDistinct(): u32 {
  memory.fill(TABLE, 0, (<usize>SLOTS) << 4);
  let distinct: u32 = 0;
  for (let index: u32 = 0; index < COUNT; index++) {
    const key = load<u32>(KEYS + ((<usize>index) << 2));
    let slot = (key * 0x9e3779b1) >> 12;
    for (;;) {
      const address = TABLE + ((<usize>slot) << 4);
      const found = load<u32>(address);
      if (found === 0) {
        store<u32>(address, key);
        distinct++;
      }
      if (found === 0 || found === key) {
        store<u32>(address, load<u32>(address, 4) + 1, 4);
        break;
      }
      slot = (slot + 1) & (SLOTS - 1);
    }
  }
  return distinct;
}

const COUNTERS = ARENA + (3 << 20);

/** Least significant byte first, four passes between two arrays. */
function sortKeys(): void {
  let from = KEYS;
  let to = SPARE;
  for (let shift: u32 = 0; shift < 32; shift += 8) {
    memory.fill(COUNTERS, 0, 1024);
    for (let index: u32 = 0; index < COUNT; index++) {
      const digit = (load<u32>(from + ((<usize>index) << 2)) >> shift) & 255;
      const counter = COUNTERS + ((<usize>digit) << 2);
      store<u32>(counter, load<u32>(counter) + 1);
    }
    let place: u32 = 0;
    for (let digit: u32 = 0; digit < 256; digit++) {
      const counter = COUNTERS + ((<usize>digit) << 2);
      const size = load<u32>(counter);
      store<u32>(counter, place);
      place += size;
    }
    for (let index: u32 = 0; index < COUNT; index++) {
      const key = load<u32>(from + ((<usize>index) << 2));
      const counter = COUNTERS + ((<usize>((key >> shift) & 255)) << 2);
      const position = load<u32>(counter);
      store<u32>(counter, position + 1);
      store<u32>(to + ((<usize>position) << 2), key);
    }
    const swap = from;
    from = to;
    to = swap;
  }
}

/** @returns a checksum over the sorted keys of `rounds` rounds */
export function run(rounds: u32): u32 {
  let sum: u32 = 0;
  for (let round: u32 = 0; round < rounds; round++) {
    fill(round + 1);
    sum = sum * 31 + countDistinct();
    sortKeys();
    for (let index: u32 = 0; index < COUNT; index += 97)
      sum = sum * 31 + load<u32>(KEYS + ((<usize>index) << 2));
  }
  return sum;
}
