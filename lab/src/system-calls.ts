/** Which system calls were made while a window was open, and how many of them by the program that opened it. */
import { SYS_SEND, SYS_SIGNAL_WAIT, SYS_WAKE_ASYNC_HANDLER } from "@rel4/abi";
import type { Hart } from "@rel4/machine";

/** Numbers of system calls made in a window. */
export interface SystemCalls {
  /** By number (abi/src/syscalls.ts), by all programs. */
  byNumber: Map<number, number>;
  /** Signals and kernel wake-ups by the program that opened the window. */
  ownNotifications: number;
  /** Signals and kernel wake-ups by all programs. */
  notifications: number;
}

const A0 = 10;
const A7 = 17;
const CSR_SATP = 0x180;

/** Counts system calls by number and by who makes them. */
export class SystemCallCensus {
  readonly calls: SystemCalls = { byNumber: new Map(), ownNotifications: 0, notifications: 0 };

  /** @param addressSpace satp of the program that opened the window */
  constructor(private readonly addressSpace: bigint) {}

  /** Notes the system call `hart` is just making. */
  note(hart: Hart): void {
    const number = Number(BigInt.asIntN(64, hart.x(A7)));
    const { calls } = this;
    calls.byNumber.set(number, (calls.byNumber.get(number) ?? 0) + 1);
    if (!isNotification(number, hart.x(A0))) return;
    calls.notifications++;
    if (hart.csr(CSR_SATP) === this.addressSpace) calls.ownNotifications++;
  }
}

/** Whether a system call notifies somebody: Signal (a Send to a notification), Signal+Wait, or the wake-up of the kernel. */
function isNotification(number: number, a0: bigint): boolean {
  return (
    number === SYS_SEND || (number === SYS_SIGNAL_WAIT && a0 !== 0n) || number === SYS_WAKE_ASYNC_HANDLER
  );
}
