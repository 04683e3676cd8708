// Goldfish real-time clock: nanoseconds since 1970 and one alarm. (Android's GOLDFISH-VIRTUAL-HARDWARE.TXT, section IX;
// QEMU hw/rtc/goldfish_rtc.c.) It runs on guest time from a fixed epoch, so that runs are repeatable.
import type { Device, DeviceHost } from "../device";
import { RTC, RTC_INTERRUPT } from "./addresses";
import { readWords, writeWords } from "./register-access";

/** Reading the low word latches the high one. */
const TIME_LOW = 0x00;
const TIME_HIGH = 0x04;
/** Writing the low word sets the alarm. */
const ALARM_LOW = 0x08;
const ALARM_HIGH = 0x0c;
const IRQ_ENABLED = 0x10;
const CLEAR_ALARM = 0x14;
/** 1 while an alarm is set and has not come yet. */
const ALARM_STATUS = 0x18;
const CLEAR_INTERRUPT = 0x1c;

/** The clock of the harts is 100 MHz. */
const NANOSECONDS_PER_CYCLE = 10n;
const WORD = 0xffff_ffffn;

/** 2025-01-01T00:00:00Z in nanoseconds, what the clock shows at power-on unless told otherwise. */
export const DEFAULT_EPOCH = 1_735_689_600_000_000_000n;

/** The clock on the wall. */
export class Rtc implements Device {
  readonly name = "rtc";
  readonly base = RTC.base;
  readonly size = RTC.size;
  /** What the clock showed when the guest's clock was 0. */
  private offset: bigint;
  private latchedHigh = 0;
  private alarm = 0n;
  private cancelAlarm: (() => void) | null = null;
  private interruptEnabled = false;
  private interruptPending = false;

  constructor(
    private readonly host: Pick<DeviceHost, "now" | "scheduleAt">,
    private readonly plic: { setLine(source: number, level: boolean): void },
    epoch: bigint = DEFAULT_EPOCH,
  ) {
    this.offset = epoch;
  }

  read(offset: number, bytes: number): bigint {
    return readWords(offset, bytes, (word) => this.readWord(word));
  }

  write(offset: number, bytes: number, value: bigint): void {
    writeWords(offset, bytes, value, (word, low) => this.writeWord(word, BigInt(low)));
  }

  private readWord(offset: number): number {
    switch (offset) {
      case TIME_LOW: {
        const time = this.time();
        this.latchedHigh = Number(time >> 32n);
        return Number(time & WORD);
      }
      case TIME_HIGH:
        return this.latchedHigh;
      case ALARM_LOW:
        return Number(this.alarm & WORD);
      case ALARM_HIGH:
        return Number(this.alarm >> 32n);
      case IRQ_ENABLED:
        return this.interruptEnabled ? 1 : 0;
      case ALARM_STATUS:
        return this.cancelAlarm ? 1 : 0;
      default:
        return 0;
    }
  }

  private writeWord(offset: number, value: bigint): void {
    switch (offset) {
      case TIME_LOW:
        this.setTime((this.time() & ~WORD) | value);
        break;
      case TIME_HIGH:
        this.setTime((this.time() & WORD) | (value << 32n));
        break;
      case ALARM_LOW:
        this.alarm = (this.alarm & ~WORD) | value;
        this.startAlarm();
        break;
      case ALARM_HIGH:
        this.alarm = (this.alarm & WORD) | (value << 32n);
        break;
      case IRQ_ENABLED:
        this.interruptEnabled = (value & 1n) === 1n;
        break;
      case CLEAR_ALARM:
        this.clearAlarm();
        break;
      case CLEAR_INTERRUPT:
        this.interruptPending = false;
        break;
    }
    this.updateLine();
  }

  private time(): bigint {
    return BigInt.asUintN(64, this.offset + this.host.now() * NANOSECONDS_PER_CYCLE);
  }

  private setTime(time: bigint): void {
    this.offset += time - this.time();
    if (this.cancelAlarm) this.startAlarm();
  }

  private startAlarm(): void {
    this.clearAlarm();
    const wait = this.alarm - this.time();
    if (wait <= 0n) this.ring();
    else {
      const cycles = (wait + NANOSECONDS_PER_CYCLE - 1n) / NANOSECONDS_PER_CYCLE;
      this.cancelAlarm = this.host.scheduleAt(this.host.now() + cycles, () => {
        this.cancelAlarm = null;
        this.ring();
        this.updateLine();
      });
    }
  }

  private clearAlarm(): void {
    this.cancelAlarm?.();
    this.cancelAlarm = null;
  }

  private ring(): void {
    this.interruptPending = true;
  }

  private updateLine(): void {
    this.plic.setLine(RTC_INTERRUPT, this.interruptEnabled && this.interruptPending);
  }
}
