// What happens on each way into the kernel (called by riscv/entry.ts with the kernel lock held and the current thread's
// registers saved). Every way ends by deciding which thread runs next.

import { rdtime } from "rv";
import { BENCHMARKS, DEBUG, FPU, SMP, SYNC_IPC } from "../../abi/src/config";
import { TCB_FLAG_FPU_DISABLED } from "../../abi/src/objects";
import {
  FEATURE_FLOATING_POINT,
  FEATURE_SYNC_IPC,
  FEATURE_USER_INTERRUPTS,
  FEATURE_WAIT_ON_RESERVATION,
  SYS_BENCHMARK_FINALIZE_LOG,
  SYS_BENCHMARK_FLUSH_CACHES,
  SYS_BENCHMARK_NULL_SYSCALL,
  SYS_BENCHMARK_RESET_LOG,
  SYS_CALL,
  SYS_DEBUG_CAP_IDENTIFY,
  SYS_DEBUG_COUNT,
  SYS_DEBUG_DUMP_SCHEDULER,
  SYS_DEBUG_GET_THREAD_AFFINITY,
  SYS_DEBUG_HALT,
  SYS_DEBUG_NAME_THREAD,
  SYS_DEBUG_PUT_CHAR,
  SYS_DEBUG_SEND_IPI,
  SYS_DEBUG_SNAPSHOT,
  SYS_GET_FEATURES,
  SYS_NB_RECV,
  SYS_NB_SEND,
  SYS_RECV,
  SYS_REPLY,
  SYS_REPLY_RECV,
  SYS_SEND,
  SYS_SET_TIMER,
  SYS_SIGNAL_WAIT,
  SYS_WAKE_ASYNC_HANDLER,
  SYS_YIELD,
} from "../../abi/src/syscalls";
import { AsyncHandlers } from "./async-handler";
import { AsyncService } from "./async-service";
import { Debug } from "./debug-syscalls";
import { CurrentFault } from "./fault";
import { deliverFault } from "./fault-handler";
import { Hart, RESUME_CURRENT } from "./hart";
import { signalInterrupt } from "./interrupts";
import { handleInvocation } from "./invocation";
import { ObjectCounts } from "./object-counts";
import { handleReceive, handleReply, handleSignalWait } from "./receive";
import { Console } from "./riscv/console";
import {
  CAUSE_INSTRUCTION_ACCESS,
  CAUSE_INSTRUCTION_PAGE,
  CAUSE_LOAD_ACCESS,
  CAUSE_LOAD_PAGE,
  CAUSE_STORE_ACCESS,
  CAUSE_STORE_PAGE,
} from "./riscv/csr";
import { DeviceTree } from "./riscv/device-tree";
import { Fpu } from "./riscv/fpu";
import { HartContext } from "./riscv/hart-context";
import { UserInterrupts } from "./riscv/user-interrupts";
import { Scheduler } from "./scheduler";
import { Tcb } from "./tcb";
import { handleSetTimer } from "./timer-delivery";
import { UserNotifications } from "./user-notification";

/** What the ends of all kernel entries but the fast paths' share; in line, as they are on every way out. */
class End {
  /** Receivers whose user interrupts arrived wake up, and the thread that was running may have begun to wait. */
  @inline static ofThread(thread: Tcb): void {
    if (UserInterrupts.areWatched()) UserNotifications.wakePending();
    if (!thread.isRunnable()) stopped(thread);
  }

  /** Chooses the hart's next thread. The one before may be no more. */
  @inline static choose(hart: Hart): void {
    Scheduler.schedule();
    Scheduler.activate();
    const next = hart.thread;
    if (next.isReceiver()) UserInterrupts.unwatch(next.address);
  }
}

/** The thread that was running waits, or the hart ran none. A receiver of user interrupts is watched until it runs again. */
function stopped(thread: Tcb): void {
  if (thread.isReceiver() && UserNotifications.waitsForInterrupt(thread)) {
    UserInterrupts.watch(thread.address);
  }
  if (thread.handlerNotification != 0) AsyncHandlers.threadStops(thread);
}

/** Ends a system call or a fault. Ready asynchronous handlers run before the hart changes to another thread. */
function finish(): void {
  const hart = Hart.current();
  End.ofThread(hart.thread);
  if (hart.action != RESUME_CURRENT && AsyncService.mayRun(hart)) AsyncService.run(hart);
  End.choose(hart);
}

/** Ends an interrupt, after which ready asynchronous handlers go on. */
function finishInterrupt(): void {
  const hart = Hart.current();
  End.ofThread(hart.thread);
  if (AsyncService.mayRunAfterInterrupt(hart)) AsyncService.run(hart);
  End.choose(hart);
}

/** A system call that no fast path took; `number` is register a7. */
export function handleSyscall(number: i64): void {
  // Numbers are 64 bits wide; those that are no negative 32-bit number name nothing.
  const known = number < 0 && number >= SYS_GET_FEATURES ? <i32>number : 0;
  switch (known) {
    case SYS_CALL:
      handleInvocation(true, true);
      break;
    case SYS_SEND:
      handleInvocation(false, true);
      break;
    case SYS_NB_SEND:
      handleInvocation(false, false);
      break;
    case SYS_RECV:
      handleReceive(Hart.current().thread.a0, true);
      break;
    case SYS_YIELD:
      Scheduler.yieldThread();
      break;
    case SYS_NB_RECV:
      handleReceive(Hart.current().thread.a0, false);
      break;
    default:
      if (!SYNC_IPC || !handleAnswer(number)) handleOtherSyscall(number);
  }
  finish();
}

/** Reply and ReplyRecv; false when it is neither. */
function handleAnswer(number: i64): bool {
  if (number != SYS_REPLY && number != SYS_REPLY_RECV) return false;
  handleReply();
  if (number == SYS_REPLY_RECV) handleReceive(Hart.current().thread.a0, true);
  return true;
}

/** ReL4's and the debug system calls; any other number is a fault of the thread. */
function handleOtherSyscall(number: i64): void {
  const thread = Hart.current().thread;
  if (number == SYS_GET_FEATURES) {
    thread.setMessageRegister(0, features());
    thread.setMessageRegister(1, HartContext.count());
    return;
  }
  if (number == SYS_SIGNAL_WAIT) {
    handleSignalWait();
    return;
  }
  if (number == SYS_SET_TIMER) {
    handleSetTimer(rdtime());
    return;
  }
  if (number == SYS_WAKE_ASYNC_HANDLER) {
    AsyncHandlers.wake(thread);
    return;
  }
  if (DEBUG && isDebugNumber(number) && handleDebugSyscall(thread, <i32>number)) return;
  if (BENCHMARKS && handleBenchmarkSyscall(thread, number)) return;
  CurrentFault.unknownSyscall(number);
  deliverFault(thread);
}

/** seL4's system calls for benchmarks, as of a kernel that keeps no log; false when it is none. There is no cache to flush. */
function handleBenchmarkSyscall(thread: Tcb, number: i64): bool {
  if (number == SYS_BENCHMARK_RESET_LOG) thread.a0 = 0;
  return (
    number == SYS_BENCHMARK_RESET_LOG ||
    number == SYS_BENCHMARK_FINALIZE_LOG ||
    number == SYS_BENCHMARK_FLUSH_CACHES ||
    number == SYS_BENCHMARK_NULL_SYSCALL
  );
}

/** What the kernel and the hardware offer: FEATURE_*. */
function features(): u64 {
  let bits: u64 = SYNC_IPC ? FEATURE_SYNC_IPC : 0;
  if (UserInterrupts.present()) bits |= FEATURE_USER_INTERRUPTS;
  if (DeviceTree.waitOnReservation) bits |= FEATURE_WAIT_ON_RESERVATION;
  if (Fpu.present()) bits |= FEATURE_FLOATING_POINT;
  return bits;
}

function isDebugNumber(number: i64): bool {
  const last = SMP ? SYS_DEBUG_GET_THREAD_AFFINITY : SYS_DEBUG_NAME_THREAD;
  return (number < 0 && number >= last) || number == SYS_DEBUG_COUNT;
}

/** Serves a debug system call; false when it is none. */
function handleDebugSyscall(thread: Tcb, number: i32): bool {
  switch (number) {
    case SYS_DEBUG_PUT_CHAR:
      Console.putChar(<u32>thread.a0);
      return true;
    case SYS_DEBUG_DUMP_SCHEDULER:
    case SYS_DEBUG_SNAPSHOT:
      Debug.dumpThreads();
      return true;
    case SYS_DEBUG_HALT:
    case SYS_DEBUG_SEND_IPI:
      Debug.halt(thread);
      return true;
    case SYS_DEBUG_GET_THREAD_AFFINITY:
      Debug.threadAffinity(thread);
      return true;
    case SYS_DEBUG_CAP_IDENTIFY:
      Debug.identify(thread);
      return true;
    case SYS_DEBUG_NAME_THREAD:
      Debug.nameThread(thread);
      return true;
    case SYS_DEBUG_COUNT:
      thread.a0 = ObjectCounts.of(thread.a0);
      return true;
    default:
      return false;
  }
}

/**
 * The current thread's instruction was illegal. That may be so because the thread did not own its hart's FPU: then it
 * owns it now, and makes the instruction again. What is illegal for the owner too is a fault.
 * @returns false when it is a fault
 */
export function handleUseOfFpu(): bool {
  if (!FPU) return false;
  const thread = Hart.current().thread;
  return (thread.userFlags & TCB_FLAG_FPU_DISABLED) == 0 && Fpu.take(thread.address);
}

/** The current thread faulted: scause and stval. */
export function handleFault(cause: u64, address: u64): void {
  switch (<u32>cause) {
    case CAUSE_INSTRUCTION_PAGE:
    case CAUSE_INSTRUCTION_ACCESS:
      CurrentFault.page(CAUSE_INSTRUCTION_ACCESS, address);
      break;
    case CAUSE_LOAD_PAGE:
    case CAUSE_LOAD_ACCESS:
      CurrentFault.page(CAUSE_LOAD_ACCESS, address);
      break;
    case CAUSE_STORE_PAGE:
    case CAUSE_STORE_ACCESS:
      CurrentFault.page(CAUSE_STORE_ACCESS, address);
      break;
    default:
      CurrentFault.userException(cause, 0);
  }
  deliverFault(Hart.current().thread);
  finish();
}

/** The timer interrupted this hart, for the scheduler's tick (`ticked`) or a thread's deadline. */
export function handleTimer(ticked: bool): void {
  if (ticked) Scheduler.tick();
  finishInterrupt();
}

/** Another hart made this one choose again, or took its thread away. */
export function handleReschedule(): void {
  Scheduler.reschedule();
  finishInterrupt();
}

/** A device interrupt. */
export function handleInterrupt(irq: u32): void {
  signalInterrupt(irq);
  finishInterrupt();
}
