// The IPC slow path, as ../guest/ipc.ts.
#include "layout.h"

enum { MESSAGE_IN_REGISTERS = 4 };

static void transfer(thread_t *sender, thread_t *receiver, uint64_t badge) {
  uint32_t length = (uint32_t)(sender->x[REG_A1] & 127), i = 0;
  for (; i < length && i < MESSAGE_IN_REGISTERS; i++) receiver->x[REG_A2 + i] = sender->x[REG_A2 + i];
  if (length > MESSAGE_IN_REGISTERS) {
    uint64_t *from = sender->ipc_buffer, *to = receiver->ipc_buffer;
    if (from && to) {
      for (; i < length; i++) to[i + 1] = from[i + 1];
    }
  }
  receiver->x[REG_A0] = badge;
  receiver->x[REG_A1] = i;
}

static void append_to_endpoint(endpoint_t *endpoint, thread_t *thread, uint64_t state) {
  thread_t *last = (thread_t *)(endpoint->tail & ~3ull);
  if (!last) {
    endpoint->head = (uint64_t)thread;
    thread->queue_previous = NULL;
  } else {
    last->queue_next = thread;
    thread->queue_previous = last;
  }
  thread->queue_next = NULL;
  endpoint->tail = (uint64_t)thread | state;
}

static thread_t *take_from_endpoint(endpoint_t *endpoint) {
  thread_t *thread = (thread_t *)endpoint->head, *next = thread->queue_next;
  endpoint->head = (uint64_t)next;
  if (next) next->queue_previous = NULL;
  else endpoint->tail = ENDPOINT_IDLE;
  return thread;
}

void send(bool blocking, bool is_call, uint64_t badge, bool may_grant, thread_t *thread, endpoint_t *endpoint) {
  switch (endpoint->tail & 3) {
    case 0:
    case 1:
      if (blocking) {
        thread->state = THREAD_BLOCKED_ON_SEND | ((uint64_t)may_grant << 4) | ((uint64_t)is_call << 5) |
                        ((uint64_t)endpoint << 8);
        thread->badge = badge;
        reschedule_needed = 1;
        append_to_endpoint(endpoint, thread, ENDPOINT_SENDING);
      }
      break;
    case 2: {
      thread_t *receiver = take_from_endpoint(endpoint);
      transfer(thread, receiver, badge);
      wake(receiver);
      enqueue(receiver);
      if (is_call) set_thread_state(thread, may_grant ? THREAD_BLOCKED_ON_REPLY : THREAD_INACTIVE);
      break;
    }
  }
}

void receive(thread_t *thread, endpoint_t *endpoint, bool blocking) {
  switch (endpoint->tail & 3) {
    case 0:
    case 2:
      if (blocking) {
        thread->state = THREAD_BLOCKED_ON_RECEIVE | ((uint64_t)endpoint << 8);
        reschedule_needed = 1;
        append_to_endpoint(endpoint, thread, ENDPOINT_RECEIVING);
      } else {
        thread->x[REG_A0] = 0;
      }
      break;
    case 1: {
      thread_t *sender = take_from_endpoint(endpoint);
      transfer(sender, thread, sender->badge);
      if ((sender->state >> 5) & 1) {
        set_thread_state(sender, (sender->state >> 4) & 1 ? THREAD_BLOCKED_ON_REPLY : THREAD_INACTIVE);
      } else {
        wake(sender);
        append(sender);
      }
      break;
    }
  }
}
