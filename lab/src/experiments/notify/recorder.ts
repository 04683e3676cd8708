/** Listens to a machine and keeps, for each operation, all that happened between its first and its last moment. */
import { SYS_GET_FEATURES } from "@rel4/abi";
import type { BuiltSystem } from "@rel4/image";
import { type Hart, type Machine, type MachineEvent, Privilege } from "@rel4/machine";
import { ANNOUNCEMENT } from "../../../guests/notify/stage-protocol";
import { type FunctionCode, functionsOf, kernelFunctions, programFunctions } from "./code";
import { findEnvironmentCalls, findStackSwitches, type Landmark, landmarkOf } from "./landmarks";
import { findMarkers } from "./markers";
import { type Moment, nameOf } from "./moments";
import { type Region, RegionTracker, satpOf } from "./regions";

/** From where to where an operation goes. */
export interface Span {
  begins(moment: Moment): boolean;
  ends(moment: Moment): boolean;
}

/** A function of the kernel whose beginning, or a place in it, is a moment. */
export interface KernelMark {
  name: string;
  function: string;
  at?: Landmark;
}

/** What to look at. */
export interface Observation {
  /** Names by the numbers with which the programs announce themselves. */
  programs: Readonly<Record<number, string>>;
  /** Functions of the kernel by stage. */
  kernelRegions: readonly Region[];
  /** Functions of programs by stage. */
  userRegions: Readonly<Record<string, readonly Region[]>>;
  /** Places in the kernel to be reported. */
  kernelMarks: readonly KernelMark[];
  spans: readonly Span[];
}

const A0 = 10;
const A6 = 16;
const A7 = 17;
const GET_FEATURES = BigInt.asUintN(64, BigInt(SYS_GET_FEATURES));
/** The name of marks where a program has changed to another coroutine's stack. */
export const COROUTINE_SWITCH = "coroutine switch";
/** The name of marks where the kernel has the firmware interrupt another hart. */
export const FIRMWARE_CALL = "firmware";
/** The firmware's extension that interrupts other harts (SBI specification, "sPI"). */
const EXTENSION_IPI = 0x735049n;
const EVENTS = ["trap", "userInterrupt", "uipiSend", "return", "wait", "wake", "mark"] as const;

export class OperationRecorder {
  /** The operations that are over, for each span. */
  readonly operations: Moment[][][];
  private readonly programOf = new Map<bigint, string>();
  private readonly regions: RegionTracker;
  /** The operation of each span that is going on. */
  private readonly open: (Moment[] | undefined)[];

  constructor(
    private readonly machine: Machine,
    private readonly built: BuiltSystem,
    private readonly observation: Observation,
  ) {
    this.regions = new RegionTracker(machine);
    this.operations = observation.spans.map(() => []);
    this.open = observation.spans.map(() => undefined);
    for (const kind of EVENTS) machine.onEvent(kind, (event) => this.onEvent(event));
  }

  private onEvent(event: MachineEvent): void {
    const hart = this.machine.harts[event.hart]!;
    if (isAnnouncement(event, hart)) {
      this.meet(Number(hart.x(A0)), satpOf(hart));
      return;
    }
    if (event.kind === "wake" || (event.kind === "trap" && event.from === Privilege.user))
      this.regions.enterKernel(event.hart);
    const isRegion = event.kind === "mark" && RegionTracker.owns(event.name);
    if (isRegion) this.regions.pass(event.name, hart, event.pc);
    if (event.kind === "mark" && event.name === FIRMWARE_CALL && hart.x(A7) !== EXTENSION_IPI) return;
    this.note(this.moment(event), isRegion);
  }

  private moment(event: MachineEvent): Moment {
    const hart = this.machine.harts[event.hart]!;
    const after = event.kind === "trap" || event.kind === "return" ? event.to : event.privilege;
    return {
      kind: event.kind,
      hart: event.hart,
      clock: Number(event.clock) - (event.kind === "uipiSend" ? 1 : 0),
      instructions: Number(event.instructions),
      name: nameOf(event),
      program: this.programOf.get(satpOf(hart)) ?? "",
      region: this.regions.current(hart, after),
      waited: event.kind === "wake" ? Number(event.waited) : 0,
    };
  }

  /** @param isRegion whether it only changes a region, which begins and ends nothing */
  private note(moment: Moment, isRegion: boolean): void {
    this.observation.spans.forEach(({ begins, ends }, index) => {
      const open = this.open[index];
      open?.push(moment);
      if (isRegion) return;
      if (open && ends(moment)) {
        this.operations[index]!.push(inOrder(open));
        this.open[index] = undefined;
      }
      if (begins(moment)) this.open[index] = [moment];
    });
  }

  /** A program says which it is: from now on its markers and functions are looked at. */
  private meet(number: number, satp: bigint): void {
    const { programs, userRegions } = this.observation;
    if (this.programOf.size === 0) this.lookAtKernel();
    const name = programs[number];
    if (name === undefined || this.programOf.has(satp)) return;
    this.programOf.set(satp, name);
    const image = this.built.programs[name]!;
    for (const marker of findMarkers(image))
      this.machine.mark({ name: marker.name, address: BigInt(marker.address), satp });
    const functions = programFunctions(image);
    this.regions.add(userRegions[name] ?? [], { privilege: Privilege.user, satp, functions });
    for (const { address, code } of functions)
      for (const offset of findStackSwitches(code))
        this.machine.mark({ name: COROUTINE_SWITCH, address: address + BigInt(offset), satp });
  }

  private lookAtKernel(): void {
    const { kernelRegions, kernelMarks } = this.observation;
    const functions = kernelFunctions(this.machine);
    const privilege = Privilege.supervisor;
    this.regions.add(kernelRegions, { privilege, functions });
    for (const { name, function: wanted, at } of kernelMarks) {
      const [{ address, code }] = functionsOf(wanted, functions) as [FunctionCode];
      const offset = at === undefined ? 0 : landmarkOf(code, at, wanted);
      this.machine.mark({ name, address: address + BigInt(offset), privilege });
    }
    for (const { address, code } of functions)
      for (const offset of findEnvironmentCalls(code))
        this.machine.mark({ name: FIRMWARE_CALL, address: address + BigInt(offset), privilege });
  }
}

function isAnnouncement(event: MachineEvent, hart: Hart): boolean {
  return (
    event.kind === "trap" &&
    nameOf(event) === "call" &&
    hart.x(A6) === BigInt(ANNOUNCEMENT) &&
    hart.x(A7) === GET_FEATURES
  );
}

/** Harts may be a few cycles apart when they report: sorts by clock, and leaves out what lies outside the operation. */
function inOrder(moments: readonly Moment[]): Moment[] {
  const sorted = [...moments].sort((a, b) => a.clock - b.clock);
  return sorted.slice(sorted.indexOf(moments[0]!), sorted.indexOf(moments.at(-1)!) + 1);
}
