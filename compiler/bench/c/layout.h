// Kernel objects of the benchmark, as ../guest/layout.ts.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  CAP_NULL = 0,
  CAP_FRAME = 1,
  CAP_UNTYPED = 2,
  CAP_PAGE_TABLE = 3,
  CAP_ENDPOINT = 4,
  CAP_NOTIFICATION = 6,
  CAP_REPLY = 8,
  CAP_CNODE = 10,
  CAP_THREAD = 12
};
enum { ENDPOINT_IDLE = 0, ENDPOINT_SENDING = 1, ENDPOINT_RECEIVING = 2 };
enum {
  THREAD_INACTIVE = 0,
  THREAD_RUNNING = 1,
  THREAD_RESTART = 2,
  THREAD_BLOCKED_ON_RECEIVE = 3,
  THREAD_BLOCKED_ON_SEND = 4,
  THREAD_BLOCKED_ON_REPLY = 5
};
enum { SLOT_CSPACE, SLOT_VSPACE, SLOT_REPLY, SLOT_CALLER, SLOT_BUFFER };
enum { REG_TP = 4, REG_A0 = 10, REG_A1 = 11, REG_A2 = 12 };
#define INLINE static inline __attribute__((always_inline))
#define ADDRESS_MASK 0x7fffffffffffull

typedef struct {
  uint64_t word0, word1, previous, next;
} slot_t;

typedef struct thread {
  uint64_t x[32];
  uint64_t cause, status, program_counter, next_program_counter;
  uint64_t state, badge, fault;
  uint32_t priority, maximum_priority, time_slice, flags;
  uint64_t *ipc_buffer;
  struct thread *ready_next, *ready_previous, *queue_next, *queue_previous;
} thread_t;

typedef struct {
  uint64_t head, tail;
} endpoint_t;

typedef struct {
  uint64_t a0, a1, a2, a3, a4, a5;
} arguments_t;

INLINE slot_t *slot_at(uint64_t address) { return (slot_t *)(address & ADDRESS_MASK); }
INLINE thread_t *thread_at(uint64_t address) { return (thread_t *)(address & ADDRESS_MASK); }
INLINE slot_t *thread_slot(thread_t *thread, unsigned index) {
  return (slot_t *)((uintptr_t)thread - 512) + index;
}
INLINE uint64_t thread_state(thread_t *thread) { return thread->state & 15; }
INLINE void set_thread_state(thread_t *thread, uint64_t kind) {
  thread->state = (thread->state & ~15ull) | kind;
}
