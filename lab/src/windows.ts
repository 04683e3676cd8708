/**
 * Windows: what every hart did between two moments a guest program marked.
 *
 * The host sees a mark as the trap of a system call (guests/marks.ts) and reads the counters of all harts at that
 * moment. Nothing is sampled or estimated. A mark costs a passage through the kernel; two marks directly after each other
 * show how much, and that is subtracted from the marking hart.
 */
import { SYS_GET_FEATURES } from "@rel4/abi";
import { type Machine, Privilege, type TrapEvent } from "@rel4/machine";
import { MARK, MARK_BEGIN, MARK_CALIBRATE, MARK_END } from "../guests/mark-protocol";
import { type Counts, countsOf, difference, sum } from "./counts";
import { LabError } from "./errors";
import { SystemCallCensus, type SystemCalls } from "./system-calls";

/** What happened while a window was open. */
export interface Window {
  /** Number given by the program that opened it. */
  id: number;
  /** Operations the program says it did meanwhile. */
  operations: number;
  /** Cycles between the two marks on the clock of the hart that marked them. */
  elapsed: number;
  /** Counts of each hart. */
  harts: Counts[];
  /** Counts of all harts together. */
  total: Counts;
  /** System calls made meanwhile. */
  systemCalls: SystemCalls;
  /** How often each marked instruction (`Machine.mark`) was executed, by the mark's name. */
  marks: Map<string, number>;
}

/** Registers of a system call. */
const A0 = 10;
const A1 = 11;
const A6 = 16;
const A7 = 17;
const USER_ECALL = 8;
const GET_FEATURES = BigInt.asUintN(64, BigInt(SYS_GET_FEATURES));

interface OpenWindow {
  id: number;
  hart: number;
  begin: Counts[];
  /** What one mark costs the marking hart. */
  markCost: Counts;
  census: SystemCallCensus;
  marks: Map<string, number>;
}

/** Listens to a machine and collects the windows its programs open and close. */
export class WindowRecorder {
  readonly windows: Window[] = [];
  /** Told when a window opens and when it closes, at the mark. */
  onEdge: ((edge: "open" | "close", id: number) => void) | undefined;
  private calibration: { hart: number; counts: Counts } | undefined;
  private open: OpenWindow | undefined;

  constructor(private readonly machine: Machine) {
    machine.onEvent("trap", (event) => this.onTrap(event));
    machine.onEvent("mark", ({ name }) => {
      const marks = this.open?.marks;
      marks?.set(name, (marks.get(name) ?? 0) + 1);
    });
  }

  private onTrap(event: TrapEvent): void {
    if (event.interrupt || event.cause !== USER_ECALL || event.from !== Privilege.user) return;
    const hart = this.machine.harts[event.hart]!;
    if (hart.x(A6) === BigInt(MARK) && hart.x(A7) === GET_FEATURES)
      this.onMark(event.hart, Number(hart.x(A0)), Number(hart.x(A1)));
    else this.open?.census.note(hart);
  }

  private onMark(hart: number, kind: number, value: number): void {
    const now = this.machine.harts.map(countsOf);
    if (kind === MARK_CALIBRATE) this.calibration = { hart, counts: now[hart]! };
    else if (kind === MARK_BEGIN) this.begin(hart, value, now);
    else if (kind === MARK_END) this.end(value, now);
  }

  private begin(hart: number, id: number, begin: Counts[]): void {
    if (this.open) throw new LabError(`window ${id} was opened while window ${this.open.id} is open`);
    if (this.calibration?.hart !== hart) throw new LabError(`window ${id} was opened without calibration`);
    const markCost = difference(begin[hart]!, this.calibration.counts);
    const addressSpace = this.machine.harts[hart]!.csr(CSR_SATP);
    this.open = { id, hart, begin, markCost, census: new SystemCallCensus(addressSpace), marks: new Map() };
    this.onEdge?.("open", id);
  }

  private end(operations: number, now: Counts[]): void {
    if (!this.open) throw new LabError("a window was closed that was not open");
    const { id, hart, begin, markCost, census, marks } = this.open;
    this.open = undefined;
    const harts = now.map((counts, index) => {
      const whole = difference(counts, begin[index]!);
      return index === hart ? difference(whole, markCost) : whole;
    });
    const elapsed = harts[hart]!.cycles;
    this.windows.push({
      id,
      operations,
      elapsed,
      harts,
      total: sum(harts),
      systemCalls: census.calls,
      marks,
    });
    this.onEdge?.("close", id);
  }
}

const CSR_SATP = 0x180;
