/**
 * What can happen next: two harts (or one) with weakly ordered memory (weak-memory.ts), user interrupts and a kernel that lets
 * threads wait.
 *
 * The kernel. A trap orders nothing. What does is the kernel's lock: taking it is an acquire, giving it back a release, so a
 * hart leaves the kernel when its stores are visible and its loads performed. Signal marks the notification or
 * wakes who waits; Wait returns at once when it is marked. A user interrupt is taken between two steps of a program that
 * runs in user mode with interrupts on, and only notes that it came; for a program in the kernel it stays pending,
 * and, unless `kernelWatches`, wakes nobody.
 */
import { ANSWERED, STATE_NAMES, type System } from "./protocol";
import type { Registers, Step } from "./step";
import { WeakMemory } from "./weak-memory";

export interface MachineOptions {
  /** "sequential": every access happens at once and in order, as if there were no store buffers. */
  memory: "weak" | "sequential";
  /** Does a user interrupt for a program that waits in the kernel end its wait? */
  kernelWatches: boolean;
}

// A hart's part of a state
/** Process that runs, or NOBODY. */
const HART_CURRENT = 0;
const HART_IN_KERNEL = 1;
const HART_BYTES = 2;

// A process's part of a state
/** Number of its next step. */
const PROCESS_STEP = 0;
const PROCESS_RUN_STATE = 1;
/** Signals that wait in its notification, user interrupts that are pending, and those its handler has noted. */
const PROCESS_SIGNALS = 2;
const PROCESS_PENDING = 3;
const PROCESS_ARRIVALS = 4;
const PROCESS_MASKED = 5;
const PROCESS_REGISTERS = 6;

// Run states
const RUNS = 0;
const WAITS = 1;
const WOKEN = 2;
const FINISHED = 3;

const NOBODY = 0xff;

const OVERWRITTEN = "the item was overwritten before it was read";
const NOTHING_SAID: string[] = [];

/** Called for each state that can come next; what happened is in `Machine.text` when `Machine.describes`. */
export type Visit = (next: Uint8Array) => void;

export class Machine {
  /** Bytes of a state. */
  readonly size: number;
  /** Whether `text` is wanted. */
  describes = false;
  text = "";
  /** What was wrong in the state visited last, or undefined. */
  violation: string | undefined;

  private readonly memory: WeakMemory;
  private readonly harts: number;
  private readonly processes: number;
  private readonly hartsAt: number;
  private readonly processesAt: number;
  private readonly processBytes: number;
  /** Is the kernel's lock taken? */
  private readonly lockAt: number;
  private readonly registers = new StateRegisters();
  private before: Uint8Array = new Uint8Array(0);
  private visit: Visit = () => {};

  constructor(
    private readonly system: System,
    private readonly options: MachineOptions,
  ) {
    for (const program of system.programs)
      if (program.steps.length > 256) throw new Error("a program has more steps than a byte can count");
    this.harts = Math.max(...system.harts) + 1;
    this.processes = system.programs.length;
    const readers = system.readers.map((process) => system.harts[process]!);
    this.memory = new WeakMemory(readers, this.harts, options.memory === "weak" && this.harts > 1);
    this.hartsAt = this.memory.size;
    this.processesAt = this.hartsAt + this.harts * HART_BYTES;
    this.processBytes = PROCESS_REGISTERS + system.registers;
    this.lockAt = this.processesAt + this.processes * this.processBytes;
    this.size = this.lockAt + 1;
  }

  /** Nothing has been written, every hart runs its first process. */
  initial(): Uint8Array {
    const state = new Uint8Array(this.size);
    this.memory.initialise(state);
    for (let hart = 0; hart < this.harts; hart++) {
      state[this.hart(hart) + HART_CURRENT] = this.system.harts.indexOf(hart);
    }
    return state;
  }

  /** Have all clients got all their answers? */
  isDone(state: Uint8Array): boolean {
    for (let client = 0; client < this.system.clients; client++) {
      if (state[this.process(client) + PROCESS_REGISTERS + ANSWERED] !== this.system.calls) return false;
    }
    return true;
  }

  /** Visits every state that can follow. */
  successors(state: Uint8Array, visit: Visit): void {
    this.before = state;
    this.visit = visit;
    this.violation = undefined;
    for (let hart = 0; hart < this.harts; hart++) {
      this.performAccesses(hart);
      if (!state[this.hart(hart) + HART_IN_KERNEL]) this.runHart(hart);
    }
  }

  private hart(hart: number): number {
    return this.hartsAt + hart * HART_BYTES;
  }
  private process(process: number): number {
    return this.processesAt + process * this.processBytes;
  }

  private emit(next: Uint8Array, said: readonly string[]): void {
    if (this.describes) this.text = said.join("\n");
    this.visit(next);
    this.violation = undefined;
  }

  // Harts

  private runHart(hart: number): void {
    const current = this.before[this.hart(hart) + HART_CURRENT]!;
    if (current !== NOBODY) {
      this.takeInterrupt(current);
      this.step(hart, current);
    }
    if (this.before[this.lockAt] !== 0) return;
    for (let process = 0; process < this.processes; process++) {
      if (this.system.harts[process] === hart && process !== current) this.switchTo(hart, current, process);
    }
  }

  /** The kernel lets another thread run: at a tick, or because the hart has nothing else to do. */
  private switchTo(hart: number, current: number, process: number): void {
    const at = this.process(process);
    const runState = this.before[at + PROCESS_RUN_STATE];
    if (runState === WAITS || runState === FINISHED || !this.memory.isQuiet(this.before, hart)) return;
    const next = this.before.slice();
    next[this.hart(hart) + HART_CURRENT] = process;
    this.memory.forgetOldValues(next, hart);
    const text = () => (current === NOBODY ? "goes on" : "the kernel lets it run");
    if (runState === WOKEN) {
      next[at + PROCESS_RUN_STATE] = RUNS;
      this.takeSignals(next, process);
      this.complete(next, process, text);
    } else this.emit(next, [this.said(process, text)]);
  }

  /**
   * A user interrupt is taken. The handler only notes it, in a word of its own program, so it is enough to try this where the
   * program is about to look at that word, or to mask interrupts.
   */
  private takeInterrupt(process: number): void {
    const at = this.process(process);
    if (!this.before[at + PROCESS_PENDING] || this.before[at + PROCESS_MASKED]) return;
    const { kind } = this.stepOf(this.before, process);
    if (kind !== "takeArrivals" && kind !== "awaitArrivals" && kind !== "mask") return;
    const next = this.before.slice();
    next[at + PROCESS_ARRIVALS]! |= next[at + PROCESS_PENDING]!;
    next[at + PROCESS_PENDING] = 0;
    this.emit(next, [this.said(process, () => "is interrupted, and notes it")]);
  }

  /** Stores and late loads of a hart happen, in any order that is allowed. */
  private performAccesses(hart: number): void {
    const written = (next: Uint8Array, word: number, value: number) =>
      this.goOnAfter(
        next,
        hart,
        () => `${this.ofHart(hart)} store becomes visible: ${this.valueOf(word, value)}`,
      );
    const sent = (next: Uint8Array, process: number, vectors: number) => {
      this.deliver(next, process, vectors);
      this.goOnAfter(next, hart, () => `the user interrupt reaches ${this.system.processNames[process]!}`);
    };
    this.memory.drain(this.before, hart, written, sent);
    this.memory.performLate(this.before, hart, (next, word, value, expected) => {
      if (value !== expected) this.violation = OVERWRITTEN;
      this.goOnAfter(next, hart, () => `${this.ofHart(hart)} late load: ${this.valueOf(word, value)}`);
    });
  }

  /** After an access is performed: what the hart has waited for because of it happens at once. */
  private goOnAfter(next: Uint8Array, hart: number, text: () => string): void {
    const said = this.describes ? [`    ${text()}`] : NOTHING_SAID;
    const process = next[this.hart(hart) + HART_CURRENT]!;
    const wasInKernel = next[this.hart(hart) + HART_IN_KERNEL] !== 0;
    if (wasInKernel) this.tryToLeaveKernel(next, hart, said);
    const isInKernel = next[this.hart(hart) + HART_IN_KERNEL] !== 0;
    if (process !== NOBODY && !isInKernel && (wasInKernel || isBuffered(this.stepOf(next, process)))) {
      this.proceed(next, process, said);
    } else this.emit(next, said);
  }

  private deliver(next: Uint8Array, process: number, vectors: number): void {
    const at = this.process(process);
    next[at + PROCESS_PENDING]! |= vectors;
    if (this.options.kernelWatches && next[at + PROCESS_RUN_STATE] === WAITS) {
      next[at + PROCESS_RUN_STATE] = WOKEN;
    }
  }

  // Steps that others could notice

  private step(hart: number, process: number): void {
    const step = this.stepOf(this.before, process);
    const r = this.registersOf(this.before, process);
    switch (step.kind) {
      case "load": {
        const word = step.word(r);
        this.memory.load(this.before, hart, word, (next, value, note) => {
          this.registersOf(next, process).set(step.into, value);
          this.complete(next, process, () => `${step.says}: ${this.valueOf(word, value)}${note}`);
        });
        return;
      }
      case "swap":
        this.stepSwap(hart, process, step, r);
        return;
      case "signal":
      case "signalAndWait":
        this.enterKernel(hart, process, step, r);
        return;
      case "takeArrivals":
      case "awaitArrivals":
      case "mask":
        this.stepOwn(process, step);
        return;
      case "local":
      case "label":
        // Only a program that begins stands at such a step.
        this.proceed(this.before.slice(), process, [this.said(process, () => "begins")]);
        return;
      case "finish":
        return;
      default: {
        // A store, late load, interrupt or fence that had to wait for something
        const next = this.before.slice();
        const text = this.buffered(next, hart, process, step);
        if (text) this.complete(next, process, text);
      }
    }
  }

  /** Steps about what the handler of user interrupts has noted. */
  private stepOwn(process: number, step: Step & { kind: "takeArrivals" | "awaitArrivals" | "mask" }): void {
    const next = this.before.slice();
    const at = this.process(process);
    if (step.kind === "mask") next[at + PROCESS_MASKED] = step.masked ? 1 : 0;
    else if (step.kind === "takeArrivals") {
      this.registersOf(next, process).set(step.into, next[at + PROCESS_ARRIVALS]!);
      next[at + PROCESS_ARRIVALS] = 0;
    } else {
      if (step.orTo !== undefined) this.giveUp(process, step.orTo);
      if (next[at + PROCESS_ARRIVALS] === 0) return;
    }
    this.complete(next, process, () => step.says);
  }

  /** A program that has waited armed long enough. */
  private giveUp(process: number, to: string): void {
    const next = this.before.slice();
    next[this.process(process)] = this.system.programs[process]!.targets.get(to)!;
    this.proceed(next, process, [this.said(process, () => "has been armed long enough")]);
  }

  private stepSwap(hart: number, process: number, step: Step & { kind: "swap" }, r: Registers): void {
    const word = step.word(r);
    if (this.memory.hasStoreTo(this.before, hart, word)) return;
    const value = step.value(r);
    const next = this.before.slice();
    const was = next[word]!;
    this.memory.write(next, hart, word, value);
    this.registersOf(next, process).set(step.into, was);
    this.complete(next, process, () => `${step.says}; before, ${this.valueOf(word, was)}`);
  }

  // Steps that only fill the store buffer, or wait for it

  /** Does such a step if it can be done; returns what to say about it, or undefined. */
  private buffered(next: Uint8Array, hart: number, process: number, step: Step): (() => string) | undefined {
    const r = this.registersOf(next, process);
    switch (step.kind) {
      case "store": {
        const [word, value] = [step.word(r), step.value(r)];
        if (!this.memory.store(next, hart, word, value)) return undefined;
        return () => `${step.says}: ${this.valueOf(word, value)}`;
      }
      case "interrupt": {
        const vectors = this.vectorsOf(process);
        if (!this.memory.isWeak) this.deliver(next, step.process, vectors);
        else if (!this.memory.interrupt(next, hart, step.process, vectors)) return undefined;
        return () => step.says;
      }
      case "loadLate":
        return this.loadLate(next, hart, step, r);
      case "fence":
        return this.fence(next, hart, step);
      default:
        throw new Error(`a ${step.kind} step is local`);
    }
  }

  private loadLate(
    next: Uint8Array,
    hart: number,
    step: Step & { kind: "loadLate" },
    r: Registers,
  ): (() => string) | undefined {
    const word = step.word(r);
    const expected = step.expected(r);
    if (this.memory.isWeak) {
      if (!this.memory.loadLate(next, hart, word, expected)) return undefined;
    } else if (next[word] !== expected) this.violation ??= OVERWRITTEN;
    return () => `${step.says}, perhaps later`;
  }

  private fence(next: Uint8Array, hart: number, step: Step & { kind: "fence" }): (() => string) | undefined {
    const [earlier, later] = step.orders.split(",") as [string, string];
    if (earlier.includes("r") && this.memory.hasLateLoads(next, hart)) return undefined;
    if (earlier.includes("w") && this.memory.hasStores(next, hart)) {
      // Stores before loads: the hart waits. Stores before stores, or before output: those wait in the buffer.
      if (later.includes("r")) return undefined;
      const fenced =
        later === "o" ? this.memory.fenceOutput(next, hart) : this.memory.fenceStores(next, hart);
      if (!fenced) return undefined;
    }
    if (earlier.includes("r") && later.includes("r")) this.memory.forgetOldValues(next, hart);
    return () => `fence ${step.orders} (${step.name})`;
  }

  // Kernel

  /** Signal, and Signal with Wait: decided under the lock, which is given back when the hart's accesses are done. */
  private enterKernel(
    hart: number,
    process: number,
    step: Step & { kind: "signal" | "signalAndWait" },
    r: Registers,
  ): void {
    if (this.before[this.lockAt] !== 0) return;
    const next = this.before.slice();
    const slot = step.slot(r);
    const badge = step.badge(r);
    next[this.lockAt] = 1;
    next[this.hart(hart) + HART_IN_KERNEL] = 1;
    this.memory.forgetOldValues(next, hart);
    const to = slot === 0 ? "" : `, signals ${this.system.processNames[slot - 1]!}`;
    if (slot !== 0) this.signal(next, slot - 1, badge);
    const said: string[] = [];
    this.tryToLeaveKernel(next, hart, said);
    if (step.kind === "signal") {
      this.inKernel(next, hart, process, `kernel${to}`, said);
    } else if (this.takeSignals(next, process)) {
      this.inKernel(next, hart, process, `kernel${to}, is signalled already`, said);
    } else {
      next[this.process(process) + PROCESS_RUN_STATE] = WAITS;
      next[this.hart(hart) + HART_CURRENT] = NOBODY;
      this.emit(next, [this.said(process, () => `kernel${to}, waits`), ...said]);
    }
  }

  /** A system call has done its work; the program goes on when the hart has left the kernel. */
  private inKernel(next: Uint8Array, hart: number, process: number, text: string, said: string[]): void {
    if (next[this.hart(hart) + HART_IN_KERNEL]) {
      next[this.process(process) + PROCESS_STEP]! += 1;
      this.emit(next, [this.said(process, () => text)]);
    } else this.complete(next, process, () => [text, ...said].join("\n"));
  }

  private signal(next: Uint8Array, process: number, badge: number): void {
    const at = this.process(process);
    next[at + PROCESS_SIGNALS]! |= badge;
    if (next[at + PROCESS_RUN_STATE] === WAITS) next[at + PROCESS_RUN_STATE] = WOKEN;
  }

  /** A hart leaves the kernel as soon as what it did before is performed: the lock's release waits for that. */
  private tryToLeaveKernel(next: Uint8Array, hart: number, said: string[]): void {
    if (!this.memory.isQuiet(next, hart)) return;
    next[this.lockAt] = 0;
    next[this.hart(hart) + HART_IN_KERNEL] = 0;
    if (this.describes) said.push(`    ${this.ofHart(hart)} hart leaves the kernel`);
  }

  /** The signals of a thread that waits, or would, go into its register; false when there are none. */
  private takeSignals(next: Uint8Array, process: number): boolean {
    const at = this.process(process);
    const step = this.stepOf(next, process);
    if (step.kind !== "signalAndWait") throw new Error("only waiting threads take signals");
    const pending = this.options.kernelWatches ? next[at + PROCESS_PENDING]! : 0;
    const signals = next[at + PROCESS_SIGNALS]! | pending;
    this.registersOf(next, process).set(step.into, signals);
    next[at + PROCESS_SIGNALS] = 0;
    return signals !== 0;
  }

  // Going on with the program

  private complete(next: Uint8Array, process: number, text: () => string): void {
    next[this.process(process)]! += 1;
    this.proceed(next, process, this.describes ? [this.said(process, text)] : NOTHING_SAID);
  }

  /**
   * Goes on to the next step that others could notice, both ways where the program chooses. What only enters the store buffer is
   * done at once: to do it later would allow nothing that draining it later does not.
   */
  private proceed(next: Uint8Array, process: number, said: string[]): void {
    const { steps, targets } = this.system.programs[process]!;
    const at = this.process(process);
    const hart = this.system.harts[process]!;
    for (;;) {
      const step = steps[next[at]!]!;
      if (step.kind === "choose") {
        const other = next.slice();
        const { violation } = this;
        other[at] = targets.get(step.to)!;
        this.proceed(other, process, this.describes ? [...said, this.said(process, () => step.says)] : said);
        this.violation = violation;
      } else if (step.kind === "finish") {
        next[at + PROCESS_RUN_STATE] = FINISHED;
        if (next[this.hart(hart) + HART_CURRENT] === process) next[this.hart(hart) + HART_CURRENT] = NOBODY;
        break;
      } else if (isLocal(step)) {
        if (this.runLocal(next, process, step)) continue;
      } else {
        if (!this.memory.isWeak || !isBuffered(step)) break;
        const text = this.buffered(next, hart, process, step);
        if (!text) break;
        if (this.describes) said.push(this.said(process, text));
      }
      next[at]! += 1;
    }
    this.emit(next, said);
  }

  /** Performs a local step; true when it jumped. */
  private runLocal(next: Uint8Array, process: number, step: Step): boolean {
    const r = this.registersOf(next, process);
    if (step.kind === "local") step.run(r);
    else if (step.kind === "check" && !step.holds(r)) this.violation ??= `it does not hold that ${step.says}`;
    else if (step.kind === "branch" && step.when(r)) {
      next[this.process(process)] = this.system.programs[process]!.targets.get(step.to)!;
      return true;
    }
    return false;
  }

  private valueOf(word: number, value: number): string {
    const name = this.system.wordNames[word]!;
    return `${name} = ${name.includes("state") ? STATE_NAMES.get(value) : value}`;
  }

  private said(process: number, text: () => string): string {
    return `${this.system.processNames[process]!}: ${text()}`;
  }

  private stepOf(state: Uint8Array, process: number): Step {
    return this.system.programs[process]!.steps[state[this.process(process)]!]!;
  }

  private registersOf(state: Uint8Array, process: number): Registers {
    return this.registers.at(state, this.process(process) + PROCESS_REGISTERS);
  }

  /** The vectors a program's user interrupts have at their receiver: the channel's bit, as in signals. */
  private vectorsOf(process: number): number {
    return process < this.system.clients ? 1 << process : 1;
  }

  private ofHart(hart: number): string {
    const names = this.system.processNames.filter((_, process) => this.system.harts[process] === hart);
    return `${names.join("' and ")}'s`;
  }
}

function isLocal(step: Step): boolean {
  return step.kind === "local" || step.kind === "branch" || step.kind === "check" || step.kind === "label";
}

/** Does a step only fill the store buffer, or wait for it? */
function isBuffered(step: Step): boolean {
  return (
    step.kind === "store" || step.kind === "interrupt" || step.kind === "loadLate" || step.kind === "fence"
  );
}

/** The registers of one process in one state. */
class StateRegisters implements Registers {
  private state: Uint8Array = new Uint8Array(0);
  private first = 0;

  at(state: Uint8Array, first: number): this {
    this.state = state;
    this.first = first;
    return this;
  }
  get(register: number): number {
    return this.state[this.first + register]!;
  }
  set(register: number, value: number): void {
    this.state[this.first + register] = value;
  }
}
