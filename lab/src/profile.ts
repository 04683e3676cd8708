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
  instructions: number;
}

/** Instructions before the window from which on the second run goes in single steps. */
const APPROACH = 200;
/** Most instructions of a window: each takes microseconds. */
const MOST_STEPS = 2_000_000;

/**
 * The functions executed in window `id` of a system with one hart, most instructions first. The passages through the
 * kernel of the two marks at its edges are in it; `profileDifference` takes such constant parts away.
 * @param programs those that run in the window, in the order in which they first do; the first opens it
 */
export async function profileWindow(
  request: SystemRequest,
  programs: readonly string[],
  id: number,
): Promise<FunctionShare[]> {
  const opening = await findOpening(await prepareSystem(request), id);
  const system = await prepareSystem(request);
  const { machine } = system;
  if (machine.harts.length !== 1) throw new LabError("only systems with one hart can be profiled");
  machine.runSync({ maxInstructions: Math.max(0, opening - APPROACH) });
  return stepThrough(system, programs, id);
}

/** Executes whole a `larger` and a `smaller` profile differ by, divided by how many operations they differ by. */
export function profileDifference(
  larger: readonly FunctionShare[],
  smaller: readonly FunctionShare[],
  operations: number,
): FunctionShare[] {
  const key = ({ place, name }: FunctionShare) => `${place} ${name}`;
  const less = new Map(smaller.map((share) => [key(share), share.instructions]));
  return larger
    .map((share) => ({
      ...share,
      instructions: (share.instructions - (less.get(key(share)) ?? 0)) / operations,
    }))
    .filter(({ instructions }) => instructions !== 0)
    .sort((a, b) => b.instructions - a.instructions);
}

/** What the machine's instruction limit counts: everything but waiting. */
function spent(machine: Machine): number {
  return machine.harts.reduce((sum, { counters }) => sum + Number(counters.cycles - counters.waitCycles), 0);
}

/** Runs until window `id` opens, and on to the end; when it opened, as `maxInstructions` counts. */
async function findOpening({ machine, recorder, output }: PreparedSystem, id: number): Promise<number> {
  let opening: number | undefined;
  recorder.onEdge = (edge, window) => {
    if (edge === "open" && window === id) opening ??= spent(machine);
  };
  await machine.run({ until: () => opening !== undefined });
  if (opening === undefined)
    throw new LabError(`the profiled system never opened window ${id}; it printed:\n${output()}`);
  return opening;
}

function stepThrough(
  { machine, built, recorder }: PreparedSystem,
  programs: readonly string[],
  id: number,
): FunctionShare[] {
  const hart = machine.harts[0]!;
  const names = new Namer(machine, built, programs);
  const shares = new Map<string, FunctionShare>();
  let isOpen = false;
  let isOver = false;
  recorder.onEdge = (edge, window) => {
    if (window !== id) return;
    isOpen = edge === "open";
    isOver = edge === "close";
  };
  for (let steps = 0; !isOver && steps < MOST_STEPS; steps++) {
    const wasOpen = isOpen;
    const before = hart.counters.instructions;
    const where = wasOpen ? names.functionAt() : undefined;
    machine.runSync({ maxInstructions: 1 });
    if (where === undefined || hart.counters.instructions === before) continue;
    const key = `${where.place} ${where.name}`;
    const share = shares.get(key) ?? { ...where, instructions: 0 };
    share.instructions++;
    shares.set(key, share);
  }
  if (!isOver) throw new LabError(`window ${id} is longer than ${MOST_STEPS} instructions`);
  return [...shares.values()].sort((a, b) => b.instructions - a.instructions);
}

const CSR_SATP = 0x180;

/** Names the function hart 0 is in: of the kernel, or of the program whose address space is in use. */
class Namer {
  /** satp → program. */
  private readonly seen = new Map<bigint, string>();

  constructor(
    private readonly machine: Machine,
    private readonly built: BuiltSystem,
    private readonly programs: readonly string[],
  ) {}

  functionAt(): { place: string; name: string } {
    const hart = this.machine.harts[0]!;
    const { pc } = hart;
    if (hart.privilege !== Privilege.user)
      return { place: "kernel", name: this.machine.symbols?.lookup(pc)?.name ?? "?" };
    const place = this.program(hart.csr(CSR_SATP));
    const functions = this.built.programs[place]?.functions ?? [];
    const address = Number(pc);
    const found = functions.find((each) => address >= each.address && address < each.address + each.size);
    return { place, name: found?.name ?? "?" };
  }

  private program(satp: bigint): string {
    const known = this.seen.get(satp);
    if (known !== undefined) return known;
    const name = this.programs[this.seen.size] ?? "another program";
    this.seen.set(satp, name);
    return name;
  }
}
