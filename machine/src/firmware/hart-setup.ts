// What machine mode prepares before a supervisor runs on a hart. (Privileged ISA 1.12, chapter 3; OpenSBI's lib/sbi/sbi_hart.c
// for what supervisors are used to.)
import { type Hart, Privilege } from "../hart";

const CSR = {
  sstatus: 0x100,
  sie: 0x104,
  stvec: 0x105,
  scounteren: 0x106,
  sscratch: 0x140,
  satp: 0x180,
  medeleg: 0x302,
  mideleg: 0x303,
  mcounteren: 0x306,
  menvcfg: 0x30a,
  mcountinhibit: 0x320,
  mhpmevent3: 0x323,
  mhpmevent4: 0x324,
  pmpcfg0: 0x3a0,
  pmpaddr0: 0x3b0,
} as const;

/**
 * Exceptions a supervisor handles itself: all but environment calls from S and M mode. Real firmware keeps some more, only to
 * pass them on; the supervisor sees the same.
 */
const DELEGATED_EXCEPTIONS = 0xb1ffn;
/** Supervisor software, timer and external interrupts. */
const SUPERVISOR_INTERRUPTS = 0x222n;
/** User software, timer and external interrupts, which the supervisor may pass on by sideleg. */
const USER_INTERRUPTS = 0x111n;
const ALL_COUNTERS = 0xffff_ffffn;
/** cycle, time and instret, which OpenSBI opens to user mode. */
const USER_COUNTERS = 7n;
/** mhpmevent codes of this machine: traps taken into S or M mode; user interrupts. */
const EVENT_TRAPS = 1n;
const EVENT_USER_INTERRUPTS = 2n;
/** Supervisors may use cbo.inval, cbo.clean, cbo.flush and cbo.zero, page types (Svpbmt), and stimecmp, the timer of this firmware too. */
const ENVIRONMENT = (3n << 4n) | (1n << 6n) | (1n << 7n) | (1n << 62n) | (1n << 63n);
/** One PMP entry for everything: naturally aligned power of two; read, write, execute. */
const PMP_ALL_ADDRESSES = (1n << 54n) - 1n;
const PMP_OPEN = 0x1fn;
const SSTATUS_SIE = 2n;
/** sstatus.FS = Dirty: supervisors find the floating-point unit on, as OpenSBI leaves it. */
const FLOAT_ON = 3n << 13n;

/** Delegation, counters and memory protection, once at power-on. */
export function prepareHart(hart: Hart, userInterrupts: boolean): void {
  hart.setCsr(CSR.medeleg, DELEGATED_EXCEPTIONS);
  hart.setCsr(CSR.mideleg, SUPERVISOR_INTERRUPTS | (userInterrupts ? USER_INTERRUPTS : 0n));
  hart.setCsr(CSR.mcounteren, ALL_COUNTERS);
  hart.setCsr(CSR.scounteren, USER_COUNTERS);
  hart.setCsr(CSR.menvcfg, ENVIRONMENT);
  hart.setCsr(CSR.mcountinhibit, 0n);
  hart.setCsr(CSR.mhpmevent3, EVENT_TRAPS);
  hart.setCsr(CSR.mhpmevent4, EVENT_USER_INTERRUPTS);
  hart.setCsr(CSR.pmpaddr0, PMP_ALL_ADDRESSES);
  hart.setCsr(CSR.pmpcfg0, PMP_OPEN);
}

/** Starts the hart in S mode at physical `entry` with a0 = its number and a1 = `opaque`, translation and interrupts off. */
export function enterSupervisor(hart: Hart, entry: bigint, opaque: bigint): void {
  for (const csr of [CSR.sie, CSR.sscratch, CSR.satp]) hart.setCsr(csr, 0n);
  hart.setCsr(CSR.sstatus, FLOAT_ON);
  hart.setCsr(CSR.stvec, entry);
  hart.setX(10, BigInt(hart.id));
  hart.setX(11, opaque);
  hart.start(entry, Privilege.supervisor);
}

/** Lets a hart that runs in S mode go on at physical `entry`, translation and interrupts off and its other registers kept. */
export function resumeSupervisor(hart: Hart, entry: bigint): void {
  hart.setCsr(CSR.sstatus, hart.csr(CSR.sstatus) & ~SSTATUS_SIE);
  hart.setCsr(CSR.satp, 0n);
  hart.pc = entry;
}
