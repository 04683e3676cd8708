// The architecture's part of a hart's record; the kernel's `Hart` extends it with ready queues and scheduler state.
//
// Every hart has an area of HART_AREA_SIZE bytes: its stack, growing down from the record; the record; the TCB of its
// idle thread. Areas lie behind the kernel's root page table, behind the kernel's data.
// `tp` points to the record of this hart whenever the hart is in the kernel.

import { threadPointer } from "rv";
import { HART_AREA_SIZE, HART_RECORD_SIZE, HART_STACK_SIZE, KERNEL_ROOT_TABLE_SIZE } from "./layout";
import { __bss_end } from "./link";

/** Harts that have started, in order of their logical numbers. */
let hartsRunning: u32 = 0;

@unmanaged
export class HartContext {
  /** TCB that runs on this hart; the idle thread's when nothing else can. */
  current: u32;
  idle: u32;
  /**
   * GIVE_UP_*: set by another hart that took this hart's thread away, or wants the floating-point registers of a thread
   * that does not run. This hart does so while it waits for the kernel lock (assembly/lock.ts), and clears it.
   */
  giveUp: u32;
  /** Logical number, 0…harts-1; the hart that booted is 0. */
  index: u32;
  /** The firmware's number of this hart. */
  hartId: u32;
  /** The scheduler's tick is due at `tickDeadline`. */
  timerArmed: u32;
  /** Interrupt-controller context through which device interrupts reach this hart in S mode. */
  plicContext: u32;
  /** Tcb whose values the floating-point registers hold, or 0. */
  fpuOwner: u32;
  /** Base of the kernel's global variables, loaded on every entry. */
  globalPointer: u64;
  /** Not 0: mappings changed while this hart idled; it forgets all translations before it runs a thread (assembly/trap.ts). */
  staleTranslations: u32;
  /** Tcb with the earliest deadline of this hart's threads (thread-timers.ts), or 0. */
  firstTimer: u32;
  /** satp of the kernel's own address space. */
  kernelSatp: u64;
  tickDeadline: u64;
  /** When the timer will interrupt this hart at the latest; the end of time: never. */
  timerSet: u64;
  /** Not 0: the hart has floating point (F and D), and the kernel was built for it. */
  fpuPresent: u32;
  reserved5: u32;
  reserved6: u64;
  reserved7: u64;
  reserved8: u64;
  reserved9: u64;
  reserved10: u64;
  reserved11: u64;

  /** Record of the hart that executes this. */
  @inline static get(): HartContext {
    return changetype<HartContext>(<u32>threadPointer());
  }

  /** Record of the hart with logical number `index`. */
  @inline static at(index: u32): HartContext {
    return changetype<HartContext>(HartContext.areaStart() + index * HART_AREA_SIZE + HART_STACK_SIZE);
  }

  /** How many harts run the kernel. */
  @inline static count(): u32 {
    return hartsRunning;
  }

  /** Boot: counts one more hart that runs the kernel. */
  @inline static addRunning(): void {
    hartsRunning += 1;
  }

  /** Boot: the hart counted last could not be started. */
  @inline static removeLast(): void {
    hartsRunning -= 1;
  }

  /** Where the TCB of this hart's idle thread lies. */
  @inline idleThreadMemory(): u32 {
    return changetype<u32>(this) + HART_RECORD_SIZE;
  }

  /** Physical address of the kernel's own root page table. */
  @inline static kernelRootTable(): u32 {
    return (<u32>__bss_end() + 0xfff) & ~0xfff;
  }

  /** Start of the harts' areas. */
  @inline static areaStart(): u32 {
    return HartContext.kernelRootTable() + KERNEL_ROOT_TABLE_SIZE;
  }
}
