// Ready queues and the scheduler, as ../guest/scheduler.ts.
#include "layout.h"

static thread_t *current;
static uint32_t reschedule_needed;
static uint64_t top_level, bottom_level[4];
static struct {
  thread_t *head, *end;
} queues[256];
enum { TIME_SLICE = 5 };

static void mark_ready(uint32_t priority) {
  uint32_t word = priority >> 6;
  top_level |= 1ull << word;
  bottom_level[word] |= 1ull << (priority & 63);
}

static void mark_empty(uint32_t priority) {
  uint32_t word = priority >> 6;
  uint64_t bits = bottom_level[word] & ~(1ull << (priority & 63));
  bottom_level[word] = bits;
  if (!bits) top_level &= ~(1ull << word);
}

static void enqueue(thread_t *thread) {
  if (thread->flags & 1) return;
  uint32_t priority = thread->priority;
  thread_t *head = queues[priority].head;
  if (!head) {
    queues[priority].end = thread;
    mark_ready(priority);
  } else {
    head->ready_previous = thread;
  }
  thread->ready_previous = NULL;
  thread->ready_next = head;
  queues[priority].head = thread;
  thread->flags |= 1;
}

static void append(thread_t *thread) {
  if (thread->flags & 1) return;
  uint32_t priority = thread->priority;
  thread_t *end = queues[priority].end;
  if (!queues[priority].head) {
    queues[priority].head = thread;
    mark_ready(priority);
  } else {
    end->ready_next = thread;
  }
  thread->ready_previous = end;
  thread->ready_next = NULL;
  queues[priority].end = thread;
  thread->flags |= 1;
}

static void dequeue(thread_t *thread) {
  if (!(thread->flags & 1)) return;
  uint32_t priority = thread->priority;
  thread_t *previous = thread->ready_previous, *next = thread->ready_next;
  if (previous) {
    previous->ready_next = next;
  } else {
    queues[priority].head = next;
    if (!next) mark_empty(priority);
  }
  if (next) next->ready_previous = previous;
  else queues[priority].end = previous;
  thread->flags &= ~1u;
}

static uint32_t highest_priority(void) {
  uint32_t word = 63 - __builtin_clzll(top_level);
  return (word << 6) + 63 - __builtin_clzll(bottom_level[word]);
}

static bool is_highest_priority(uint32_t priority) { return top_level == 0 || priority >= highest_priority(); }

static void switch_address_space(uint64_t word0, uint64_t word1) {
  uint64_t value = (8ull << 60) | ((word0 & 0xffff) << 44) | ((word1 & ADDRESS_MASK) >> 11);
  asm volatile("csrw sscratch, %0" ::"r"(value) : "memory");
}

static void switch_to(thread_t *thread) {
  slot_t *root = thread_slot(thread, SLOT_VSPACE);
  switch_address_space(root->word0, root->word1);
  current = thread;
}

void set_current_thread(thread_t *thread) { current = thread; }

void schedule(void) {
  if (!reschedule_needed) return;
  thread_t *thread = current;
  if (thread_state(thread) == THREAD_RUNNING) {
    if (thread->time_slice) {
      enqueue(thread);
    } else {
      thread->time_slice = TIME_SLICE;
      append(thread);
    }
  }
  if (!top_level) return;
  thread_t *next = queues[highest_priority()].head;
  dequeue(next);
  switch_to(next);
  reschedule_needed = 0;
}

void timer_tick(void) {
  thread_t *thread = current;
  if (thread_state(thread) != THREAD_RUNNING) return;
  if (thread->time_slice > 1) {
    thread->time_slice--;
  } else {
    thread->time_slice = TIME_SLICE;
    append(thread);
    reschedule_needed = 1;
  }
}

static void wake(thread_t *thread) {
  set_thread_state(thread, THREAD_RUNNING);
  if (thread->priority > current->priority) reschedule_needed = 1;
}
