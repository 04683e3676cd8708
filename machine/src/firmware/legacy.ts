// The calls of SBI 0.1: one number each, an error or a value in a0 only. (SBI Specification 2.0, chapter 5.) Sets of harts are
// masks in memory, at a virtual address of the caller; address 0 means all harts.
import type { Hart } from "../hart";
import { type SbiCall, SbiError } from "./call";
import { hartsIn } from "./hart-mask";
import { clearInterrupt, sendInterrupts } from "./ipi";
import { readSupervisorWord } from "./supervisor-memory";

const ALL_HARTS = (1n << 64n) - 1n;

/** The legacy calls by a7; each returns a0. */
export const legacyCalls: readonly ((call: SbiCall) => bigint)[] = [
  ({ host, hart, argument }) => {
    host.setSupervisorTimer(hart.id, argument(0));
    return SbiError.success;
  },
  ({ console, argument }) => {
    console.write(Number(argument(0) & 0xffn));
    return SbiError.success;
  },
  ({ console }) => BigInt(console.read()),
  ({ hart }) => {
    clearInterrupt(hart);
    return SbiError.success;
  },
  (call) => onHarts(call, sendInterrupts),
  (call) => onHarts(call, flushInstructions),
  (call) => onHarts(call, flushTranslations),
  (call) => onHarts(call, flushTranslations),
  ({ host }) => {
    host.powerOff(0);
    return SbiError.success;
  },
];

function flushInstructions(harts: readonly Hart[]): void {
  for (const hart of harts) hart.flushInstructions();
}

function flushTranslations(harts: readonly Hart[]): void {
  for (const hart of harts) hart.flushTranslations();
}

function onHarts(call: SbiCall, action: (harts: readonly Hart[]) => void): bigint {
  const pointer = call.argument(0);
  const mask = pointer === 0n ? null : readSupervisorWord(call.host, call.hart, pointer);
  if (pointer !== 0n && mask === null) return SbiError.invalidAddress;
  const harts = hartsIn(call.host, mask ?? 0n, mask === null ? ALL_HARTS : 0n);
  if (!harts) return SbiError.invalidParameter;
  action(harts);
  return SbiError.success;
}
