/**
 * What the invariants are checked on: a kernel's memory, its harts and its user-interrupt controller, at a moment when no
 * hart holds the kernel lock. The unit tests offer the kernel's wasm on fake hardware (kernel/tests/harness/kernel.ts),
 * `machine-view.ts` the kernel as it runs on a machine.
 */
import type { KernelLayout } from "./layout";
import type { InspectedMemory } from "./memory";

/** A hart that runs the kernel. */
export interface InspectedHart {
  /** The machine's number of it, which the controller's entries name. */
  readonly id: number;
  /** It is in user mode, or has only to load its thread's registers. */
  readonly inUserMode: boolean;
  /** It is in user mode or waits. Otherwise it is on its way into the kernel or out, without the lock. */
  readonly isSettled: boolean;
  /** An interrupt for the kernel waits: it will come in and look at what others have left for it. */
  readonly isCalled: boolean;
  /** satp. */
  readonly satp: bigint;
  /** sstatus.FS, in its place. */
  readonly fpuStatus: number;
  /** f0…f31 as raw bits. */
  float(register: number): bigint;
  readonly fcsr: number;
  /** Ticks of `time` at which its timer interrupts it. */
  readonly timerDeadline: bigint;
}

/** Receiver entries of the user-interrupt controller. */
export interface InspectedReceivers {
  readonly count: number;
  /** Is any of them active? */
  readonly isAnyActive: boolean;
  isActive(entry: number): boolean;
  /** Number of the machine's hart that the entry leads to. */
  hart(entry: number): number;
}

/** Variables of the kernel that the checks read, by their names in the image's symbols. */
export const VARIABLES = {
  currentDomain: "domains/Domains.current",
  firstThread: "debug-threads/ThreadList.first",
  firstRegistered: "async-handler/AsyncHandlers.firstRegistered",
  capabilities: "derivation-tree/DerivationTree.capabilities",
  /** Address of the root task's CNode, whose memory is never used for anything else. */
  rootCNode: "boot/Boot.rootSlots",
} as const;
export type VariableName = keyof typeof VARIABLES;

export interface KernelView {
  readonly memory: InspectedMemory;
  readonly layout: KernelLayout;
  /** In order of their logical numbers. */
  readonly harts: readonly InspectedHart[];
  /** Undefined: the machine has no user interrupts. */
  readonly receivers: InspectedReceivers | undefined;
  /** Value of a u32 variable of the kernel. */
  variable(name: VariableName): number;
  /** Every hart has served what was due before this time (ticks); 0n: nobody knows. */
  readonly servedTime: bigint;
}

/** Address of the thread that hart number `index` runs; its idle thread's when it runs none. */
export function currentThread({ memory, layout }: KernelView, index: number): number {
  return memory.read32(layout.hart(index) + layout.at.Hart_current);
}

/** satp of the kernel's own address space. */
export function kernelSatp({ memory, layout }: KernelView): bigint {
  return memory.read64(layout.hart(0) + layout.at.Hart_kernelSatp);
}

/** Has hart number `index` been in the kernel? One that the boot hart has only started says nothing yet. */
export function hasBegun({ memory, layout }: KernelView, index: number): boolean {
  return memory.read64(layout.hart(index) + layout.at.Hart_timerSet) !== 0n;
}

/** All threads, as the debug kernel lists them. */
export function listedThreads(view: KernelView): number[] {
  const { memory, layout } = view;
  const threads: number[] = [];
  let thread = view.variable("firstThread");
  for (
    ;
    thread !== 0 && threads.length < MOST_THREADS;
    thread = memory.read32(thread + layout.at.Tcb_debugNext)
  )
    threads.push(thread);
  return threads;
}

/** More than memory has room for: the list has a cycle, which its own check finds. */
const MOST_THREADS = 2 ** 22;
