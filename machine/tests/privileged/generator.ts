// Random privileged programs: steps of a few instructions in M, S or U mode, with random delegation, page tables, status bits,
// pending interrupts and memory protection. What QEMU 7.2 does differently from the specification is left out where it
// would be made; docs/machine.md lists it.
import { makeElf } from "../../src/test-support/make-elf";
import { Random } from "../../src/test-support/random";
import { type AddressSpace, AddressSpaceMaker } from "./address-space";
import { MSTATUS, WORD } from "./encodings";
import { LOG_END, makeHarness, NEXT_STEP } from "./harness";
import { InitialState } from "./initial-state";
import * as at from "./layout";
import { type Step, StepMaker } from "./step-maker";

const PAGE = 0x1000;
const ALL_ONES = (1n << 64n) - 1n;

export interface Program {
  elf: Uint8Array;
  steps: Step[];
}

/**
 * A program of `count` steps from a seed; every few steps there are new address spaces.
 * @param hasPageExtensions uses Svinval, Svnapot and Svpbmt instead of reserved bits
 */
export function makeProgram(seed: number, count: number, hasPageExtensions: boolean): Program {
  return new ProgramMaker(new Random(seed), hasPageExtensions).make(count);
}

const STEPS_PER_SPACE = 8;
/** The last steps lock PMP entries now and then, which stay locked. */
const STEPS_WITH_LOCKS = 40;

class ProgramMaker {
  private readonly image = new Uint8Array(at.LOG - at.RAM);
  private readonly view = new DataView(this.image.buffer);
  private free = 0;
  private readonly poke = (address: number, value: bigint): void =>
    this.view.setBigUint64(address - at.RAM, BigInt.asUintN(64, value), true);

  constructor(
    private readonly random: Random,
    private readonly hasPageExtensions: boolean,
  ) {}

  make(count: number): Program {
    this.image.set(makeHarness());
    for (let address = at.CALLEES; address < at.CALLEES + at.CALLEE_PAGES * PAGE; address += 4)
      this.view.setUint32(address - at.RAM, WORD.returns, true);
    this.poke(NEXT_STEP, BigInt(at.STEPS));
    this.poke(LOG_END, BigInt(at.LOG));
    this.free = align(at.STEPS + (count + 1) * at.STEP.size, PAGE);
    const allocatePage = () => this.allocate(PAGE);
    const maker = new AddressSpaceMaker(this.random, this.poke, allocatePage, this.hasPageExtensions);
    const steps: Step[] = [];
    let spaces: AddressSpace[] = [];
    while (steps.length < count) {
      if (steps.length % STEPS_PER_SPACE === 0) spaces = [maker.make(this.asid()), maker.make(this.asid())];
      const mayLock = steps.length >= count - STEPS_WITH_LOCKS;
      steps.push(this.addStep(at.STEPS + steps.length * at.STEP.size, spaces, mayLock));
    }
    const bytes = this.image.slice(0, this.free - at.RAM);
    return { elf: makeElf({ segments: [{ address: BigInt(at.RAM), bytes, flags: 7 }] }), steps };
  }

  private asid(): bigint {
    return BigInt(this.random.below(1 << 16));
  }

  private allocate(bytes: number): number {
    const address = this.free;
    this.free += bytes;
    if (this.free > at.LOG) throw new Error("the program does not fit: make fewer steps");
    return address;
  }

  private addStep(address: number, spaces: AddressSpace[], mayLock: boolean): Step {
    const codeAddress = this.allocate(PAGE);
    const options = { hasPageExtensions: this.hasPageExtensions, mayLock };
    const space = this.random.pick(spaces);
    const state = new InitialState(this.random, space, codeAddress, options);
    const step = new StepMaker(this.random, spaces, space, state, codeAddress, options).make();
    for (const [index, word] of step.code.entries())
      this.view.setUint32(codeAddress - at.RAM + 4 * index, word, true);
    this.poke(address + at.STEP.msip, this.random.chance(6) ? 1n : 0n);
    this.poke(address + at.STEP.mtimecmp, this.random.chance(6) ? 0n : ALL_ONES);
    this.poke(
      address + at.STEP.supervisorReturns,
      step.csrs.mstatus & MSTATUS.TSR || this.random.chance(5) ? 0n : 1n,
    );
    for (const [index, csr] of (Object.keys(at.STEP_CSRS) as at.StepCsr[]).entries())
      this.poke(address + at.STEP.csrs + 8 * index, step.csrs[csr]);
    for (const [index, value] of step.registers.entries())
      this.poke(address + at.STEP.registers + 8 * index, value);
    return step;
  }
}

const align = (value: number, to: number): number => Math.ceil(value / to) * to;
