/**
 * Notices a program that never comes back from its user-interrupt handler.
 *
 * Such a program is not dead for the machine, which would go on for ever. The watchdog looks at a running machine now and
 * then, from outside: which program is in user mode on each hart (its start-info page says so), and whether it has had user
 * interrupts switched off, after having had them on, ever since a second of machine time ago.
 */
import { PROGRAM_START_INFO, START_INFO_MAGIC, START_INFO_MAGIC_AT, START_INFO_PROGRAM_AT } from "@rel4/abi";
import type { BuiltSystem } from "./build-system";
import type { FunctionSymbol } from "./compile-program";

/** What the watchdog needs of a machine; `Machine` of @rel4/machine is one. */
export interface WatchedMachine {
  harts: readonly {
    privilege: number;
    pc: bigint;
    clock: bigint;
    csr(number: number): bigint;
    counters: { userInterrupts: bigint };
  }[];
  memory: { readU32(address: bigint): number; readU64(address: bigint): bigint };
}

const USER_MODE = 0;
const CSR_USTATUS = 0x000;
const CSR_SATP = 0x180;
/** UIE: user interrupts are on. UPIE: they were on before the handler was entered. */
const UIE = 1n;
const UPIE = 1n << 4n;
/** A second of machine time. */
const DEFAULT_LIMIT = 100_000_000n;

// Sv39
const ENTRY_VALID = 1n;
const ENTRY_LEAF = 0b1110n;
const PAGE_NUMBER_MASK = (1n << 44n) - 1n;

export class HandlerWatchdog {
  /** Program number → when it was first seen in its handler, and how many its hart had taken: another one is news. */
  private readonly since = new Map<number, { clock: bigint; taken: bigint }>();
  private readonly names: string[];

  /** @param limit cycles a handler may take */
  constructor(
    private readonly system: Pick<BuiltSystem, "description" | "programs">,
    private readonly limit = DEFAULT_LIMIT,
  ) {
    this.names = system.description.programs.map(({ name }) => name);
  }

  /** Looks at the machine; returns a message when a program is stuck in its handler. Call it every few thousand cycles. */
  check(machine: WatchedMachine): string | undefined {
    for (const hart of machine.harts) {
      if (hart.privilege !== USER_MODE) continue;
      const program = runningProgram(machine, hart.csr(CSR_SATP));
      if (program === undefined) continue;
      if ((hart.csr(CSR_USTATUS) & (UIE | UPIE)) !== UPIE) {
        this.since.delete(program);
        continue;
      }
      const since = this.since.get(program);
      const taken = hart.counters.userInterrupts;
      if (since?.taken !== taken) this.since.set(program, { clock: hart.clock, taken });
      else if (hart.clock - since.clock > this.limit) return this.describe(program, Number(hart.pc));
    }
    return undefined;
  }

  private describe(program: number, pc: number): string {
    const name = this.names[program] ?? `number ${program}`;
    const place = functionAt(this.system.programs[name]?.functions ?? [], pc);
    return (
      `program "${name}" does not come back from its user-interrupt handler: it has kept user interrupts off for a second of ` +
      `machine time, now in ${place} (pc 0x${pc.toString(16)}); a handler must return, and mask() be followed by restore()`
    );
  }
}

/** `function+0xoffset` of a program counter. @param functions by ascending address */
export function functionAt(functions: readonly FunctionSymbol[], pc: number): string {
  const last = functions.filter(({ address }) => address <= pc).at(-1);
  return last ? `${last.name}+0x${(pc - last.address).toString(16)}` : "unknown code";
}

/** Number of the program whose address space `satp` names, by its start-info page; undefined for the root server. */
function runningProgram(machine: WatchedMachine, satp: bigint): number | undefined {
  const page = translate(machine, satp, BigInt(PROGRAM_START_INFO));
  if (page === undefined || machine.memory.readU32(page + BigInt(START_INFO_MAGIC_AT)) !== START_INFO_MAGIC)
    return undefined;
  return machine.memory.readU32(page + BigInt(START_INFO_PROGRAM_AT));
}

/** Physical address of a page in an address space, if a 4 KiB page is mapped there. */
function translate(machine: WatchedMachine, satp: bigint, address: bigint): bigint | undefined {
  let table = (satp & PAGE_NUMBER_MASK) << 12n;
  for (const shift of [30n, 21n, 12n]) {
    const entry = machine.memory.readU64(table + ((address >> shift) & 0x1ffn) * 8n);
    if ((entry & ENTRY_VALID) === 0n) return undefined;
    table = ((entry >> 10n) & PAGE_NUMBER_MASK) << 12n;
    if ((entry & ENTRY_LEAF) !== 0n) return shift === 12n ? table : undefined;
  }
  return undefined;
}
