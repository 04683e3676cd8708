// Compute kernels of other kinds, as ../guest/compute.ts.
#include "layout.h"

void fillRandom(uint32_t *address, uint32_t count, uint32_t seed) {
  uint32_t x = seed;
  for (uint32_t i = 0; i < count; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    address[i] = x;
  }
}

// Sums wrap around, as they do in the guest: hence unsigned arithmetic.
void multiplyMatrices(uint32_t *product, const uint32_t *left, const uint32_t *right, uint32_t size) {
  for (uint32_t row = 0; row < size; row++) {
    for (uint32_t column = 0; column < size; column++) {
      uint32_t sum = 0;
      for (uint32_t k = 0; k < size; k++) sum += left[row * size + k] * right[k * size + column];
      product[row * size + column] = sum;
    }
  }
}

void quicksort(int32_t *array, int32_t low, int32_t high) {
  int32_t from = low;
  while (from < high) {
    int32_t pivot = array[(from + high) >> 1];
    int32_t i = from, j = high;
    while (i <= j) {
      while (array[i] < pivot) i++;
      while (array[j] > pivot) j--;
      if (i > j) break;
      int32_t swapped = array[i];
      array[i] = array[j];
      array[j] = swapped;
      i++;
      j--;
    }
    quicksort(array, from, j);
    from = i;
  }
}

enum { TABLE_BITS = 8, TABLE_SIZE = 256 };
typedef struct {
  uint32_t text, length, count, unused;
} entry_t;

static uint32_t hash_word(const uint8_t *text, uint32_t length) {
  uint32_t hash = 2166136261u;
  for (uint32_t i = 0; i < length; i++) hash = (hash ^ text[i]) * 16777619;
  return hash;
}

static bool is_same_word(const uint8_t *a, const uint8_t *b, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

static uint32_t count_word(entry_t *table, const uint8_t *text, uint32_t length) {
  uint32_t hash = hash_word(text, length);
  uint32_t index = (hash ^ (hash >> TABLE_BITS)) & (TABLE_SIZE - 1);
  while (true) {
    entry_t *entry = &table[index];
    if (entry->text == 0) {
      entry->text = (uint32_t)(uintptr_t)text;
      entry->length = length;
      entry->count = 1;
      return 1;
    }
    if (entry->length == length && is_same_word((const uint8_t *)(uintptr_t)entry->text, text, length)) {
      entry->count++;
      return 0;
    }
    index = (index + 1) & (TABLE_SIZE - 1);
  }
}

void fillText(uint8_t *text, uint32_t length, uint32_t seed) {
  uint32_t x = seed;
  for (uint32_t i = 0; i < length; i++) {
    x = x * 1103515245 + 12345;
    uint32_t letter = (x >> 16) & 7;
    text[i] = (uint8_t)(letter < 2 ? 32 : 97 + (letter & 3));
  }
}

uint32_t countWords(entry_t *table, const uint8_t *text, uint32_t length) {
  uint32_t different = 0, start = 0;
  for (uint32_t i = 0; i <= length; i++) {
    if (i < length && text[i] != 32) continue;
    if (i > start && i - start <= 4) different += count_word(table, text + start, i - start);
    start = i + 1;
  }
  return different;
}

void fillCompressed(uint8_t *stream, uint32_t tokens, uint32_t seed) {
  uint32_t x = seed;
  uint8_t *at = stream;
  for (uint32_t i = 0; i < tokens; i++) {
    x = x * 1103515245 + 12345;
    uint32_t literals = 1 + ((x >> 16) & 7), match = 4 + ((x >> 20) & 15);
    *at++ = (uint8_t)((literals << 4) | (match - 4));
    for (uint32_t k = 0; k < literals; k++) *at++ = (uint8_t)(x >> k);
    *at++ = (uint8_t)(1 + ((x >> 8) & 7));
  }
}

uint32_t decompress(uint8_t *output, const uint8_t *stream, uint32_t tokens) {
  uint8_t *to = output;
  const uint8_t *from = stream;
  for (uint32_t i = 0; i < tokens; i++) {
    uint32_t token = *from++;
    for (uint32_t literals = token >> 4; literals; literals--) *to++ = *from++;
    uint8_t *source = to - *from++;
    if (source < output) source = output;
    for (uint32_t match = (token & 15) + 4; match; match--) *to++ = *source++;
  }
  return (uint32_t)(to - output);
}

uint32_t placeQueens(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint32_t count = 0, free = all & ~(columns | left | right);
  while (free) {
    uint32_t queen = free & (0 - free);
    free ^= queen;
    count += placeQueens(all, columns | queen, (left | queen) << 1, (right | queen) >> 1);
  }
  return count;
}

static inline uint32_t mix(const uint32_t (*tables)[256], uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return tables[0][a & 255] ^ tables[1][(b >> 8) & 255] ^ tables[2][(c >> 16) & 255] ^ tables[3][d >> 24];
}

static void encrypt_block(uint32_t *block, const uint32_t (*tables)[256], const uint32_t *keys) {
  uint32_t a = block[0], b = block[1], c = block[2], d = block[3];
  for (uint32_t round = 0; round < 10; round++) {
    const uint32_t *key = keys + round * 4;
    uint32_t e = mix(tables, a, b, c, d) ^ key[0];
    uint32_t f = mix(tables, b, c, d, a) ^ key[1];
    uint32_t g = mix(tables, c, d, a, b) ^ key[2];
    d = mix(tables, d, a, b, c) ^ key[3];
    a = e;
    b = f;
    c = g;
  }
  block[0] = a;
  block[1] = b;
  block[2] = c;
  block[3] = d;
}

void encrypt(uint32_t *blocks, uint32_t count, const uint32_t (*tables)[256], const uint32_t *keys) {
  for (uint32_t i = 0; i < count; i++) encrypt_block(blocks + i * 4, tables, keys);
}
