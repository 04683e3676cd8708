// Decoding invocations, as ../guest/invocation.ts.
#include "layout.h"

enum {
  WRONG_TYPE = 2,
  IS_CURRENT = 4,
  SLOT_OCCUPIED = 8,
  UNKNOWN_LABEL = 9,
  TRUNCATED = 10,
  INVALID_OBJECT = 11,
  RANGE = 12,
  NOT_ENOUGH_MEMORY = 13,
  REGISTERS = 35
};

static uint64_t object_bits(uint64_t type, uint64_t user_bits) {
  return type == 0   ? user_bits
         : type == 1 ? 10
         : type == 2 ? 4
         : type == 3 ? 5
         : type == 4 ? user_bits + 5
         : type == 5 ? 12
                     : 21;
}

static uint32_t retype(slot_t *untyped, arguments_t *args) {
  uint64_t type = args->a0, count = args->a5;
  if (type > 12 || args->a1 > 47) return INVALID_OBJECT;
  if (count == 0 || count > 256) return RANGE;
  uint64_t bits = object_bits(type, args->a1);
  uint64_t free = (untyped->word0 >> 16) << 4, capacity = 1ull << (untyped->word0 & 63);
  uint64_t mask = (1ull << bits) - 1;
  uint64_t aligned = (free + mask) & ~mask;
  if (aligned > capacity || count > (capacity - aligned) >> bits) return NOT_ENOUGH_MEMORY;
  untyped->word0 = (untyped->word0 & 0xffff) | (((aligned + (count << bits)) >> 4) << 16);
  return 0;
}

static uint32_t read_registers(thread_t *from, thread_t *to, uint32_t count) {
  if (count < 1 || count > REGISTERS) return RANGE;
  for (uint32_t i = 0; i < count; i++) to->ipc_buffer[i + 1] = from->x[i + 1];
  return 0;
}

static uint32_t write_registers(thread_t *to, thread_t *from, uint32_t length, arguments_t *args) {
  uint32_t count = (uint32_t)args->a1;
  if (count > length - 2) return TRUNCATED;
  if (to == current) return IS_CURRENT;
  for (uint32_t i = 0; i < count && i < REGISTERS; i++) to->x[i + 1] = from->ipc_buffer[i + 3];
  if (args->a0 & 1) set_thread_state(to, THREAD_RESTART);
  return 0;
}

static uint32_t set_priority(thread_t *thread, uint32_t priority) {
  if (thread->flags & 1) {
    dequeue(thread);
    thread->priority = priority;
    enqueue(thread);
    reschedule_needed = 1;
  } else {
    thread->priority = priority;
  }
  return 0;
}

static uint32_t copy(slot_t *cnode, arguments_t *args) {
  uint32_t destination_error = resolveAddress(cnode, args->a0, args->a1);
  if (destination_error) return destination_error;
  slot_t *destination = found_slot;
  if (destination->word1 >> 59 != CAP_NULL) return SLOT_OCCUPIED;
  uint32_t source_error = resolveAddress(cnode, args->a2, args->a3);
  if (source_error) return source_error;
  slot_t *source = found_slot;
  insert(source->word0, source->word1, source, destination);
  return 0;
}

static uint32_t reschedule(void) {
  schedule();
  return 0;
}

uint32_t decode(uint32_t label, uint32_t length, slot_t *slot, thread_t *caller, arguments_t *args) {
  uint64_t type = slot->word1 >> 59;
  switch (label) {
    case 1:
      if (length < 6) return TRUNCATED;
      if (type != CAP_UNTYPED) return WRONG_TYPE;
      return retype(slot, args);
    case 2:
      if (length < 2) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      return read_registers(thread_at(slot->word1), caller, (uint32_t)args->a1);
    case 3:
      if (length < 3) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      return write_registers(thread_at(slot->word1), caller, length, args);
    case 4:
      if (length < 4) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      thread_at(slot->word1)->program_counter = args->a2;
      return 0;
    case 5:
      if (length < 1) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      if (args->a0 > caller->maximum_priority) return RANGE;
      thread_at(slot->word1)->maximum_priority = (uint32_t)args->a0;
      return 0;
    case 6:
      if (length < 1) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      if (args->a0 > caller->maximum_priority) return RANGE;
      return set_priority(thread_at(slot->word1), (uint32_t)args->a0);
    case 7:
      if (type != CAP_THREAD) return WRONG_TYPE;
      set_thread_state(thread_at(slot->word1), THREAD_INACTIVE);
      dequeue(thread_at(slot->word1));
      return 0;
    case 8:
      if (type != CAP_THREAD) return WRONG_TYPE;
      set_thread_state(thread_at(slot->word1), THREAD_RESTART);
      append(thread_at(slot->word1));
      return 0;
    case 9:
      if (length < 2) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      thread_slot(thread_at(slot->word1), SLOT_BUFFER)->word0 = args->a1;
      return 0;
    case 10:
      if (length < 1) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      thread_at(slot->word1)->x[REG_TP] = args->a0;
      return 0;
    case 11:
      if (type != CAP_CNODE) return WRONG_TYPE;
      revoke(slot);
      return 0;
    case 12:
      if (type != CAP_CNODE) return WRONG_TYPE;
      remove_slot(slot);
      return 0;
    case 13:
      if (length < 4) return TRUNCATED;
      if (type != CAP_CNODE) return WRONG_TYPE;
      return resolveAddress(slot, args->a0, args->a1);
    case 14:
      if (length < 4) return TRUNCATED;
      if (type != CAP_CNODE) return WRONG_TYPE;
      return copy(slot, args);
    case 15:
      if (length < 5) return TRUNCATED;
      if (type != CAP_CNODE) return WRONG_TYPE;
      slot->word0 = args->a4;
      return 0;
    case 16:
      if (length < 3) return TRUNCATED;
      slot->word1 = (slot->word1 & ~(63ull << 53)) | ((args->a2 & 63) << 53);
      return 0;
    case 17:
      if (type != CAP_FRAME) return WRONG_TYPE;
      if (length < 3) return TRUNCATED;
      return mapFrame((uint64_t *)args->a0, args->a1, slot->word1 & ADDRESS_MASK, 0, args->a2, false);
    case 18:
      if (type != CAP_FRAME) return WRONG_TYPE;
      return unmapFrame((uint64_t *)args->a0, args->a1, slot->word1 & ADDRESS_MASK, 0);
    case 19:
      if (type != CAP_FRAME) return WRONG_TYPE;
      caller->x[REG_A0] = slot->word1 & ADDRESS_MASK;
      return 0;
    case 20:
      if (type != CAP_PAGE_TABLE) return WRONG_TYPE;
      slot->word1 |= 1ull << 47;
      return 0;
    case 21:
      if (type != CAP_PAGE_TABLE) return WRONG_TYPE;
      slot->word1 &= ~(1ull << 47);
      return 0;
    case 22:
      if (length < 2) return TRUNCATED;
      caller->time_slice = (uint32_t)args->a0 + (uint32_t)args->a1;
      return 0;
    case 23:
      caller->badge = args->a0 ^ args->a1;
      return 0;
    case 24:
      caller->badge += args->a0;
      return 0;
    case 25:
      caller->fault = args->a0 & 15;
      return 0;
    case 26:
      caller->flags |= 2;
      return 0;
    case 27:
      caller->flags &= ~2u;
      return 0;
    case 28:
      if (type != CAP_NOTIFICATION) return WRONG_TYPE;
      slot->word0 |= args->a0;
      return 0;
    case 29:
      if (type != CAP_NOTIFICATION) return WRONG_TYPE;
      caller->x[REG_A0] = slot->word0;
      slot->word0 = 0;
      return 0;
    case 30:
      if (type != CAP_REPLY) return WRONG_TYPE;
      remove_slot(slot);
      return 0;
    case 31:
      if (args->a0 >= 64) return RANGE;
      caller->x[REG_A0] = 1ull << args->a0;
      return 0;
    case 32:
      if (args->a0 >= 64) return RANGE;
      caller->x[REG_A0] &= ~(1ull << args->a0);
      return 0;
    case 33:
      caller->x[REG_A0] = (uint64_t)__builtin_popcountll(args->a0);
      return 0;
    case 34:
      caller->x[REG_A0] = args->a0 * 10 + args->a1;
      return 0;
    case 35:
      if (args->a1 == 0) return RANGE;
      caller->x[REG_A0] = args->a0 / args->a1;
      return 0;
    case 36:
      caller->x[REG_A0] = args->a0 < args->a1 ? args->a0 : args->a1;
      return 0;
    case 37:
      caller->x[REG_A0] = (uint64_t)((int64_t)args->a0 >> 3);
      return 0;
    case 38:
      caller->status = (caller->status & ~0x6000ull) | ((args->a0 & 3) << 13);
      return 0;
    case 39:
      caller->next_program_counter = caller->program_counter + 4;
      return 0;
    case 40:
      return reschedule();
    default:
      return UNKNOWN_LABEL;
  }
}
