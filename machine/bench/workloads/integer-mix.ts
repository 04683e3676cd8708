// Small kernels of the kind embedded programs are made of: a linked list that is searched and sorted, a matrix product, a
// state machine over text, and a checksum that binds them together.

/** Placed behind the program; 64 KiB are used. */
const ARENA: usize = 0x81000000;
const NODES = 64;
const LIST = ARENA;
const MATRIX_SIZE = 12;
const MATRIX_A = ARENA + 0x1000;
const MATRIX_B = ARENA + 0x2000;
const MATRIX_C = ARENA + 0x3000;
const TEXT = ARENA + 0x4000;
const TEXT_LENGTH = 256;

// A list node: 12 bytes, address 0 is no node.
const NODE_SIZE = 12;
const KEY = 4;
const VALUE = 8;

function nextOf(node: usize): usize {
  return load<usize>(node);
}

function keyOf(node: usize): i32 {
  return load<i32>(node, KEY);
}

function checksum(sum: u32, value: u32): u32 {
  for (let bit = 0; bit < 16; bit++) {
    sum = (sum >> 1) ^ (((sum ^ value) & 1) !== 0 ? <u32>0xa001 : <u32>0);
    value >>= 1;
  }
  return sum;
}

function makeList(seed: u32): usize {
  for (let index = 0; index < NODES; index++) {
    const node = LIST + <usize>(index * NODE_SIZE);
    seed = seed * 1664525 + 1013904223;
    store<i32>(node, <i32>(seed >> 20), KEY);
    store<i32>(node, index, VALUE);
    store<usize>(node, index + 1 < NODES ? node + NODE_SIZE : 0);
  }
  return LIST;
}

/** Merge sort of a linked list, bottom up. */
function sortList(list: usize): usize {
  let head = list;
  for (let width = 1; width < NODES; width *= 2) {
    let from = head;
    let tail: usize = 0;
    while (from !== 0) {
      let left = from;
      let leftSize = 0;
      let right = from;
      while (right !== 0 && leftSize < width) {
        leftSize++;
        right = nextOf(right);
      }
      let rightSize = width;
      while (leftSize > 0 || (rightSize > 0 && right !== 0)) {
        let taken = left;
        if (leftSize > 0 && (rightSize === 0 || right === 0 || keyOf(left) <= keyOf(right))) {
          left = nextOf(left);
          leftSize--;
        } else {
          taken = right;
          right = nextOf(right);
          rightSize--;
        }
        if (tail !== 0) store<usize>(tail, taken);
        else head = taken;
        tail = taken;
      }
      from = right;
    }
    store<usize>(tail, 0);
  }
  return head;
}

function find(list: usize, key: i32): i32 {
  for (let node = list; node !== 0; node = nextOf(node))
    if (keyOf(node) >= key) return load<i32>(node, VALUE);
  return -1;
}

function multiplyMatrices(seed: u32): u32 {
  for (let index = 0; index < MATRIX_SIZE * MATRIX_SIZE; index++) {
    store<i32>(MATRIX_A + <usize>index * 4, <i32>(seed >> 3) + index);
    store<i16>(MATRIX_B + <usize>index * 2, <i16>(seed * <u32>index));
  }
  let sum: u32 = 0;
  for (let row = 0; row < MATRIX_SIZE; row++)
    for (let column = 0; column < MATRIX_SIZE; column++) {
      let product = 0;
      for (let inner = 0; inner < MATRIX_SIZE; inner++)
        product +=
          load<i32>(MATRIX_A + <usize>(row * MATRIX_SIZE + inner) * 4) *
          load<i16>(MATRIX_B + <usize>(inner * MATRIX_SIZE + column) * 2);
      store<i32>(MATRIX_C + <usize>(row * MATRIX_SIZE + column) * 4, product);
      sum = sum * 31 + <u32>product;
    }
  return sum;
}

function makeText(seed: u32): void {
  for (let index = 0; index < TEXT_LENGTH; index++) {
    seed = seed * 1664525 + 1013904223;
    const choice = (seed >> 24) & 15;
    store<u8>(
      TEXT + <usize>index,
      choice < 10 ? 0x30 + choice : choice === 10 ? 0x2d : choice === 11 ? 0x2e : 0x2c,
    );
  }
}

/** Counts integers, fractions and mistakes in a comma-separated text. */
function scanText(): u32 {
  let state = 0;
  let integers: u32 = 0;
  let fractions: u32 = 0;
  let mistakes: u32 = 0;
  for (let index = 0; index < TEXT_LENGTH; index++) {
    const character: u32 = load<u8>(TEXT + <usize>index);
    const digit = character - 0x30 < 10;
    if (character === 0x2c) {
      if (state === 2) integers++;
      else if (state === 3) fractions++;
      else mistakes++;
      state = 0;
      continue;
    }
    switch (state) {
      case 0:
        state = digit ? 2 : character === 0x2d ? 1 : 4;
        break;
      case 1:
        state = digit ? 2 : 4;
        break;
      case 2:
        state = digit ? 2 : character === 0x2e ? 3 : 4;
        break;
      case 3:
        state = digit ? 3 : 4;
        break;
    }
  }
  return (integers << 20) | (fractions << 10) | mistakes;
}

/** @returns a checksum over everything computed in `rounds` rounds */
export function run(rounds: u32): u32 {
  let sum: u32 = 0;
  for (let round: u32 = 0; round < rounds; round++) {
    let list = makeList(round);
    list = sortList(list);
    for (let key = 0; key < 4096; key += 256) sum = checksum(sum, <u32>find(list, key));
    sum = checksum(sum, multiplyMatrices(round));
    makeText(round);
    sum = checksum(sum, scanText());
  }
  return sum;
}
