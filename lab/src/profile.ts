/**
 * Where instructions go: executes the window of a system instruction by instruction and notes in which function each was.
 *
 * Two runs of the same system are the same run. The first finds out when the window opens; the second goes there at full
 * speed and then in single steps, so that nothing about the measured code is changed.
 */
import type { BuiltSystem } from "@rel4/image";
import { type Machine, Privilege } from "@rel4/machine";
import { LabError } from "./errors";
import { type PreparedSystem, prepareSystem, type SystemRequest } from "./run-system";

/** Instructions retired in one function. */
export interface FunctionShare {
  /** A program's name, or "kernel". */
  place: string;
  /** The function's symbol. */
  name: string;
  /** In the kernel: before, while, or after the invocation of a capability changes anything. */
  phase?: Phase;
  instructions: number;
}

export type Phase = "before" | "during" | "after";

/** Instructions before the window from which on the second run goes in single steps. */
const APPROACH = 200;
/** Most instructions from there on: each takes microseconds. */
const MOST_STEPS = 2_000_000;

/**
 * The functions executed in each window of a system with one hart, most instructions first, by the window's number. The
 * passages through the kernel of the two marks at its edges are in it; `profileDifference` takes such constant parts away.
 * @param programs those that run in windows, in the order in which they first do; the first opens them
 * @param last window with which the profile ends
 */
export async function profileWindows(
  request: SystemRequest,
  programs: readonly string[],
  last: number,
): Promise<Map<number, FunctionShare[]>> {
  const opening = await findOpening(await prepareSystem(request));
  const system = await prepareSystem(request);
  const { machine } = system;
  if (machine.harts.length !== 1) throw new LabError("only systems with one hart can be profiled");
  machine.runSync({ maxInstructions: Math.max(0, opening - APPROACH) });
  return stepThrough(system, programs, last);
}

/** What a `larger` and a `smaller` profile differ by, divided by the number of operations they differ by. */
export function profileDifference(
  larger: readonly FunctionShare[],
  smaller: readonly FunctionShare[],
  operations: number,
): FunctionShare[] {
  const less = new Map(smaller.map((share) => [key(share), share.instructions]));
  const shares = larger.map((share) => ({
    ...share,
    instructions: (share.instructions - (less.get(key(share)) ?? 0)) / operations,
  }));
  return bySize(shares.filter(({ instructions }) => instructions !== 0));
}

/** What the machine's instruction limit counts: everything but waiting. */
function spent(machine: Machine): number {
  return machine.harts.reduce((sum, { counters }) => sum + Number(counters.cycles - counters.waitCycles), 0);
}

/** Runs until the first window opens; when that was, as `maxInstructions` counts. */
async function findOpening({ machine, recorder, output }: PreparedSystem): Promise<number> {
  let opening: number | undefined;
  recorder.onEdge = () => {
    opening ??= spent(machine);
  };
  await machine.run({ until: () => opening !== undefined });
  if (opening === undefined)
    throw new LabError(`the profiled system never opened a window; it printed:\n${output()}`);
  return opening;
}

/** Steps until window `last` closes, noting what is executed while a window is open. */
function stepThrough(
  { machine, built, recorder }: PreparedSystem,
  programs: readonly string[],
  last: number,
): Map<number, FunctionShare[]> {
  const hart = machine.harts[0]!;
  const names = new Namer(machine, built, programs);
  const profiles = new Map<number, Map<string, FunctionShare>>();
  let open: Map<string, FunctionShare> | undefined;
  let isOver = false;
  recorder.onEdge = (edge, id) => {
    open = edge === "open" ? new Map() : undefined;
    if (open) profiles.set(id, open);
    else isOver = id === last;
  };
  for (let steps = 0; !isOver && steps < MOST_STEPS; steps++) {
    const into = open;
    const before = hart.counters.instructions;
    const where = into && names.functionAt();
    machine.runSync({ maxInstructions: 1 });
    if (where && hart.counters.instructions !== before) note(into, where);
  }
  if (!isOver) throw new LabError(`window ${last} did not close within ${MOST_STEPS} instructions`);
  return new Map([...profiles].map(([id, shares]) => [id, bySize([...shares.values()])]));
}

type Where = Omit<FunctionShare, "instructions">;

const key = ({ place, name, phase }: Where) => `${place} ${name} ${phase ?? ""}`;

function note(shares: Map<string, FunctionShare>, where: Where): void {
  const share = shares.get(key(where)) ?? { ...where, instructions: 0 };
  share.instructions++;
  shares.set(key(where), share);
}

function bySize(shares: FunctionShare[]): FunctionShare[] {
  return shares.sort((a, b) => b.instructions - a.instructions);
}

const CSR_SSCRATCH = 0x140;
const CSR_SATP = 0x180;
/** Where a thread's state is in its control block, and the state while an invocation changes things (kernel/src/tcb.ts). */
const TCB_STATE_AT = 384;
const THREAD_RESTART = 2;
/** A kernel address without its sign extension is a physical address. */
const PHYSICAL_MASK = 0xffff_ffffn;

/** Names the function hart 0 is in: of the kernel, or of the program whose address space is in use. */
class Namer {
  /** satp → program. */
  private readonly seen = new Map<bigint, string>();
  /** Physical address of the control block of the thread that entered the kernel last. */
  private thread = 0n;
  private phase: Phase = "before";

  constructor(
    private readonly machine: Machine,
    private readonly built: BuiltSystem,
    private readonly programs: readonly string[],
  ) {}

  functionAt(): Where {
    const hart = this.machine.harts[0]!;
    const { pc } = hart;
    if (hart.privilege !== Privilege.user) {
      this.updatePhase();
      return { place: "kernel", name: this.machine.symbols?.lookup(pc)?.name ?? "?", phase: this.phase };
    }
    // in user mode the kernel keeps the running thread's control block there
    this.thread = hart.csr(CSR_SSCRATCH) & PHYSICAL_MASK;
    this.phase = "before";
    const place = this.program(hart.csr(CSR_SATP));
    const functions = this.built.programs[place]?.functions ?? [];
    const address = Number(pc);
    const found = functions.find((each) => address >= each.address && address < each.address + each.size);
    return { place, name: found?.name ?? "?" };
  }

  private updatePhase(): void {
    if (this.thread === 0n) return;
    const state = this.machine.memory.readU32(this.thread + BigInt(TCB_STATE_AT));
    if (state === THREAD_RESTART) this.phase = "during";
    else if (this.phase === "during") this.phase = "after";
  }

  private program(satp: bigint): string {
    const known = this.seen.get(satp);
    if (known !== undefined) return known;
    const name = this.programs[this.seen.size] ?? "another program";
    this.seen.set(satp, name);
    return name;
  }
}
