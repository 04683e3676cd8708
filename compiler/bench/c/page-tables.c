// Mapping and unmapping frames, as ../guest/page-tables.ts.
#include "layout.h"

enum {
  PTE_VALID = 1,
  PTE_READ = 2,
  PTE_WRITE = 4,
  PTE_EXECUTE = 8,
  PTE_USER = 16,
  PTE_ACCESSED = 64,
  PTE_DIRTY = 128
};
static uint64_t *entry;
static uint32_t entry_bits;

static void flush(uint64_t address) { asm volatile("sfence.vma %0, zero" ::"r"(address) : "memory"); }

static void lookup_entry(uint64_t *root, uint64_t address) {
  uint32_t level = 2;
  entry_bits = 30;
  entry = root + ((address >> 30) & 511);
  while (true) {
    uint64_t value = *entry;
    if ((value & 15) != PTE_VALID || level == 0) return;
    level--;
    entry_bits -= 9;
    uint64_t *table = (uint64_t *)((value >> 10) << 12);
    entry = table + ((address >> entry_bits) & 511);
  }
}

static uint32_t frame_bits(uint32_t size) { return size == 0 ? 12 : size == 1 ? 21 : 30; }

uint32_t mapFrame(uint64_t *root, uint64_t address, uint64_t frame, uint32_t size, uint64_t rights,
                  bool executable) {
  if (address >= 0x4000000000ull) return 1;
  uint32_t bits = frame_bits(size);
  if (address & ((1ull << bits) - 1)) return 2;
  lookup_entry(root, address);
  if (entry_bits != bits) return 3;
  uint64_t old = *entry;
  if (old & PTE_VALID && old >> 10 != frame >> 12) return 4;
  uint64_t value = ((frame >> 12) << 10) | PTE_VALID | PTE_USER | PTE_ACCESSED;
  if (rights & 1) value |= PTE_READ;
  if (rights & 2) value |= PTE_READ | PTE_WRITE | PTE_DIRTY;
  if (executable) value |= PTE_EXECUTE;
  *entry = value;
  flush(address);
  return 0;
}

uint32_t unmapFrame(uint64_t *root, uint64_t address, uint64_t frame, uint32_t size) {
  lookup_entry(root, address);
  if (entry_bits != frame_bits(size)) return 3;
  uint64_t value = *entry;
  bool is_leaf = (value & (PTE_READ | PTE_WRITE | PTE_EXECUTE)) != 0;
  if (!(value & PTE_VALID) || !is_leaf || value >> 10 != frame >> 12) return 5;
  *entry = 0;
  flush(address);
  return 0;
}
