// The IPC fast path, as ../guest/fastpath.ts.
#include "layout.h"

static uint64_t slow_paths;

static uint32_t slow_path(uint32_t reason) {
  slow_paths++;
  return reason;
}

INLINE void copy_message(thread_t *to, thread_t *from, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) to->x[REG_A2 + i] = from->x[REG_A2 + i];
}

INLINE void resume_with(thread_t *thread, uint64_t word0, uint64_t word1, uint64_t badge, uint64_t length) {
  set_thread_state(thread, THREAD_RUNNING);
  switch_address_space(word0, word1);
  current = thread;
  thread->x[REG_A0] = badge;
  thread->x[REG_A1] = length;
}

uint32_t fastpathCall(uint64_t address, uint64_t message_info) {
  thread_t *caller = current;
  uint64_t length = message_info & 127;
  if ((message_info & 0x1ff) > 4 || caller->fault) return slow_path(1);
  slot_t *slot = lookup_fast(thread_slot(caller, SLOT_CSPACE), address);
  if (!slot) return slow_path(2);
  uint64_t badge = slot->word0, word1 = slot->word1;
  if (word1 >> 59 != CAP_ENDPOINT || !((word1 >> 55) & 1)) return slow_path(3);
  endpoint_t *endpoint = (endpoint_t *)(word1 & ADDRESS_MASK);
  thread_t *receiver = (thread_t *)endpoint->head;
  if ((endpoint->tail & 3) != ENDPOINT_RECEIVING) return slow_path(4);
  slot_t *root = thread_slot(receiver, SLOT_VSPACE);
  uint64_t root0 = root->word0, root1 = root->word1;
  if (root1 >> 59 != CAP_PAGE_TABLE || !((root1 >> 47) & 1)) return slow_path(5);
  if (receiver->priority < caller->priority && !is_highest_priority(receiver->priority)) return slow_path(6);
  if (!((word1 >> 57) & 3)) return slow_path(7);
  thread_t *next = receiver->queue_next;
  endpoint->head = (uint64_t)next;
  if (next) next->queue_previous = NULL;
  else endpoint->tail = ENDPOINT_IDLE;
  set_thread_state(caller, THREAD_BLOCKED_ON_REPLY);
  slot_t *reply_slot = thread_slot(caller, SLOT_REPLY), *caller_slot = thread_slot(receiver, SLOT_CALLER);
  uint64_t may_grant = (receiver->state >> 4) & 1;
  caller_slot->word0 = (uint64_t)caller;
  caller_slot->word1 = ((uint64_t)CAP_REPLY << 59) | (may_grant << 1);
  caller_slot->previous = (uint64_t)reply_slot;
  reply_slot->next = (uint64_t)caller_slot | 3;
  copy_message(receiver, caller, (uint32_t)length);
  resume_with(receiver, root0, root1, badge, length);
  return 0;
}

uint32_t fastpathReplyReceive(uint64_t address, uint64_t message_info) {
  thread_t *server = current;
  uint64_t length = message_info & 127;
  if ((message_info & 0x1ff) > 4 || server->fault) return slow_path(1);
  slot_t *slot = lookup_fast(thread_slot(server, SLOT_CSPACE), address);
  if (!slot) return slow_path(2);
  uint64_t word1 = slot->word1;
  if (word1 >> 59 != CAP_ENDPOINT || !((word1 >> 56) & 1)) return slow_path(3);
  endpoint_t *endpoint = (endpoint_t *)(word1 & ADDRESS_MASK);
  if ((endpoint->tail & 3) == ENDPOINT_SENDING) return slow_path(4);
  slot_t *caller_slot = thread_slot(server, SLOT_CALLER);
  uint64_t reply1 = caller_slot->word1;
  if (reply1 >> 59 != CAP_REPLY || (reply1 & 1)) return slow_path(5);
  thread_t *caller = (thread_t *)caller_slot->word0;
  if (caller->fault) return slow_path(6);
  slot_t *root = thread_slot(caller, SLOT_VSPACE);
  uint64_t root0 = root->word0, root1 = root->word1;
  if (root1 >> 59 != CAP_PAGE_TABLE || !((root1 >> 47) & 1)) return slow_path(7);
  if (!is_highest_priority(caller->priority)) return slow_path(8);
  server->state = THREAD_BLOCKED_ON_RECEIVE | (((word1 >> 57) & 1) << 4) | ((uint64_t)endpoint << 8);
  thread_t *last = (thread_t *)(endpoint->tail & ~3ull);
  if (!last) {
    server->queue_previous = NULL;
    server->queue_next = NULL;
    endpoint->head = (uint64_t)server;
  } else {
    last->queue_next = server;
    server->queue_previous = last;
    server->queue_next = NULL;
  }
  endpoint->tail = (uint64_t)server | ENDPOINT_RECEIVING;
  ((slot_t *)caller_slot->previous)->next = 3;
  caller_slot->word0 = 0;
  caller_slot->word1 = CAP_NULL;
  caller_slot->previous = 0;
  caller_slot->next = 0;
  copy_message(caller, server, (uint32_t)length);
  resume_with(caller, root0, root1, 0, length);
  return 0;
}
