/** A fake hart: control and status registers, floating-point registers, and where it is. Bits are those of kernel/src/riscv/csr.ts. */
import type { InspectedHart } from "../../inspection/view";
import {
  CSR_SATP,
  CSR_SIDELEG,
  CSR_SIE,
  CSR_SIP,
  CSR_SSTATUS,
  CSR_UIE,
  CSR_USTATUS,
  IP_EXTERNAL,
  IP_SOFTWARE,
  IP_TIMER,
  IP_USER_SOFTWARE,
  SSTATUS_FS,
  SSTATUS_FS_DIRTY,
} from "../../src/riscv/csr";

const CSR_UIP = 0x044;
const USER_STATUS = 0x11n;

/** Interrupt lines from outside the hart, and the time. */
export interface HartInputs {
  userInterrupt(hart: number): boolean;
  deviceInterrupt(hart: number): boolean;
  now(): bigint;
}

export class FakeHart implements InspectedHart {
  /** Tests look at harts when none is in the kernel. */
  readonly isSettled = true;
  /** Pointer to this hart's record in kernel memory: register tp. */
  threadPointer = 0n;
  /** In user mode: outside the kernel, or waiting for its lock. */
  inUserMode = false;
  started = false;
  /** Argument of the firmware call that started it. */
  startArgument = 0n;
  softwareInterrupt = false;
  /** The time at which the timer interrupt becomes pending. */
  timerDeadline = 2n ** 64n - 1n;
  /** f0…f31. */
  readonly f = new BigUint64Array(32);
  fcsr = 0;
  private readonly registers = new Map<number, bigint>();

  constructor(
    readonly id: number,
    private readonly inputs: HartInputs,
    /** It has F and D; otherwise sstatus.FS is always off. */
    readonly hasFloatingPoint: boolean,
  ) {}

  /** sstatus.FS, in its place. */
  get fpuStatus(): number {
    return Number(this.stored(CSR_SSTATUS)) & SSTATUS_FS;
  }

  set fpuStatus(status: number) {
    this.writeCsr(CSR_SSTATUS, (this.stored(CSR_SSTATUS) & ~BigInt(SSTATUS_FS)) | BigInt(status));
  }

  /** An instruction changes a floating-point register. */
  setFloat(register: number, value: bigint): void {
    this.f[register] = value;
    this.fpuStatus = SSTATUS_FS_DIRTY;
  }

  float(register: number): bigint {
    return this.f[register]!;
  }

  get satp(): bigint {
    return this.stored(CSR_SATP);
  }

  get isCalled(): boolean {
    return this.kernelInterrupts() !== 0n;
  }

  readCsr(number: number): bigint {
    switch (number) {
      case CSR_USTATUS:
        return this.stored(CSR_SSTATUS) & USER_STATUS;
      case CSR_UIE:
        return this.stored(CSR_SIE) & this.stored(CSR_SIDELEG);
      case CSR_UIP:
        return this.pending() & this.stored(CSR_SIDELEG);
      case CSR_SIP:
        return this.pending();
      default:
        return this.stored(number);
    }
  }

  writeCsr(number: number, value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    switch (number) {
      case CSR_USTATUS:
        this.registers.set(CSR_SSTATUS, (this.stored(CSR_SSTATUS) & ~USER_STATUS) | (bits & USER_STATUS));
        break;
      case CSR_UIE: {
        const mask = this.stored(CSR_SIDELEG);
        this.registers.set(CSR_SIE, (this.stored(CSR_SIE) & ~mask) | (bits & mask));
        break;
      }
      case CSR_SIP:
        this.softwareInterrupt = (bits & BigInt(IP_SOFTWARE)) !== 0n;
        break;
      case CSR_SSTATUS:
        this.registers.set(number, this.hasFloatingPoint ? bits : bits & ~BigInt(SSTATUS_FS));
        break;
      default:
        this.registers.set(number, bits);
    }
  }

  /** Interrupts that would enter the kernel now, if the hart were in user mode. */
  kernelInterrupts(): bigint {
    return this.pending() & this.stored(CSR_SIE) & ~this.stored(CSR_SIDELEG);
  }

  /** Would the hart stop waiting (`wfi`)? */
  wakes(): boolean {
    return (this.pending() & this.stored(CSR_SIE)) !== 0n;
  }

  private pending(): bigint {
    let bits = 0n;
    if (this.softwareInterrupt) bits |= BigInt(IP_SOFTWARE);
    if (this.inputs.now() >= this.timerDeadline) bits |= BigInt(IP_TIMER);
    if (this.inputs.deviceInterrupt(this.id)) bits |= BigInt(IP_EXTERNAL);
    if (this.inputs.userInterrupt(this.id)) bits |= BigInt(IP_USER_SOFTWARE);
    return bits;
  }

  private stored(number: number): bigint {
    return this.registers.get(number) ?? 0n;
  }
}
