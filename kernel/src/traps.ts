// What happens on each way into the kernel (called by riscv/entry.ts with the kernel lock held and the current thread's
// registers saved). Every way ends by deciding which thread runs next.

import { DEBUG, SYNC_IPC } from "../../abi/src/config";
import {
  FEATURE_SYNC_IPC,
  FEATURE_USER_INTERRUPTS,
  FEATURE_WAIT_ON_RESERVATION,
  SYS_CALL,
  SYS_DEBUG_CAP_IDENTIFY,
  SYS_DEBUG_DUMP_SCHEDULER,
  SYS_DEBUG_HALT,
  SYS_DEBUG_NAME_THREAD,
  SYS_DEBUG_PUT_CHAR,
  SYS_DEBUG_SNAPSHOT,
  SYS_GET_FEATURES,
  SYS_NB_RECV,
  SYS_NB_SEND,
  SYS_RECV,
  SYS_REPLY,
  SYS_REPLY_RECV,
  SYS_SEND,
  SYS_SIGNAL_WAIT,
  SYS_WAKE_ASYNC_HANDLER,
  SYS_YIELD,
} from "../../abi/src/syscalls";
import { AsyncHandlers } from "./async-handler";
import { Debug } from "./debug-syscalls";
import { CurrentFault } from "./fault";
import { deliverFault } from "./fault-handler";
import { Hart, RESUME_CURRENT } from "./hart";
import { signalInterrupt } from "./interrupts";
import { handleInvocation } from "./invocation";
import { handleReceive, handleReply, handleSignalWait } from "./receive";
import { Console, powerOff } from "./riscv/console";
import {
  CAUSE_INSTRUCTION_ACCESS,
  CAUSE_INSTRUCTION_PAGE,
  CAUSE_LOAD_ACCESS,
  CAUSE_LOAD_PAGE,
  CAUSE_STORE_ACCESS,
  CAUSE_STORE_PAGE,
} from "./riscv/csr";
import { DeviceTree } from "./riscv/device-tree";
import { HartContext } from "./riscv/hart-context";
import { FLAG_RECEIVER } from "./riscv/layout";
import { UserInterrupts } from "./riscv/user-interrupts";
import { Scheduler } from "./scheduler";
import { Tcb } from "./tcb";
import { UserNotifications } from "./user-notification";

/**
 * Ends a kernel entry: threads whose user interrupts arrived wake up, and the hart's next thread is chosen. A receiver
 * of user interrupts that now waits is watched until it runs again. Ready asynchronous handlers run before another thread does, and
 * after every interrupt.
 */
function finish(interrupted: bool): void {
  UserNotifications.wakePending();
  const hart = Hart.current();
  const before = hart.thread;
  if (before.flags & FLAG_RECEIVER && UserNotifications.waitsForInterrupt(before)) {
    UserInterrupts.watch(before.address);
  }
  if (before.handlerNotification != 0 && before.isStopped()) AsyncHandlers.threadStops(before);
  // A handler may destroy the thread that was running here.
  if ((interrupted || hart.action != RESUME_CURRENT) && AsyncHandlers.mayRun(hart)) AsyncHandlers.run(hart);
  Scheduler.schedule();
  Scheduler.activate();
  const after = Hart.current().thread;
  if (after.flags & FLAG_RECEIVER) UserInterrupts.unwatch(after.address);
}

/** A system call that no fast path took; `number` is register a7. */
export function handleSyscall(number: i64): void {
  // Numbers are 64 bits wide; those that are no negative 32-bit number name nothing.
  const known = number < 0 && number >= SYS_GET_FEATURES ? <i32>number : 0;
  switch (known) {
    case SYS_CALL:
      handleInvocation(true, true);
      break;
    case SYS_REPLY_RECV:
      handleReply();
      handleReceive(Hart.current().thread.a0, true);
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
    case SYS_REPLY:
      handleReply();
      break;
    case SYS_YIELD:
      Scheduler.yieldThread();
      break;
    case SYS_NB_RECV:
      handleReceive(Hart.current().thread.a0, false);
      break;
    default:
      handleOtherSyscall(number);
  }
  finish(false);
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
  if (number == SYS_WAKE_ASYNC_HANDLER) {
    AsyncHandlers.wake(thread);
    return;
  }
  if (DEBUG && number < 0 && number >= SYS_DEBUG_NAME_THREAD && handleDebugSyscall(thread, <i32>number))
    return;
  CurrentFault.unknownSyscall(number);
  deliverFault(thread);
}

/** What the kernel and the hardware offer: FEATURE_*. */
function features(): u64 {
  let bits: u64 = SYNC_IPC ? FEATURE_SYNC_IPC : 0;
  if (UserInterrupts.present()) bits |= FEATURE_USER_INTERRUPTS;
  if (DeviceTree.waitOnReservation) bits |= FEATURE_WAIT_ON_RESERVATION;
  return bits;
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
      Console.write("halted by thread ");
      Debug.printName(thread);
      Console.putChar(10);
      powerOff(0);
      return true;
    case SYS_DEBUG_CAP_IDENTIFY:
      Debug.identify(thread);
      return true;
    case SYS_DEBUG_NAME_THREAD:
      Debug.nameThread(thread);
      return true;
    default:
      return false;
  }
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
  finish(false);
}

/** A timer tick. */
export function handleTimerTick(): void {
  Scheduler.tick();
  finish(true);
}

/** Another hart made this one choose again, or took its thread away. */
export function handleReschedule(): void {
  Scheduler.reschedule();
  finish(true);
}

/** A device interrupt. */
export function handleInterrupt(irq: u32): void {
  signalInterrupt(irq);
  finish(true);
}
