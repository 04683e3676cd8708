// The capability derivation list, as ../guest/derivation.ts.
#include "layout.h"

void insert(uint64_t word0, uint64_t word1, slot_t *source, slot_t *destination) {
  bool is_badged = word1 >> 59 == CAP_ENDPOINT && word0 != source->word0;
  uint64_t flags = is_badged || word1 >> 59 == CAP_UNTYPED ? 3 : 0;
  uint64_t next = source->next & ~3ull;
  destination->word0 = word0;
  destination->word1 = word1;
  destination->previous = (uint64_t)source;
  destination->next = next | flags;
  source->next = (source->next & 3) | (uint64_t)destination;
  if (next) ((slot_t *)next)->previous = (uint64_t)destination;
}

static void remove_slot(slot_t *slot) {
  slot_t *previous = (slot_t *)slot->previous, *next = (slot_t *)(slot->next & ~3ull);
  if (previous) previous->next = (previous->next & 3) | (uint64_t)next;
  if (next) next->previous = (uint64_t)previous;
  slot->word0 = 0;
  slot->word1 = 0;
  slot->previous = 0;
  slot->next = 0;
}

static bool is_same_region(slot_t *parent, slot_t *child) {
  uint64_t type = parent->word1 >> 59;
  if (type == CAP_UNTYPED) {
    uint64_t base = parent->word1 & ADDRESS_MASK;
    uint64_t top = base + (1ull << (parent->word0 & 63)) - 1;
    uint64_t object = child->word1 & ADDRESS_MASK;
    return base <= object && object <= top;
  }
  if (type != child->word1 >> 59) return false;
  return (parent->word1 & ADDRESS_MASK) == (child->word1 & ADDRESS_MASK);
}

uint32_t revoke(slot_t *slot) {
  uint32_t count = 0;
  slot_t *child = (slot_t *)(slot->next & ~3ull);
  while (child) {
    if (!((slot->next >> 1) & 1) || !is_same_region(slot, child)) break;
    remove_slot(child);
    count++;
    child = (slot_t *)(slot->next & ~3ull);
  }
  return count;
}
