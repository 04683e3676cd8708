/**
 * Which stage the running code belongs to, told by functions: a region is a function and all it calls, until it returns
 * or another region's function begins inside it.
 *
 * The entry of each such function is marked; the return address in `ra` at that moment is marked too, the first time, so
 * that the end of the call is seen. That needs no change to the measured code and takes none of its time. Calls are
 * remembered for each hart's kernel stack and each stack in user mode, since coroutines and threads change stacks.
 */
import { PROGRAM_STACK_SIZE, PROGRAM_STACK_TOP } from "@rel4/abi";
import { type Hart, type Machine, Privilege, type PrivilegeLevel } from "@rel4/machine";
import { type FunctionCode, functionsOf } from "./code";
import { findLandmark, type Landmark } from "./landmarks";

/** Functions and the stage their code belongs to. */
export interface Region {
  /** A function's name, or what the names of several match, perhaps of none. */
  function: string | RegExp;
  stage: string;
  /** Only from this place in the function on. */
  from?: Landmark;
  /** It is jumped to and leaves the kernel: what was called before is over. */
  leaves?: boolean;
}

interface Call {
  stage: string;
  returnsTo: bigint;
}

const NOWHERE = -1n;
const RA = 1;
const SP = 2;
/** Coroutines' stacks in the measured programs lie so far apart, each with its guard page below. */
const STACK_BITS = 14n;
const ENTRY = "enter ";
const CHANGE = "change to ";
const LEAVE = "leave for ";
/** The name of marks where a call of a region returns. */
export const EXIT = "return";

/** The functions of a mode. */
export interface FunctionPlace {
  privilege: PrivilegeLevel;
  /** Address space, in user mode. */
  satp?: bigint;
  functions: readonly FunctionCode[];
}

/** Follows the calls of marked functions on all harts. */
export class RegionTracker {
  private readonly stacks = new Map<string, Call[]>();
  private readonly returns = new Set<string>();

  constructor(private readonly machine: Machine) {}

  /**
   * Marks the functions of `regions`; a function that several match belongs to the first of them.
   * @throws LabError when one given by name does not exist any more, as its stage would seem to cost nothing
   */
  add(regions: readonly Region[], place: FunctionPlace): void {
    const taken = new Set<string>();
    for (const region of regions) {
      for (const found of functionsOf(region.function, place.functions)) {
        const key = `${found.name} ${region.from ?? ""}`;
        if (taken.has(key)) continue;
        taken.add(key);
        this.markRegion(region, found, place);
      }
    }
  }

  private markRegion({ stage, from, leaves }: Region, found: FunctionCode, place: FunctionPlace): void {
    const offset = from === undefined ? 0 : findLandmark(found.code, from);
    // a kernel built without fast paths has them as functions that do nothing
    if (offset === undefined) return;
    const { privilege, satp } = place;
    this.machine.mark({
      name: (leaves ? LEAVE : from === undefined ? ENTRY : CHANGE) + stage,
      address: found.address + BigInt(offset),
      privilege,
      ...(satp !== undefined && { satp }),
    });
  }

  /** The name of marks where a region of this stage begins. */
  static entryOf(stage: string): string {
    return ENTRY + stage;
  }

  /** Is this mark one of the tracker's? */
  static owns(name: string): boolean {
    return name === EXIT || [ENTRY, CHANGE, LEAVE].some((prefix) => name.startsWith(prefix));
  }

  /** A marked function begins, comes to a landmark, or returns. */
  pass(name: string, hart: Hart, pc: bigint): void {
    const calls = this.calls(hart);
    if (name === EXIT) {
      while (calls.at(-1)?.returnsTo === pc) calls.pop();
      return;
    }
    if (name.startsWith(CHANGE)) {
      const call = calls.at(-1);
      if (call) call.stage = name.slice(CHANGE.length);
      return;
    }
    if (name.startsWith(LEAVE)) {
      calls.splice(0, calls.length, { stage: name.slice(LEAVE.length), returnsTo: NOWHERE });
      return;
    }
    const returnsTo = hart.x(RA);
    calls.push({ stage: name.slice(ENTRY.length), returnsTo });
    this.markReturn(hart, returnsTo);
  }

  /** A hart enters the kernel or goes on idling in it, with an empty kernel stack. */
  enterKernel(hart: number): void {
    this.stacks.delete(kernelStack(hart));
  }

  /** The stage of what `hart` runs, if it is inside a region. */
  current(hart: Hart, privilege: PrivilegeLevel = hart.privilege): string | undefined {
    return this.calls(hart, privilege).at(-1)?.stage;
  }

  private calls(hart: Hart, privilege: PrivilegeLevel = hart.privilege): Call[] {
    const key =
      privilege === Privilege.user ? `${satpOf(hart)} ${stackOf(hart.x(SP))}` : kernelStack(hart.id);
    let calls = this.stacks.get(key);
    if (!calls) {
      calls = [];
      this.stacks.set(key, calls);
    }
    return calls;
  }

  private markReturn(hart: Hart, address: bigint): void {
    const { privilege } = hart;
    const satp = privilege === Privilege.user ? satpOf(hart) : undefined;
    const key = `${satp} ${address}`;
    if (this.returns.has(key)) return;
    this.returns.add(key);
    this.machine.mark({ name: EXIT, address, privilege, ...(satp !== undefined && { satp }) });
  }
}

const CSR_SATP = 0x180;

/** The address space a hart is in. */
export function satpOf(hart: Hart): bigint {
  return hart.csr(CSR_SATP);
}

/** Which of a program's stacks an address is in; an empty stack's pointer is the address behind it. */
function stackOf(pointer: bigint): string {
  const isMain = pointer > BigInt(PROGRAM_STACK_TOP - PROGRAM_STACK_SIZE);
  return isMain ? "main" : String((pointer - 1n) >> STACK_BITS);
}

const kernelStack = (hart: number) => `kernel ${hart}`;
