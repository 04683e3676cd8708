// The world the kernel paths run in, as ../guest/setup.ts: a translation unit of its own, apart from the kernel's.
#include "layout.h"

uint32_t decode(uint32_t label, uint32_t length, slot_t *slot, thread_t *caller, arguments_t *args);
void insert(uint64_t word0, uint64_t word1, slot_t *source, slot_t *destination);
void receive(thread_t *thread, endpoint_t *endpoint, bool blocking);
void schedule(void);
void set_current_thread(thread_t *thread);
void timer_tick(void);

enum {
  REGION_SIZE = 0x40000,
  CLIENT = 0x400,
  SERVER = 0xc00,
  ENDPOINT = 0x1000,
  ROOT_CNODE = 0x2000,
  SECOND_CNODE = 0x4000,
  THIRD_CNODE = 0x6000,
  BUFFER = 0x8000,
  ARGUMENTS = 0x9000,
  PAGE_TABLE = 0xa000
};
static uint64_t region;

static thread_t *thread(uint32_t offset) { return (thread_t *)(region + offset); }
static slot_t *slot_of(uint32_t cnode, uint32_t index) { return (slot_t *)(region + cnode) + index; }

static void make_cnode(slot_t *slot, uint32_t cnode, uint64_t radix, uint64_t guard_size, uint64_t guard) {
  slot->word0 = guard;
  slot->word1 = ((uint64_t)CAP_CNODE << 59) | (guard_size << 53) | (radix << 47) | ((region + cnode) >> 1);
}

static void make_thread(uint32_t offset, uint32_t priority, uint64_t address_space, uint64_t buffer) {
  thread_t *made = thread(offset);
  make_cnode(thread_slot(made, SLOT_CSPACE), ROOT_CNODE, 8, 48, 0);
  slot_t *root = thread_slot(made, SLOT_VSPACE);
  root->word0 = address_space;
  root->word1 = ((uint64_t)CAP_PAGE_TABLE << 59) | (1ull << 47) | (region + PAGE_TABLE);
  made->state = 1;
  made->priority = priority;
  made->maximum_priority = 255;
  made->ipc_buffer = (uint64_t *)buffer;
  made->time_slice = 5;
}

void setUp(uint64_t base) {
  region = base;
  for (uint32_t i = 0; i < REGION_SIZE; i += 8) *(volatile uint64_t *)(base + i) = 0;
  make_cnode(slot_of(ROOT_CNODE, 3), SECOND_CNODE, 4, 4, 5);
  make_cnode(slot_of(ROOT_CNODE, 4), THIRD_CNODE, 4, 0, 0);
  make_cnode(slot_of(THIRD_CNODE, 7), SECOND_CNODE, 4, 0, 0);
  slot_t *endpoint = slot_of(SECOND_CNODE, 9);
  endpoint->word0 = 77;
  endpoint->word1 = ((uint64_t)CAP_ENDPOINT << 59) | (15ull << 55) | (base + ENDPOINT);
  make_thread(CLIENT, 100, 1, base + BUFFER);
  make_thread(SERVER, 120, 2, base + BUFFER + 0x800);
  for (uint64_t i = 0; i < 128; i++) ((uint64_t *)(base + BUFFER))[i] = i * 3;
  uint64_t table = base + PAGE_TABLE;
  ((uint64_t *)table)[3] = (((table + 0x1000) >> 12) << 10) | 1;
  ((uint64_t *)(table + 0x1000))[5] = (((table + 0x2000) >> 12) << 10) | 1;
  slot_t *untyped = slot_of(THIRD_CNODE, 1);
  untyped->word0 = 20;
  untyped->word1 = ((uint64_t)CAP_UNTYPED << 59) | base;
  untyped->next = 3;
  set_current_thread(thread(CLIENT));
}

void prepareFastpath(void) {
  receive(thread(SERVER), (endpoint_t *)(region + ENDPOINT), true);
  thread_t *client = thread(CLIENT);
  for (uint32_t i = 0; i < 4; i++) client->x[REG_A2 + i] = 11 + i;
}

void prepareLongMessage(void) { thread(CLIENT)->x[REG_A1] = 40; }

uint64_t messageDigest(void) {
  thread_t *client = thread(CLIENT), *server = thread(SERVER);
  return client->x[REG_A0] + client->x[REG_A1] * 3 + server->x[REG_A0] * 5 + server->x[REG_A1] * 7 +
         server->x[REG_A2] * 11 + server->x[REG_A2 + 3] * 13;
}

uint64_t mappedEntry(void) { return *(uint64_t *)(region + PAGE_TABLE + 0x2000 + 8 * 7); }

uint64_t digest(const uint8_t *address, uint32_t length) {
  uint64_t hash = 0xcbf29ce484222325;
  for (uint32_t i = 0; i < length; i++) hash = (hash ^ address[i]) * 0x100000001b3;
  return hash;
}

static void prepare_arguments(arguments_t *args, uint32_t type, uint32_t label) {
  args->a0 = label + type;
  args->a1 = 4;
  args->a2 = 2;
  args->a3 = 7;
  args->a4 = 1;
  args->a5 = 2;
  if (label == 17 || label == 18) {
    args->a0 = region + PAGE_TABLE;
    args->a1 = 0xc0a09000;
  }
  if (label == 13 || label == 14) {
    args->a0 = 0x359;
    args->a1 = 64;
    args->a2 = 0x350;
    args->a3 = 64;
  }
}

uint64_t decodeAll(void) {
  thread_t *client = thread(CLIENT), *server = thread(SERVER);
  arguments_t *args = (arguments_t *)(region + ARGUMENTS);
  slot_t *slot = (slot_t *)(region + ROOT_CNODE + 0x1000);
  uint64_t result = 0;
  for (uint32_t type = 0; type < 14; type++) {
    for (uint32_t label = 0; label < 42; label++) {
      slot->word0 = 20;
      slot->word1 = ((uint64_t)type << 59) | (uint64_t)server;
      slot->previous = 0;
      slot->next = 0;
      if (type == 10) {
        slot->word0 = thread_slot(client, SLOT_CSPACE)->word0;
        slot->word1 = thread_slot(client, SLOT_CSPACE)->word1;
      }
      prepare_arguments(args, type, label);
      if (label == 40) {
        client->time_slice = 1;
        server->time_slice = 1;
      }
      uint32_t error = decode(label, 6, slot, client, args);
      result = result * 31 + error;
      uint64_t word = client->x[REG_A0] == (uint64_t)server ? 5 : client->x[REG_A0];
      result = result * 31 + word + client->badge;
    }
  }
  return result;
}

void insertChildren(slot_t *parent, slot_t *slots, uint64_t objects, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    insert(0, ((uint64_t)CAP_THREAD << 59) | (objects + (i << 4)), parent, slots + i);
  }
}

void ticks(uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    timer_tick();
    schedule();
  }
}
