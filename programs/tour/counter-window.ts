/** Event counters of this program's hart between two moments. */
import { Counters } from "rel4";

export class CounterWindow {
  private traps: u64 = 0;
  private userInterrupts: u64 = 0;

  open(): void {
    this.traps = Counters.traps();
    this.userInterrupts = Counters.userInterrupts();
  }

  close(): void {
    this.traps = Counters.traps() - this.traps;
    this.userInterrupts = Counters.userInterrupts() - this.userInterrupts;
  }

  /** Traps into the kernel while the window was open. */
  get trapsTaken(): u64 {
    return this.traps;
  }

  /** User interrupts taken while the window was open. */
  get userInterruptsTaken(): u64 {
    return this.userInterrupts;
  }
}
