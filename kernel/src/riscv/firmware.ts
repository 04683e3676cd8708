// Calls to the firmware (RISC-V Supervisor Binary Interface 0.2 and later; the console also in its legacy form).

import { ecall } from "rv";

const EXTENSION_LEGACY_PUT_CHAR: u64 = 1;
const EXTENSION_TIME: u64 = 0x54494d45;
const EXTENSION_IPI: u64 = 0x735049;
const EXTENSION_RFENCE: u64 = 0x52464e43;
const EXTENSION_HSM: u64 = 0x48534d;
const RFENCE_SFENCE_VMA: u64 = 1;
const RFENCE_SFENCE_VMA_ASID: u64 = 2;
const EVERYTHING: u64 = ~0;

export class Firmware {
  /** The timer interrupt of this hart becomes pending when `time` reaches `deadline`; an earlier one is withdrawn. */
  @inline static setTimer(deadline: u64): void {
    ecall(deadline, 0, 0, 0, 0, 0, 0, EXTENSION_TIME);
  }

  /** Makes a software interrupt pending on the hart with the firmware's number `hartId`. */
  static sendInterrupt(hartId: u32): void {
    ecall(1, <u64>hartId, 0, 0, 0, 0, 0, EXTENSION_IPI);
  }

  /** Forgets all translations on a hart; returns when it has. */
  static flushTranslations(hartId: u32): void {
    ecall(1, <u64>hartId, 0, EVERYTHING, 0, 0, RFENCE_SFENCE_VMA, EXTENSION_RFENCE);
  }

  /** Forgets the translations of `bytes` bytes at `address` in address space `asid` on a hart; returns when it has. */
  static flushAddresses(hartId: u32, asid: u64, address: u64, bytes: u64): void {
    ecall(1, <u64>hartId, address, bytes, asid, 0, RFENCE_SFENCE_VMA_ASID, EXTENSION_RFENCE);
  }

  /** Starts a stopped hart at physical address `entry` with a0 = its number, a1 = `argument`. False: it cannot be. */
  static startHart(hartId: u32, entry: u64, argument: u64): bool {
    return ecall(<u64>hartId, entry, argument, 0, 0, 0, 0, EXTENSION_HSM) == 0;
  }

  /** Writes a byte to the console. */
  static putChar(character: u32): void {
    ecall(<u64>character, 0, 0, 0, 0, 0, 0, EXTENSION_LEGACY_PUT_CHAR);
  }
}
