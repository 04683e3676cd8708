// Compute kernels of other kinds: arithmetic in loops, sorting, hashing, decompression, recursion and table lookups.

/** Fills `count` words with pseudo-random numbers (xorshift32). */
export function fillRandom(address: u32, count: u32, seed: u32): void {
  let x = seed;
  for (let i: u32 = 0; i < count; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    store<u32>(address + (i << 2), x);
  }
}

/** product = left × right, square matrices of i32, rows of `size` words. */
export function multiplyMatrices(product: u32, left: u32, right: u32, size: u32): void {
  for (let row: u32 = 0; row < size; row++) {
    for (let column: u32 = 0; column < size; column++) {
      let sum: i32 = 0;
      for (let k: u32 = 0; k < size; k++) {
        sum += load<i32>(left + ((row * size + k) << 2)) * load<i32>(right + ((k * size + column) << 2));
      }
      store<i32>(product + ((row * size + column) << 2), sum);
    }
  }
}

/** Sorts words low…high (inclusive indices) in place. */
export function quicksort(array: u32, low: i32, high: i32): void {
  let from = low;
  while (from < high) {
    const pivot = load<i32>(array + (((from + high) >> 1) << 2));
    let i = from;
    let j = high;
    while (i <= j) {
      while (load<i32>(array + (i << 2)) < pivot) i++;
      while (load<i32>(array + (j << 2)) > pivot) j--;
      if (i > j) break;
      const swapped = load<i32>(array + (i << 2));
      store<i32>(array + (i << 2), load<i32>(array + (j << 2)));
      store<i32>(array + (j << 2), swapped);
      i++;
      j--;
    }
    quicksort(array, from, j);
    from = i;
  }
}

const TABLE_BITS: u32 = 8;
const TABLE_SIZE: u32 = 256;

function hashWord(text: u32, length: u32): u32 {
  let hash: u32 = 2166136261;
  for (let i: u32 = 0; i < length; i++) hash = (hash ^ <u32>load<u8>(text + i)) * 16777619;
  return hash;
}

function isSameWord(a: u32, b: u32, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    if (load<u8>(a + i) != load<u8>(b + i)) return false;
  }
  return true;
}

/** Counts a word in an open-addressing table of {address, length, count} (16 bytes an entry). */
function countWord(table: u32, text: u32, length: u32): u32 {
  const hash = hashWord(text, length);
  let index = (hash ^ (hash >> TABLE_BITS)) & (TABLE_SIZE - 1);
  while (true) {
    const entry = table + (index << 4);
    const known = load<u32>(entry);
    if (known == 0) {
      store<u32>(entry, text);
      store<u32>(entry, length, 4);
      store<u32>(entry, 1, 8);
      return 1;
    }
    if (load<u32>(entry, 4) == length && isSameWord(known, text, length)) {
      store<u32>(entry, load<u32>(entry, 8) + 1, 8);
      return 0;
    }
    index = (index + 1) & (TABLE_SIZE - 1);
  }
}

/** Writes words of one to four letters, separated by spaces. */
export function fillText(text: u32, length: u32, seed: u32): void {
  let x = seed;
  for (let i: u32 = 0; i < length; i++) {
    x = x * 1103515245 + 12345;
    const letter: u32 = (x >> 16) & 7;
    const character: u32 = letter < 2 ? 32 : 97 + (letter & 3);
    store<u8>(text + i, <u8>character);
  }
}

/** Number of different words in a text; the table's entries get their counts. */
export function countWords(table: u32, text: u32, length: u32): u32 {
  let different: u32 = 0;
  let start: u32 = 0;
  for (let i: u32 = 0; i <= length; i++) {
    if (i < length && load<u8>(text + i) != 32) continue;
    if (i > start && i - start <= 4) different += countWord(table, text + start, i - start);
    start = i + 1;
  }
  return different;
}

/** Makes a stream that {@link decompress} understands: alternately literals and matches. */
export function fillCompressed(stream: u32, tokens: u32, seed: u32): void {
  let x = seed;
  let at = stream;
  for (let i: u32 = 0; i < tokens; i++) {
    x = x * 1103515245 + 12345;
    const literals: u32 = 1 + ((x >> 16) & 7);
    const match: u32 = 4 + ((x >> 20) & 15);
    store<u8>(at++, <u8>((literals << 4) | (match - 4)));
    for (let k: u32 = 0; k < literals; k++) store<u8>(at++, <u8>(x >> k));
    store<u8>(at++, <u8>(1 + ((x >> 8) & 7)));
  }
}

/** Decompresses LZ-style tokens (literal count << 4 | match length − 4, literals, distance); returns the length. */
export function decompress(output: u32, stream: u32, tokens: u32): u32 {
  let to = output;
  let from = stream;
  for (let i: u32 = 0; i < tokens; i++) {
    const token = <u32>load<u8>(from++);
    for (let literals = token >> 4; literals != 0; literals--) store<u8>(to++, load<u8>(from++));
    let source = to - <u32>load<u8>(from++);
    if (source < output) source = output;
    for (let match = (token & 15) + 4; match != 0; match--) store<u8>(to++, load<u8>(source++));
  }
  return to - output;
}

/** Ways to put queens on the free columns so that none attacks another. */
export function placeQueens(all: u32, columns: u32, left: u32, right: u32): u32 {
  if (columns == all) return 1;
  let count: u32 = 0;
  let free = all & ~(columns | left | right);
  while (free != 0) {
    const queen = free & (0 - free);
    free ^= queen;
    count += placeQueens(all, columns | queen, (left | queen) << 1, (right | queen) >> 1);
  }
  return count;
}

const CIPHER_ROUNDS: u32 = 10;

/** AES-like rounds over one 16-byte block: four table lookups a word, at tables + 1024 × byte number. */
export function encryptBlock(block: u32, tables: u32, keys: u32): void {
  let a = load<u32>(block);
  let b = load<u32>(block, 4);
  let c = load<u32>(block, 8);
  let d = load<u32>(block, 12);
  for (let round: u32 = 0; round < CIPHER_ROUNDS; round++) {
    const key = keys + (round << 4);
    const e = mix(tables, a, b, c, d) ^ load<u32>(key);
    const f = mix(tables, b, c, d, a) ^ load<u32>(key, 4);
    const g = mix(tables, c, d, a, b) ^ load<u32>(key, 8);
    d = mix(tables, d, a, b, c) ^ load<u32>(key, 12);
    a = e;
    b = f;
    c = g;
  }
  store<u32>(block, a);
  store<u32>(block, b, 4);
  store<u32>(block, c, 8);
  store<u32>(block, d, 12);
}

function mix(tables: u32, a: u32, b: u32, c: u32, d: u32): u32 {
  return (
    load<u32>(tables + ((a & 255) << 2)) ^
    load<u32>(tables + (((b >> 8) & 255) << 2), 1024) ^
    load<u32>(tables + (((c >> 16) & 255) << 2), 2048) ^
    load<u32>(tables + ((d >> 24) << 2), 3072)
  );
}

/** Encrypts `count` blocks in place. */
export function encrypt(blocks: u32, count: u32, tables: u32, keys: u32): void {
  for (let i: u32 = 0; i < count; i++) encryptBlock(blocks + (i << 4), tables, keys);
}
