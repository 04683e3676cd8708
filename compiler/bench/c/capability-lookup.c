// Walking CNodes, as ../guest/capability-lookup.ts.
#include "layout.h"

static slot_t *found_slot;
static uint64_t remaining_bits;

slot_t *lookupResult(void) { return found_slot; }

static slot_t *cnode_slots(uint64_t word1) { return (slot_t *)((word1 & ADDRESS_MASK) << 1); }

uint32_t resolveAddress(slot_t *root, uint64_t address, uint64_t depth) {
  uint64_t word0 = root->word0, word1 = root->word1;
  if (word1 >> 59 != CAP_CNODE) return 1;
  while (true) {
    uint64_t radix = (word1 >> 47) & 63, guard_size = (word1 >> 53) & 63;
    uint64_t level_bits = radix + guard_size;
    uint64_t guard = (address >> ((depth - guard_size) & 63)) & ((1ull << guard_size) - 1);
    if (guard_size > depth || guard != word0) return 2;
    if (level_bits > depth) return 3;
    uint64_t index = (address >> (depth - level_bits)) & ((1ull << radix) - 1);
    slot_t *slot = cnode_slots(word1) + index;
    if (depth == level_bits) {
      found_slot = slot;
      remaining_bits = 0;
      return 0;
    }
    depth -= level_bits;
    word0 = slot->word0;
    word1 = slot->word1;
    if (word1 >> 59 != CAP_CNODE) {
      found_slot = slot;
      remaining_bits = depth;
      return 0;
    }
  }
}

INLINE slot_t *lookup_fast(slot_t *root, uint64_t address) {
  uint64_t word0 = root->word0, word1 = root->word1, bits = 0;
  if (word1 >> 59 != CAP_CNODE) return NULL;
  slot_t *slot = NULL;
  do {
    uint64_t guard_size = (word1 >> 53) & 63, radix = (word1 >> 47) & 63;
    uint64_t shifted = address << bits;
    uint64_t guard = shifted >> ((64 - guard_size) & 63);
    if (guard_size != 0 && guard != word0) return NULL;
    uint64_t index = (shifted << guard_size) >> (64 - radix);
    slot = cnode_slots(word1) + index;
    word0 = slot->word0;
    word1 = slot->word1;
    bits += guard_size + radix;
  } while (bits < 64 && word1 >> 59 == CAP_CNODE);
  return bits > 64 ? NULL : slot;
}
