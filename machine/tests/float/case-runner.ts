// Runs one floating-point instruction on many operands: a bare-metal loop that takes a case from a table, executes the instruction
// and stores what it left.
import type { Machine } from "../../src/index";
import { assemble, bareMachine, CSR, halt, MSTATUS, RAM, reg, runToHalt } from "../bare";
import { floatLoad, floatStore } from "./encode";
import type { Operands } from "./operations";

/** A case: fcsr before (rounding mode and flags) and the operands. */
export interface Case extends Operands {
  fcsr: number;
}

/** What the instruction left in f10, x10 and fcsr. */
export interface Outcome {
  f: bigint;
  x: bigint;
  fcsr: number;
}

const TABLE = RAM + 0x1_0000;
const RECORD = 64;
const OUTCOME = 40; // offset in a record
const MOST_CASES = 8192;

export class CaseRunner {
  private constructor(private readonly machine: Machine) {}

  static async create(): Promise<CaseRunner> {
    const machine = await bareMachine((a) => halt(a), { memory: 1 << 20 });
    return new CaseRunner(machine);
  }

  /** Executes `word`, an instruction that reads f1, f2, f3 and x5 and writes f10 or x10, on every case. */
  run(word: number, cases: readonly Case[]): Outcome[] {
    if (cases.length > MOST_CASES) throw new RangeError(`${cases.length} cases are more than ${MOST_CASES}`);
    const { memory } = this.machine;
    memory.write(RAM, program(word, cases.length));
    const table = new DataView(new ArrayBuffer(cases.length * RECORD));
    cases.forEach(({ fcsr, a, b, c, x }, index) => {
      [BigInt(fcsr), a, b, c, x].forEach((value, field) => {
        table.setBigUint64(index * RECORD + 8 * field, value, true);
      });
    });
    memory.write(TABLE, new Uint8Array(table.buffer));
    this.machine.boot(BigInt(RAM));
    runToHalt(this.machine);
    const after = new DataView(memory.read(TABLE, cases.length * RECORD).slice().buffer);
    return cases.map((_, index) => {
      const at = index * RECORD + OUTCOME;
      return {
        f: after.getBigUint64(at, true),
        x: after.getBigUint64(at + 8, true),
        fcsr: Number(after.getBigUint64(at + 16, true)),
      };
    });
  }
}

function program(word: number, count: number): Uint8Array {
  return assemble((a) => {
    a.li(reg.t1, MSTATUS.FS);
    a.csrs(CSR.mstatus, reg.t1);
    a.li(reg.s0, TABLE);
    a.li(reg.s1, TABLE + count * RECORD);
    a.label("next");
    a.ld(reg.t1, reg.s0, 0);
    for (const [index, register] of [1, 2, 3].entries())
      a.word(floatLoad("d", register, reg.s0, 8 + 8 * index));
    a.ld(reg.t0, reg.s0, 32);
    a.csrw(CSR.fcsr, reg.t1);
    a.word(word);
    a.csrr(reg.t1, CSR.fcsr);
    a.word(floatStore("d", 10, reg.s0, OUTCOME));
    a.sd(reg.a0, reg.s0, OUTCOME + 8);
    a.sd(reg.t1, reg.s0, OUTCOME + 16);
    a.addi(reg.s0, reg.s0, RECORD);
    a.bltu(reg.s0, reg.s1, "next");
    halt(a);
  });
}
