// The scheduler: which thread a hart runs. Strict priorities, round robin among equals, and domains that take turns.
//
// An operation never switches threads itself; it sets the hart's action, and schedule() acts on it once, at the end of
// the kernel entry. A thread that an operation made runnable waits in the action instead of a queue, because it will
// most often be the one to run.

import { DOMAINS, TIME_SLICE_TICKS } from "../../abi/src/config";
import { Domains } from "./domains";
import { CHOOSE_NEW, Hart, RESUME_CURRENT } from "./hart";
import { ReadyQueue } from "./ready-queue";
import { Fpu } from "./riscv/fpu";
import { Threads } from "./riscv/threads";
import { VSpace } from "./riscv/vspace";
import { Tcb, THREAD_RESTART, THREAD_RUNNING } from "./tcb";
import { ThreadTimers } from "./thread-timers";

export class Scheduler {
  /** Makes this hart choose again; a thread that waited in the action goes to its queue. */
  static reschedule(): void {
    const hart = Hart.current();
    const action = hart.action;
    if (action != RESUME_CURRENT && action != CHOOSE_NEW) ReadyQueue.prepend(Tcb.at(action));
    hart.action = CHOOSE_NEW;
  }

  /** A thread became runnable: run it at the end of this kernel entry if it is important enough. */
  static possibleSwitchTo(thread: Tcb): void {
    const hart = Hart.current();
    if (thread.hart != hart.address || !Domains.mayRun(thread)) {
      ReadyQueue.prepend(thread);
    } else if (hart.action != RESUME_CURRENT) {
      Scheduler.reschedule();
      ReadyQueue.prepend(thread);
    } else {
      hart.action = thread.address;
    }
  }

  /** Sets a thread's state; when the current thread stops being runnable, another is chosen. */
  static setState(thread: Tcb, state: u32): void {
    thread.state = state;
    Scheduler.stateChanged(thread);
  }

  /** The current thread may have stopped being runnable: see that another is chosen. */
  @inline static stateChanged(thread: Tcb): void {
    const hart = Hart.current();
    if (thread.address == hart.current && hart.action == RESUME_CURRENT && !thread.isRunnable()) {
      hart.action = CHOOSE_NEW;
    }
  }

  /** Ends a kernel entry: decides which thread the hart runs. */
  static schedule(): void {
    const hart = Hart.current();
    if (hart.action != RESUME_CURRENT) Scheduler.switchThreads(hart);
    if (hart.reschedulePending) Scheduler.notifyHarts(hart);
  }

  /**
   * The hart runs nobody for the moment: its thread and the one that waits in the action go to their queues, in the order
   * in which they would have been chosen.
   */
  static standAside(hart: Hart): void {
    const current = hart.thread;
    const wasRunnable = current.isRunnable();
    if (wasRunnable) ReadyQueue.prepend(current);
    const action = hart.action;
    if (action != RESUME_CURRENT && action != CHOOSE_NEW) {
      const candidate = Tcb.at(action);
      if (wasRunnable && candidate.priority == current.priority) ReadyQueue.append(candidate);
      else ReadyQueue.prepend(candidate);
    }
    hart.current = hart.idle;
    hart.action = CHOOSE_NEW;
  }

  private static switchThreads(hart: Hart): void {
    const current = hart.thread;
    const wasRunnable = current.isRunnable();
    if (wasRunnable) ReadyQueue.prepend(current);
    const action = hart.action;
    hart.action = RESUME_CURRENT;
    if (action == CHOOSE_NEW) {
      Scheduler.chooseThread(hart);
      return;
    }
    const candidate = Tcb.at(action);
    const mayBeLess = hart.isIdle() || candidate.priority < current.priority;
    if (mayBeLess && !ReadyQueue.isHighest(hart, candidate.priority)) {
      ReadyQueue.prepend(candidate);
      Scheduler.chooseThread(hart);
    } else if (wasRunnable && candidate.priority == current.priority) {
      ReadyQueue.append(candidate);
      Scheduler.chooseThread(hart);
    } else {
      Scheduler.switchTo(hart, candidate);
    }
  }

  private static chooseThread(hart: Hart): void {
    if (DOMAINS > 1 && Domains.timeLeft == 0) Domains.next(hart);
    if (hart.readyLevel) {
      Scheduler.switchTo(hart, Tcb.at(load<u32>(hart.queue(hart.readyLevel - 1))));
    } else {
      VSpace.setRoot(hart.idle);
      hart.current = hart.idle;
    }
  }

  private static switchTo(hart: Hart, thread: Tcb): void {
    VSpace.setRoot(thread.address);
    ReadyQueue.remove(thread);
    hart.current = thread.address;
  }

  /** Interrupts the harts that must choose again. */
  static notifyHarts(hart: Hart): void {
    let pending = hart.reschedulePending;
    hart.reschedulePending = 0;
    while (pending) {
      Threads.rescheduleHart(ctz<u32>(pending));
      pending &= pending - 1;
    }
  }

  /** The thread that will run continues at the right instruction: after the system call, or at it when it restarts. */
  @inline static activate(): void {
    const thread = Hart.current().thread;
    if (thread.state == THREAD_RESTART) {
      thread.pc = thread.faultPc;
      thread.state = THREAD_RUNNING;
    }
  }

  /** A timer tick of this hart: the current thread's slice gets shorter; at its end an equal thread runs. */
  static tick(): void {
    const thread = Hart.current().thread;
    if (thread.state == THREAD_RUNNING) Scheduler.shortenSlice(thread);
    if (DOMAINS > 1 && Domains.tick()) Scheduler.reschedule();
  }

  private static shortenSlice(thread: Tcb): void {
    if (thread.timeSlice > 1) {
      thread.timeSlice -= 1;
    } else {
      thread.timeSlice = TIME_SLICE_TICKS;
      ReadyQueue.append(thread);
      Scheduler.reschedule();
    }
  }

  /** Must a timer end the current thread's slice, as it shares the hart with another of its priority, or its domain's time? */
  static tickNeeded(hart: Hart): bool {
    if (DOMAINS > 1) return true;
    if (hart.isIdle()) return false;
    return load<u32>(hart.queue(hart.thread.priority)) != 0;
  }

  /** The current thread lets others of its priority run first. */
  static yieldThread(): void {
    const thread = Hart.current().thread;
    ReadyQueue.remove(thread);
    ReadyQueue.append(thread);
    Scheduler.reschedule();
  }

  static setPriority(thread: Tcb, priority: u32): void {
    ReadyQueue.remove(thread);
    thread.priority = priority;
    if (!thread.isRunnable()) return;
    if (thread.address == Hart.current().current) Scheduler.reschedule();
    else Scheduler.possibleSwitchTo(thread);
  }

  static setDomain(thread: Tcb, domain: u32): void {
    ReadyQueue.remove(thread);
    Fpu.release(thread.address);
    thread.domain = domain;
    if (thread.isRunnable()) ReadyQueue.append(thread);
    if (thread.address == Hart.current().current) Scheduler.reschedule();
  }

  /** The schedule of domains begins anew: another domain may have its turn now. */
  static restartDomains(entry: u32): void {
    Domains.setStart(entry);
    Scheduler.reschedule();
  }

  /** Moves a thread, which must not be running elsewhere, to another hart. */
  static setAffinity(thread: Tcb, hartIndex: u32): void {
    ReadyQueue.remove(thread);
    ThreadTimers.depart(thread);
    Fpu.release(thread.address);
    Threads.migrate(thread.address, hartIndex);
    ThreadTimers.arrived(thread);
    if (thread.isRunnable()) ReadyQueue.append(thread);
    if (thread.address == Hart.current().current) Scheduler.reschedule();
  }
}
