// Notices harts that take one and the same exception over and over, in the mode of its handler: a handler that cannot mend what is
// wrong, or that faults itself. It may be meant, so it is only said.
import { type Hart, type Machine, Privilege } from "@rel4/machine";
import { exceptionName } from "./event-words";

const CSR = {
  sstatus: 0x100,
  sepc: 0x141,
  scause: 0x142,
  stval: 0x143,
  mstatus: 0x300,
  mepc: 0x341,
  mcause: 0x342,
  mtval: 0x343,
} as const;
const SPP = 1n << 8n;
const MPP = 3n << 11n;
/** Breakpoints and environment calls are asked for. */
const ASKED_FOR = [3, 8, 9, 11];
/** Exceptions between two looks that are no accident. */
const MANY = 1000n;

interface Exception {
  cause: bigint;
  pc: bigint;
  value: bigint;
}

interface Look {
  last: Exception | undefined;
  /** Exceptions of that cause so far. */
  count: bigint;
}

export class RepeatedException {
  private readonly looks = new Map<number, Look>();

  /** To be asked now and then; returns what to say when a hart has done nothing else since the last time. */
  check(machine: Machine): string | undefined {
    for (const hart of machine.harts) {
      const before = this.looks.get(hart.id);
      const last = handledException(hart);
      const count = last ? (hart.counters.exceptions[Number(last.cause)] ?? 0n) : 0n;
      this.looks.set(hart.id, { last, count });
      if (!last || !before?.last || count - before.count < MANY) continue;
      const isSame = (["cause", "pc", "value"] as const).every((key) => before.last?.[key] === last[key]);
      if (!isSame) continue;
      const where = machine.symbols?.describe(last.pc) ?? `0x${last.pc.toString(16)}`;
      return (
        `hart ${hart.id} takes the same exception over and over: ${exceptionName(Number(last.cause))} at ${where}, ` +
        `value 0x${last.value.toString(16)}`
      );
    }
    return undefined;
  }
}

/** The last exception a hart took from the mode it was then handled in. */
function handledException(hart: Hart): Exception | undefined {
  if (hart.runState !== "running") return undefined;
  const isMachine = hart.privilege === Privilege.machine;
  const [cause, pc, value] = isMachine
    ? [hart.csr(CSR.mcause), hart.csr(CSR.mepc), hart.csr(CSR.mtval)]
    : [hart.csr(CSR.scause), hart.csr(CSR.sepc), hart.csr(CSR.stval)];
  const isOwn = isMachine
    ? (hart.csr(CSR.mstatus) & MPP) === MPP
    : hart.privilege === Privilege.supervisor && (hart.csr(CSR.sstatus) & SPP) !== 0n;
  return isOwn && cause < 16n && !ASKED_FOR.includes(Number(cause)) ? { cause, pc, value } : undefined;
}
