// Between the guest's time and the host's: sleeping while every hart waits, letting things in from outside, and standing still
// until the host has done something for a device.
import { NEVER } from "./event-queue";
import { IdleTime } from "./idle-time";

/** What the core offers for that; clocks are cycles. */
interface Clock {
  now(): bigint;
  passIdleTime(clock: bigint): void;
}

/** Milliseconds a machine runs before the host's event loop gets a turn; fewer while frames may come in. */
const SLICE = 20;
const PACED_SLICE = 2;

const host = globalThis as { setImmediate?: (callback: () => void) => void };

/** Lets the host's event loop turn once, without the wait that timers have where there is a way. */
function turn(): Promise<void> {
  return new Promise((resolve) => (host.setImmediate ? host.setImmediate(resolve) : setTimeout(resolve, 0)));
}

/** Gives the host's event loop its turns while machines run. */
export class HostTurns {
  private since = performance.now();

  /** Takes a turn if one is due. */
  async take(isPaced: boolean): Promise<void> {
    if (performance.now() - this.since < (isPaced ? PACED_SLICE : SLICE)) return;
    await turn();
    this.since = performance.now();
  }
}

/** The host's side of a machine. */
export class HostSide {
  private readonly idleTime = new IdleTime();
  /** The clock that the guest may sleep up to. */
  private target = 0n;
  /** Ends the present sleep. */
  private endSleep: (() => void) | undefined;
  /** What devices wait for; the guest's clock stands still meanwhile. */
  private work: Promise<void> | undefined;
  private powerCycles = 0;

  constructor(private readonly clock: Clock) {}

  /** The machine was powered on: nothing that was begun before matters any more. */
  powerOn(): void {
    this.powerCycles++;
    this.work = undefined;
  }

  /** The guest's clock must stand still until {@link settle} has resolved. */
  get isWorking(): boolean {
    return this.work !== undefined;
  }

  /** See DeviceHost.waitForHost. */
  waitForHost<T>(work: Promise<T>, then: (result: T) => void): void {
    const { powerCycles, work: before } = this;
    // In the order in which devices asked, whatever comes first on the host.
    const hand = async (): Promise<void> => {
      await before;
      const result = await work;
      if (powerCycles === this.powerCycles) then(result);
    };
    this.work = hand();
  }

  /** Resolves when the host has done what devices wait for. */
  async settle(): Promise<void> {
    const { work } = this;
    await work;
    if (this.work === work) this.work = undefined;
  }

  /**
   * Lets something of the host's (a key, a packet, a time-out) reach the guest, at the guest's present time; a sleep ends.
   * Everything that changes a device or an interrupt line from outside a run does it in here.
   */
  fromHost(action: () => void): void {
    this.passIdleTime();
    action();
    this.wake();
  }

  /**
   * Sleeps until something of the host's comes in or, at the host's pace, `target` has come (all ones: never).
   * @returns false, at once, when that is too soon to sleep
   */
  async sleep(target: bigint, atHostsPace: boolean): Promise<boolean> {
    this.target = target;
    const milliseconds = atHostsPace ? this.idleTime.pause(target - this.now()) : 0;
    if (target !== NEVER && milliseconds === 0) return false;
    await new Promise<void>((resolve) => {
      const timer = target === NEVER ? undefined : setTimeout(() => this.wake(), milliseconds);
      this.endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return true;
  }

  /** Ends a sleep. */
  wake(): void {
    if (!this.endSleep) return;
    this.passIdleTime();
    this.idleTime.resume();
    this.endSleep();
    this.endSleep = undefined;
  }

  /** Brings the clock of a guest that sleeps at the host's pace up to date. */
  private passIdleTime(): void {
    const now = this.now();
    const passed = this.idleTime.passed(this.target - now);
    if (passed > 0n) this.clock.passIdleTime(now + passed);
  }

  private now(): bigint {
    return BigInt.asUintN(64, this.clock.now());
  }
}
