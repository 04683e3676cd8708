/** What the kernel found by probing the machine it runs on. */
import { ecall, ecallResult } from "rv";
import {
  FEATURE_FLOATING_POINT,
  FEATURE_SYNC_IPC,
  FEATURE_USER_INTERRUPTS,
  FEATURE_WAIT_ON_RESERVATION,
  SYS_GET_FEATURES,
} from "../../abi/src/syscalls";

/** Answers of the GetFeatures system call. */
export class Features {
  private static known: bool = false;
  private static bits: u32 = 0;
  private static harts: u32 = 1;

  private static ask(): void {
    if (Features.known) return;
    ecall(0, 0, 0, 0, 0, 0, 0, SYS_GET_FEATURES);
    Features.bits = <u32>ecallResult(2);
    Features.harts = <u32>ecallResult(3);
    Features.known = true;
  }

  /** Whether the hardware delivers user interrupts. */
  static get userInterrupts(): bool {
    Features.ask();
    return (Features.bits & FEATURE_USER_INTERRUPTS) != 0;
  }

  /** Whether the hardware can wait for a store to a word (Zawrs). */
  static get waitOnReservation(): bool {
    Features.ask();
    return (Features.bits & FEATURE_WAIT_ON_RESERVATION) != 0;
  }

  /** Whether the kernel has synchronous IPC. */
  static get syncIpc(): bool {
    Features.ask();
    return (Features.bits & FEATURE_SYNC_IPC) != 0;
  }

  /** Whether the program may use floating point. */
  static get floatingPoint(): bool {
    Features.ask();
    return (Features.bits & FEATURE_FLOATING_POINT) != 0;
  }

  /** Harts that run threads. */
  static get hartsRunning(): u32 {
    Features.ask();
    return Features.harts;
  }
}
