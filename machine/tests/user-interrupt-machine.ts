// Machines for tests of user interrupts: harts that are stopped between single steps, so that a test decides who does what.
import type { Machine } from "../src/index";
import { type Assembler, assemble, bareMachine, CSR, MSTATUS, RAM, reg } from "./bare";

export const UINTC = 0x2f1_0000n;
export const SEND = 0x00n;
export const LOW = 0x08n;
export const HIGH = 0x10n;
export const ACTIVE = 0x18n;
export const ENABLE = 1n << 63n;

/** Code addresses. */
export const STORE = RAM + 0x100;
export const LOAD = RAM + 0x104;
export const USER = RAM + 0x200;
export const HANDLER = RAM + 0x400;
export const S_HANDLER = RAM + 0x480;
export const TABLE = RAM + 0x8000;

export const register = (receiver: bigint, offset: bigint) => UINTC + receiver * 32n + offset;
export const low = (hart: bigint, active: boolean) => (hart << 16n) | 2n | (active ? 1n : 0n);
export const senderEntry = (receiver: bigint, vector: bigint, valid = 1n) =>
  (receiver << 48n) | (vector << 16n) | valid;

/** A machine whose harts are stopped, with `user` at USER and handlers that note themselves in a7. */
export async function machineWith(user: (a: Assembler) => void, harts = 2): Promise<Machine> {
  const machine = await bareMachine((a) => a.wfi(), { harts });
  for (const hart of machine.harts) hart.stop();
  const place = (address: number, write: (a: Assembler) => void) =>
    machine.memory.write(address, assemble(write, address));
  place(STORE, (a) => a.sd(reg.a1, reg.a0, 0));
  place(LOAD, (a) => a.ld(reg.a2, reg.a0, 0));
  place(USER, user);
  place(HANDLER, (a) => {
    a.li(reg.a7, 10);
    a.uret();
  });
  place(S_HANDLER, (a) => {
    a.li(reg.a7, 11);
    a.sret();
  });
  return machine;
}

/** Executes one instruction on a hart, alone. */
export function step(
  machine: Machine,
  hartId: number,
  pc: number | bigint,
  privilege: 0 | 1 | 3,
  instructions = 1,
): void {
  const hart = machine.harts[hartId]!;
  hart.start(BigInt(pc), privilege);
  machine.runSync({ maxInstructions: instructions });
  hart.stop();
}

/** A store by hart 0 in M mode. */
export function write(machine: Machine, address: bigint, value: bigint): void {
  machine.harts[0]!.setX(reg.a0, address);
  machine.harts[0]!.setX(reg.a1, value);
  step(machine, 0, STORE, 3);
}

/** A load by hart 0 in M mode. */
export function read(machine: Machine, address: bigint): bigint {
  machine.harts[0]!.setX(reg.a0, address);
  step(machine, 0, LOAD, 3);
  return machine.harts[0]!.x(reg.a2);
}

/** Prepares a hart as a kernel does for a running receiver. */
export function enableUserInterrupts(machine: Machine, hartId: number): void {
  const hart = machine.harts[hartId]!;
  hart.setCsr(CSR.mideleg, 0x333n);
  hart.setCsr(CSR.sideleg, 0x111n);
  hart.setCsr(CSR.mie, 0x111n);
  hart.setCsr(CSR.mstatus, MSTATUS.UIE);
  hart.setCsr(CSR.utvec, BigInt(HANDLER));
  hart.setCsr(CSR.stvec, BigInt(S_HANDLER));
}

export const usip = (machine: Machine, hartId: number) => machine.harts[hartId]!.csr(CSR.mip) & 1n;
export const userInterrupts = (machine: Machine, hartId: number) =>
  machine.harts[hartId]!.counters.userInterrupts;
export const nops = (a: Assembler) => {
  for (let i = 0; i < 8; i++) a.nop();
};
