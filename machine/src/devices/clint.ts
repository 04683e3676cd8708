// Core-local interruptor: the software interrupt and the timer of each hart. (SiFive FU540 manual, chapter 9; the layout
// of RISC-V ACLINT's MSWI and MTIMER devices.) Time and compare values belong to the machine, which compares them.
import { BusError, type Device, type DeviceHost, InterruptBit } from "../device";
import { CLINT } from "./addresses";

/** A word per hart, bit 0 drives its machine software interrupt. */
const MSIP = 0x0;
const MSIP_END = 0x4000;
/** Eight bytes per hart. */
const MTIMECMP = 0x4000;
const MTIME = 0xbff8;

const WORD = 0xffff_ffffn;

type ClintHost = Pick<
  DeviceHost,
  "hartCount" | "setInterrupt" | "time" | "setTime" | "timeCompare" | "setTimeCompare"
>;

/** Software interrupts and timers of all harts. */
export class Clint implements Device {
  readonly name = "clint";
  readonly base = CLINT.base;
  readonly size = CLINT.size;
  private readonly software: boolean[];

  constructor(private readonly host: ClintHost) {
    this.software = Array.from({ length: host.hartCount }, () => false);
  }

  read(offset: number, bytes: number): bigint {
    checkAccess(offset, bytes);
    if (offset < MSIP_END) {
      const word = (at: number): bigint => (this.software[at / 4] ? 1n : 0n);
      return bytes === 4 ? word(offset) : word(offset) | (word(offset + 4) << 32n);
    }
    const register = this.readTimer(offset - (offset % 8));
    return bytes === 8 ? register : (register >> (offset % 8 === 0 ? 0n : 32n)) & WORD;
  }

  write(offset: number, bytes: number, value: bigint): void {
    checkAccess(offset, bytes);
    if (offset < MSIP_END) {
      this.setSoftwareInterrupt((offset - MSIP) / 4, (value & 1n) === 1n);
      if (bytes === 8) this.setSoftwareInterrupt((offset - MSIP) / 4 + 1, ((value >> 32n) & 1n) === 1n);
      return;
    }
    const aligned = offset - (offset % 8);
    if (bytes === 8) this.writeTimer(aligned, BigInt.asUintN(64, value));
    else {
      const old = this.readTimer(aligned);
      const low = offset % 8 === 0;
      this.writeTimer(aligned, low ? (old & ~WORD) | (value & WORD) : (old & WORD) | ((value & WORD) << 32n));
    }
  }

  private setSoftwareInterrupt(hart: number, level: boolean): void {
    if (hart >= this.host.hartCount) return;
    this.software[hart] = level;
    this.host.setInterrupt(hart, InterruptBit.machineSoftware, level);
  }

  private readTimer(offset: number): bigint {
    if (offset === MTIME) return this.host.time();
    const hart = (offset - MTIMECMP) / 8;
    return hart < this.host.hartCount ? this.host.timeCompare(hart) : 0n;
  }

  private writeTimer(offset: number, value: bigint): void {
    const hart = (offset - MTIMECMP) / 8;
    if (offset === MTIME) this.host.setTime(value);
    else if (hart < this.host.hartCount) this.host.setTimeCompare(hart, value);
  }
}

function checkAccess(offset: number, bytes: number): void {
  if ((bytes !== 4 && bytes !== 8) || offset % bytes !== 0)
    throw new BusError(`the CLINT has no register of ${bytes} bytes at offset 0x${offset.toString(16)}`);
}
