// The inspector (kernel/inspection) that watches the other system tests: it finds what is wrong with a running kernel, and
// disturbs nobody.
import { createHash } from "node:crypto";
import { CAP_ASID_POOL, CAP_ENDPOINT, CAP_UNTYPED } from "@rel4/abi";
import { type ElfSymbol, readElf, writeElf } from "@rel4/compiler";
import { Machine, type MachineOptions } from "@rel4/machine";
import { describe, expect, test } from "vitest";
import { ensureCore } from "../../../tools/build-core";
import { InspectionError, InvariantError, KernelInspector } from "../../inspection";
import type { LayoutName } from "../../inspection/layout";
import { KernelSymbols, MachineView } from "../../inspection/machine-view";
import { type FoundSlot, ObjectMap } from "../../inspection/objects";
import { currentThread } from "../../inspection/view";
import { FLAG_RECEIVER, FLAG_SENDER } from "../../src/riscv/layout";
import { runOnMachine } from "./run-image";
import { testImage } from "./test-image";

const MEMORY = 64 * 1024 * 1024;
const INSTRUCTION_LIMIT = 60_000_000;

/** A kernel at one of its exits, where a test may damage it. */
class Patient {
  readonly objects: ObjectMap;

  constructor(
    readonly machine: Machine,
    readonly view: MachineView,
    private readonly symbols: KernelSymbols,
  ) {
    this.objects = new ObjectMap(view);
  }

  variable(name: string): number {
    return this.symbols.variable(name)!;
  }

  thread(accept: (thread: number) => boolean): number | undefined {
    return [...this.objects.threads].find(accept);
  }

  slot(type: number, accept: (slot: FoundSlot) => boolean = () => true): FoundSlot | undefined {
    return [...this.objects.ofType(type)].find(accept);
  }

  get(address: number, field: LayoutName): number {
    return this.view.memory.read32(address + this.view.layout.at[field]);
  }

  /** Overwrites a field; false when there is no such object yet. */
  set(address: number | undefined, field: LayoutName, value: number): boolean {
    return address !== undefined && this.write(address + this.view.layout.at[field], value);
  }

  write(address: number, value: number): boolean {
    this.machine.memory.writeU32(address, value);
    return true;
  }

  /** A queued thread behind another. */
  get secondInQueue(): number | undefined {
    return this.thread(
      (thread) => this.get(thread, "Tcb_queued") !== 0 && this.get(thread, "Tcb_readyPrevious") !== 0,
    );
  }

  get pool(): number {
    return this.slot(CAP_ASID_POOL)!.object;
  }

  flagged(flag: number): number | undefined {
    return this.thread((thread) => (this.get(thread, "Tcb_flags") & flag) !== 0);
  }
}

interface Damage {
  what: string;
  /** Root task and harts that get the kernel into a state that can be damaged. */
  image: string;
  harts?: number;
  complaint: RegExp;
  /** Does the damage; false: not possible at this kernel exit. */
  harm(patient: Patient): boolean;
}

const DAMAGES: Damage[] = [
  {
    what: "a link of a ready queue",
    image: "stress",
    harts: 2,
    complaint: /queue links of 0x[0-9a-f]+ agree/,
    harm: (p) => p.set(p.secondInQueue, "Tcb_readyPrevious", 0),
  },
  {
    what: "a bitmap of priorities",
    image: "hello",
    complaint: /hart 0's bitmap names its non-empty queues/,
    harm: (p) => p.write(p.view.layout.bitmapWord(p.view.layout.hart(0), 0), 2),
  },
  {
    what: "a link of the derivation list",
    image: "hello",
    complaint: /list neighbours of 0x[0-9a-f]+ agree/,
    harm: (p) => p.set(p.slot(CAP_UNTYPED, ({ next }) => next !== 0)?.address, "Slot_next", 0),
  },
  {
    what: "an untyped's watermark",
    image: "ipc",
    complaint: /lies in the used part of the untyped/,
    harm: (p) => {
      const endpoint = p.slot(CAP_ENDPOINT)?.object;
      if (endpoint === undefined) return false;
      const contains = ({ object, extra, sizeBits }: FoundSlot) =>
        extra === 0 && object <= endpoint && endpoint < object + 2 ** sizeBits;
      return p.set(p.slot(CAP_UNTYPED, contains)?.address, "Slot_data", 0);
    },
  },
  {
    what: "a word of an ASID pool",
    image: "hello",
    complaint: /word 7 of the ASID pools is its space's satp/,
    harm: (p) => p.write(p.pool + 8 * 7, 1),
  },
  {
    what: "the word of the address space that a hart is in",
    image: "hello",
    complaint: /hart 0 runs in an address space that exists/,
    harm: (p) => p.write(p.pool + 8, 0) && p.write(p.pool + 12, 0),
  },
  {
    what: "a page-table entry",
    image: "hello",
    complaint: /what is mapped at 0x0 in space 1 has a capability that says so/,
    harm: (p) => p.write(p.view.memory.read32(p.pool + 8) * 4096, 0x2000_00cf),
  },
  {
    what: "a thread's state",
    image: "ipc",
    complaint: /runs or is queued if it can run/,
    harm: (p) =>
      p.set(
        p.thread((thread) => p.get(thread, "Tcb_state") === 3),
        "Tcb_state",
        1,
      ),
  },
  {
    what: "an endpoint's state",
    image: "ipc",
    complaint: /is idle exactly when nobody waits/,
    harm: (p) =>
      p.set(
        p.slot(CAP_ENDPOINT, ({ object }) => p.get(object, "Endpoint_head") !== 0)?.object,
        "Endpoint_state",
        0,
      ),
  },
  {
    what: "the list of all threads",
    image: "hello",
    complaint: /is in the list of all threads/,
    harm: (p) => p.write(p.variable("debug-threads/ThreadList.first"), 0),
  },
  {
    what: "whom a receiver entry belongs to",
    image: "uipi-delivery",
    harts: 2,
    complaint: /the active receiver entry \d+ belongs to a thread/,
    harm: (p) => {
      const receiver = p.flagged(FLAG_RECEIVER);
      if (receiver === undefined || currentThread(p.view, 1) !== receiver) return false;
      return p.set(receiver, "Tcb_flags", p.get(receiver, "Tcb_flags") & ~FLAG_RECEIVER);
    },
  },
  {
    what: "the mark of a receiver that waits",
    image: "uipi-parking",
    harts: 2,
    complaint: /of a receiver that does not run is watched/,
    harm: (p) =>
      p.set(
        p.thread((thread) => p.get(thread, "Tcb_watched") !== 0),
        "Tcb_watched",
        0,
      ),
  },
  {
    what: "an entry of a sender table",
    image: "uipi-delivery",
    harts: 2,
    complaint: /sender entry 3 of 0x[0-9a-f]+ leads to a living receiver/,
    harm: (p) => {
      const sender = p.flagged(FLAG_SENDER);
      if (sender === undefined) return false;
      const entry = p.get(sender, "Tcb_senderTable") + 8 * 3;
      return p.write(entry, 1) && p.write(entry + 4, 0x01ff_0000);
    },
  },
  {
    what: "whose floating-point registers a hart has",
    image: "floating-point-support",
    complaint: /knows whether it owns an FPU/,
    harm: (p) => {
      const hart = p.view.layout.hart(0);
      return p.get(hart, "Hart_fpuOwner") !== 0 && p.set(hart, "Hart_fpuOwner", 0);
    },
  },
  {
    what: "a hart's timer",
    image: "timers",
    complaint: /will be interrupted for its first timer/,
    harm: (p) => {
      if (p.get(p.view.layout.hart(0), "Hart_firstTimer") === 0) return false;
      p.machine.setSupervisorTimer(0, 2n ** 64n - 1n);
      return true;
    },
  },
  {
    what: "the state of an asynchronous handler",
    image: "async-calls",
    complaint: /says whether its handler is ready/,
    harm: (p) =>
      p.set(
        p.thread((thread) => p.get(thread, "Tcb_handlerNotification") !== 0),
        "Tcb_handlerLevel",
        9,
      ),
  },
];

/** Runs an image with the inspector; damages the kernel at the first exit at which that is possible. */
async function runDamaged({ image: name, harts = 1, harm }: Damage): Promise<unknown> {
  const image = await testImage(name);
  const core = await ensureCore();
  const machine = await Machine.create({ harts, memory: MEMORY, firmware: "sbi", core });
  machine.loadElf(image);
  machine.console.closeInput();
  const symbols = new KernelSymbols(image);
  const view = new MachineView(machine, symbols);
  let isDone = false;
  // Before the inspector's own listener: it sees the damage at the same exit.
  machine.onEvent("mark", ({ hart }) => {
    view.leaving = hart;
    isDone ||= harm(new Patient(machine, view, symbols));
  });
  new KernelInspector(machine, image);
  try {
    machine.runSync({ maxInstructions: INSTRUCTION_LIMIT });
  } catch (error) {
    return error;
  }
  throw new Error(isDone ? "the inspector has not noticed" : "there was nothing to damage");
}

describe("the inspector of a running kernel finds damage to", () => {
  test.each(DAMAGES)("$what", async (damage) => {
    const error = await runDamaged(damage);
    expect(error).toBeInstanceOf(InvariantError);
    const { message, invariant, place } = error as InvariantError;
    expect(invariant).toMatch(damage.complaint);
    expect(place).toMatch(
      /^after kernel exit \d+, on hart \d, which has retired \d+ instructions, at cycle \d+$/,
    );
    expect(message).toBe(`broken invariant: ${invariant} (${place})`);
  });
});

/** Everything a run leaves: what was printed, what each hart did, all of memory. */
async function traces(name: string, inspectEvery: number, options: Partial<MachineOptions>) {
  const { output, result, machine } = await runOnMachine(await testImage(name), { ...options, inspectEvery });
  const { base, size } = machine.memory;
  const memory = createHash("sha256").update(machine.memory.view(base, size)).digest("hex");
  return { output, result, memory, counters: machine.harts.map(({ counters }) => counters) };
}

describe("the inspector", () => {
  test.each<[string, string, Partial<MachineOptions>]>([
    ["one hart", "signal-wait-cost", {}],
    ["four harts", "async-stress", { harts: 4 }],
    ["delayed stores", "async-stress", { harts: 2, storeBuffer: { seed: 3 } }],
  ])("does not disturb the guest or its time (%s)", async (_, name, options) => {
    expect(await traces(name, 1, options)).toEqual(await traces(name, 0, options));
  });

  test("checks every kernel exit, or every n-th from the first on", async () => {
    const image = await testImage("ipc");
    const inspectors: KernelInspector[] = [];
    const begin = (machine: Machine) => {
      inspectors.push(
        new KernelInspector(machine, image),
        new KernelInspector(machine, image, { every: 10 }),
      );
    };
    const { machine } = await runOnMachine(image, { harts: 2, inspectEvery: 0, begin });
    const [all, some] = inspectors as [KernelInspector, KernelInspector];
    const traps = machine.harts.reduce((sum, { counters }) => sum + Number(counters.trapsTo.supervisor), 0);
    expect(all.exits).toBeGreaterThan(100);
    // Besides traps, harts come in when they boot and when they wake up.
    expect(all.exits).toBeGreaterThan(traps - 10);
    expect(all.checks).toBe(all.exits);
    expect({ exits: some.exits, checks: some.checks }).toEqual({
      exits: all.exits,
      checks: Math.ceil(all.exits / 10),
    });
  });

  test("refuses images of kernels that it cannot inspect, and says why", async () => {
    const refusal = async (image: Uint8Array) => {
      const core = await ensureCore();
      const machine = await Machine.create({ harts: 1, memory: MEMORY, firmware: "sbi", core });
      try {
        new KernelInspector(machine, image);
      } catch (error) {
        expect(error).toBeInstanceOf(InspectionError);
        return (error as InspectionError).message;
      }
      return "accepted";
    };
    const { segments, entry, symbols } = readElf(await testImage("hello"));
    const withSymbols = (changed: ElfSymbol[]) =>
      writeElf({ entry, segments, sections: [], symbols: changed, compressed: true });
    const released = symbols.map((symbol) =>
      symbol.name === "Config_debug" ? { ...symbol, address: 0n } : symbol,
    );
    expect(await refusal(withSymbols(released))).toMatch(/built without debug/);
    expect(await refusal(withSymbols([]))).toMatch(/no ReL4 kernel that says where its objects are/);
  });
});
