// The platform-level interrupt controller (RISC-V PLIC specification 1.0.0): device interrupts 1…MAX_IRQ.
//
// Device interrupts go to the hart that booted. A claimed source stays quiet until it is completed, which is how an
// interrupt is masked between its delivery and the driver's acknowledgement.

import { load32, store32 } from "rv";
import { HartContext } from "./hart-context";

/** Device window: physical addresses of the first gigabyte. */
const DEVICE_WINDOW: u64 = 0xffff_ffff_4000_0000;
const ENABLE: u64 = 0x2000;
const ENABLE_CONTEXT_STRIDE: u64 = 0x80;
const CONTEXT: u64 = 0x20_0000;
const CONTEXT_STRIDE: u64 = 0x1000;
const CLAIM: u64 = 4;
const ENABLE_WORDS: u32 = 4;

/** Largest interrupt number of a device. */
export const MAX_DEVICE_IRQ: u32 = 95;

export class Plic {
  static base: u64 = 0;

  /** Boot: all sources have the lowest priority that can interrupt, and none is enabled anywhere. */
  static initialise(physicalBase: u64): void {
    Plic.base = DEVICE_WINDOW + physicalBase;
    for (let irq: u32 = 1; irq <= MAX_DEVICE_IRQ; irq++) store32(Plic.base + ((<u64>irq) << 2), 1);
  }

  /** This hart takes device interrupts from now on (none is enabled yet). */
  static initialiseHart(): void {
    for (let word: u32 = 0; word < ENABLE_WORDS; word++) store32(Plic.enableWord(word << 5), 0);
    store32(Plic.context(), 0);
  }

  /** Lets a source interrupt the boot hart, or not. */
  static setEnabled(irq: u32, enabled: bool): void {
    const word = Plic.enableWord(irq);
    const bit: u32 = 1 << (irq & 31);
    const old = load32(word);
    store32(word, enabled ? old | bit : old & ~bit);
  }

  /** Takes the most urgent pending interrupt; 0: there is none. */
  @inline static claim(): u32 {
    return load32(Plic.context() + CLAIM);
  }

  /** The source may interrupt again. */
  @inline static complete(irq: u32): void {
    store32(Plic.context() + CLAIM, irq);
  }

  private static context(): u64 {
    return Plic.base + CONTEXT + <u64>HartContext.at(0).plicContext * CONTEXT_STRIDE;
  }

  private static enableWord(irq: u32): u64 {
    return (
      Plic.base + ENABLE + <u64>HartContext.at(0).plicContext * ENABLE_CONTEXT_STRIDE + ((<u64>irq >> 5) << 2)
    );
  }
}
