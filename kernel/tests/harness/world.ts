/**
 * A system to test: the booted kernel, its root task, and objects the root task makes by system calls, as a root task
 * does. The root task has the highest priority and runs whenever a test asks it for something; when another thread
 * shall run, it waits. It is woken by a device interrupt, so it disturbs nobody's queue.
 */
import {
  ALL_RIGHTS,
  BOOTINFO_EMPTY,
  BOOTINFO_UNTYPED,
  BOOTINFO_UNTYPED_LIST,
  CNODE_MINT,
  IRQ_ACKNOWLEDGE,
  IRQ_ISSUE_HANDLER,
  IRQ_SET_HANDLER,
  OBJECT_CNODE,
  OBJECT_ENDPOINT,
  OBJECT_NOTIFICATION,
  OBJECT_PAGE,
  OBJECT_TCB,
  ROOT_SLOT_BOOTINFO_FRAME,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_IPC_BUFFER,
  ROOT_SLOT_IRQ_CONTROL,
  ROOT_SLOT_TCB,
  ROOT_SLOT_VSPACE,
  SLOT_BITS,
  TCB_CONFIGURE,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SET_SCHED_PARAMS,
  TCB_WRITE_REGISTERS,
  UNTYPED_DESCRIPTOR_IS_DEVICE,
  UNTYPED_DESCRIPTOR_SIZE,
  UNTYPED_DESCRIPTOR_SIZE_BITS,
  UNTYPED_RETYPE,
  WORD_BITS,
  WORK_UNITS_PER_PREEMPTION,
} from "@rel4/abi";
import { DEFAULT_CONFIGURATION, type KernelConfiguration } from "../../../image/src/kernel-configuration";
import { Invariants } from "../../inspection/invariants";
import { type FoundSlot, readSlot } from "../../inspection/objects";
import { require } from "../../inspection/require";
import type { AsyncCalls } from "./async-calls";
import { buildKernel } from "./build";
import { Kernel, type KernelOptions } from "./kernel";
import { type Message, Thread } from "./thread";

/** The interrupt that wakes the root task. */
const DIRECTOR_INTERRUPT = 1;
const THREAD_ENTRY = 0x1_0000;
export const THREAD_STACK = 0x2_0000;
const BUFFER_ADDRESS = 0x10_0000;
const TCB_SLOT_CSPACE = 0;

/** What an invocation answered. */
export interface Answer {
  /** NO_ERROR or one of the error codes. */
  error: number;
  words: bigint[];
}

export interface ThreadOptions {
  name?: string;
  priority?: number;
  maximumControlledPriority?: number;
  hart?: number;
  /** Capability pointer of the fault endpoint, in the thread's CSpace. */
  faultEndpoint?: number;
  /** Root's capability to the CNode; default root's own. */
  cspace?: number;
  /** False: no IPC buffer. */
  buffer?: boolean;
  /** False: the thread is left inactive. */
  start?: boolean;
}

/** What the next world is made of. */
let kernelModule: WebAssembly.Module | undefined;

/** Compiles the kernel; a test file awaits this once. */
export async function prepareKernel(): Promise<void> {
  kernelModule = await buildKernel();
}

/** The same for a kernel with other build options; its labels stay those of an SMP kernel. */
export async function prepareOtherKernel(changes: Partial<KernelConfiguration>): Promise<void> {
  kernelModule = await buildKernel({ ...DEFAULT_CONFIGURATION, ...changes, smp: true });
}

export class World {
  readonly kernel: Kernel;
  readonly root: Thread;
  /** Root's capability to a large untyped from which objects are made. */
  readonly untyped: number;
  /** True: invocations of the root task are interrupted at every preemption point. */
  preemptAlways = false;
  /** How often that has happened. */
  preemptions = 0;
  /** The root task makes those invocations asynchronously for which `choose` says so. */
  viaHandler?: { calls: AsyncCalls; choose: () => boolean };
  private nextSlot: number;
  private readonly bell: number;
  private readonly bellHandler: number;
  /** Every thread made by `thread`. */
  readonly threads: Thread[] = [];

  constructor(options: KernelOptions = {}) {
    if (!kernelModule) throw new Error("await prepareKernel() first");
    this.kernel = Kernel.boot(kernelModule, options);
    const tcb = this.kernel.currentThread(0);
    const cnode = this.kernel.memory.read32(
      tcb +
        this.kernel.layout.field("Tcb_slots") +
        TCB_SLOT_CSPACE * 32 +
        this.kernel.layout.field("Slot_object"),
    );
    this.rootCNode = cnode;
    const prepare = (thread: Thread) => this.giveWayTo(thread);
    this.root = new Thread(
      this.kernel,
      tcb,
      this.frameAddress(ROOT_SLOT_IPC_BUFFER),
      "root",
      ROOT_SLOT_TCB,
      prepare,
    );
    const info = this.frameAddress(ROOT_SLOT_BOOTINFO_FRAME);
    this.nextSlot = Number(this.kernel.memory.read64(info + BOOTINFO_EMPTY));
    this.untyped = this.largestUntyped();
    const invariants = new Invariants(this.kernel);
    this.kernel.afterEntry = () => {
      invariants.check();
      require(this.kernel.memory.nullPageIsClean(), "nothing is written through null pointers");
    };
    [this.bell, this.bellHandler] = this.installBell();
  }

  /** Address of the root CNode. */
  readonly rootCNode: number;

  // Capabilities and slots

  /** A free slot of the root CNode. */
  slot(count = 1): number {
    this.nextSlot += count;
    return this.nextSlot - count;
  }

  /** Contents of a slot of the root CNode, or of the CNode at address `cnode`. */
  look(index: number, cnode = this.rootCNode): FoundSlot {
    return this.slotAt(cnode + index * (1 << SLOT_BITS));
  }

  slotAt(address: number): FoundSlot {
    return readSlot(this.kernel, address);
  }

  /** Physical address of the frame whose capability is in a slot. */
  frameAddress(slot: number): number {
    return Number((this.look(slot).data & (2n ** 44n - 1n)) << 12n);
  }

  // Invocations by the root task

  /** Calls a capability as the root task and returns the answer. */
  invoke(
    pointer: number | bigint,
    label: number,
    words: readonly (number | bigint)[] = [],
    caps: readonly number[] = [],
  ): Answer {
    this.bringRoot();
    if (this.viaHandler?.choose())
      return this.invokeViaHandler(this.viaHandler.calls, pointer, label, words, caps);
    if (this.preemptAlways) this.callPreempted(pointer, { label, words, caps });
    else this.root.call(pointer, { label, words, caps });
    return this.answer();
  }

  private invokeViaHandler(
    calls: AsyncCalls,
    pointer: number | bigint,
    label: number,
    words: readonly (number | bigint)[],
    caps: readonly number[],
  ): Answer {
    if (this.preemptAlways) {
      calls.onBeginning = () => {
        this.interruptAtPreemptionPoint();
        this.preemptions++;
      };
    }
    const { error, words: answer } = calls.invoke(pointer, label, words, caps);
    calls.onBeginning = undefined;
    // Served to the end: one of its beginnings was the first.
    if (this.preemptAlways) this.preemptions--;
    return { error, words: answer };
  }

  /** The first hart's next preemption point finds an interrupt. */
  private interruptAtPreemptionPoint(): void {
    const { memory, layout, hardware } = this.kernel;
    const field = (name: string) => layout.hart(0) + layout.field(`Hart_${name}`);
    memory.write64(field("timerSet"), 0n);
    hardware.harts[0]!.timerDeadline = 0n;
    memory.write32(field("workUnits"), WORK_UNITS_PER_PREEMPTION - 1);
  }

  /** Interrupts the call at every preemption point, and makes it again until it is done, as the root task's ecall would. */
  private callPreempted(pointer: number | bigint, message: Message): void {
    const pc = this.root.register("pc");
    this.interruptAtPreemptionPoint();
    this.root.call(pointer, message);
    while (this.root.register("pc") === pc) {
      this.preemptions++;
      this.interruptAtPreemptionPoint();
      this.kernel.systemCall(0);
    }
  }

  /** The same, with a message whose parts may contradict each other. */
  invokeRaw(pointer: number | bigint, message: Message): Answer {
    this.bringRoot();
    this.root.call(pointer, message);
    return this.answer();
  }

  /** Like `invoke`, for what a test does not test. @throws Error when the invocation is refused */
  must(
    pointer: number,
    label: number,
    words: readonly (number | bigint)[] = [],
    caps: readonly number[] = [],
  ): bigint[] {
    const { error, words: answer } = this.invoke(pointer, label, words, caps);
    if (error !== 0)
      throw new Error(`invocation ${label} of capability ${pointer} was refused: error ${error} (${answer})`);
    return answer;
  }

  private answer(): Answer {
    const { label, words } = this.root.received;
    return { error: label, words };
  }

  // Objects

  /** Makes objects out of an untyped; returns the first slot. */
  retype(type: number, sizeBits = 0, count = 1, untyped = this.untyped): number {
    const first = this.slot(count);
    this.must(untyped, UNTYPED_RETYPE, [type, sizeBits, 0, 0, first, count], [ROOT_SLOT_CNODE]);
    return first;
  }

  endpoint(): number {
    return this.retype(OBJECT_ENDPOINT);
  }

  notification(): number {
    return this.retype(OBJECT_NOTIFICATION);
  }

  frame(): number {
    return this.retype(OBJECT_PAGE);
  }

  /** A CNode of 2^radix slots, with no guard. */
  cnode(radix: number): number {
    return this.retype(OBJECT_CNODE, radix);
  }

  /** A copy with a badge (or guard) and rights. */
  mint(source: number, badge: bigint | number, rights = ALL_RIGHTS): number {
    const slot = this.slot();
    this.must(
      ROOT_SLOT_CNODE,
      CNODE_MINT,
      [slot, WORD_BITS, source, WORD_BITS, rights, badge],
      [ROOT_SLOT_CNODE],
    );
    return slot;
  }

  /** A thread in the root task's address space (and CSpace, unless another is given). */
  thread(options: ThreadOptions = {}): Thread {
    const { name = `thread ${this.threads.length + 1}`, priority = 100, hart = 0, start = true } = options;
    const cap = this.retype(OBJECT_TCB);
    const frame = options.buffer === false ? 0 : this.frame();
    this.must(
      cap,
      TCB_CONFIGURE,
      [options.faultEndpoint ?? 0, 0, 0, frame === 0 ? 0 : BUFFER_ADDRESS],
      [options.cspace ?? ROOT_SLOT_CNODE, ROOT_SLOT_VSPACE, frame === 0 ? ROOT_SLOT_IPC_BUFFER : frame],
    );
    const mcp = options.maximumControlledPriority ?? priority;
    this.must(cap, TCB_SET_SCHED_PARAMS, [mcp, priority], [ROOT_SLOT_TCB]);
    if (hart !== 0) this.must(cap, TCB_SET_AFFINITY, [hart]);
    this.must(cap, TCB_WRITE_REGISTERS, [0, 3, THREAD_ENTRY, 0, THREAD_STACK]);
    if (start) this.must(cap, TCB_RESUME);
    const address = this.look(cap).object;
    const buffer = frame === 0 ? 0 : this.frameAddress(frame);
    const thread = new Thread(this.kernel, address, buffer, name, cap, (each) => this.giveWayTo(each));
    this.threads.push(thread);
    return thread;
  }

  /** Threads that run in this order: each has a lower priority than the one before. */
  threadsInOrder(count: number, options: ThreadOptions = {}): Thread[] {
    const highest = options.priority ?? 100;
    return Array.from({ length: count }, (_, index) =>
      this.thread({ ...options, priority: highest - index }),
    );
  }

  // Who runs

  /** Makes the root task the running thread of its hart. */
  bringRoot(): void {
    if (this.root.isRunning) return;
    this.kernel.deviceInterrupt(DIRECTOR_INTERRUPT);
    if (!this.root.isRunning) throw new Error(`the root task did not wake up: it is ${this.root.state}`);
    this.invokeQuietly(this.bellHandler, IRQ_ACKNOWLEDGE);
  }

  /** Lets the root task wait, so that others can run on its hart. */
  letOthersRun(): void {
    if (this.root.isRunning) this.quietly(() => this.root.wait(this.bell));
  }

  private giveWayTo(thread: Thread): void {
    if (!thread.isRunning) this.letOthersRun();
  }

  private invokeQuietly(pointer: number, label: number): void {
    this.quietly(() => this.root.call(pointer, { label }));
    if (this.answer().error !== 0) throw new Error("the root task cannot acknowledge its interrupt");
  }

  private quietly(action: () => void): void {
    const { fastpathsTaken, fastWaitsTaken } = this.kernel;
    action();
    this.kernel.fastpathsTaken = fastpathsTaken;
    this.kernel.fastWaitsTaken = fastWaitsTaken;
  }

  private installBell(): [number, number] {
    const bell = this.notification();
    const handler = this.slot();
    this.must(
      ROOT_SLOT_IRQ_CONTROL,
      IRQ_ISSUE_HANDLER,
      [DIRECTOR_INTERRUPT, handler, WORD_BITS],
      [ROOT_SLOT_CNODE],
    );
    this.must(handler, IRQ_SET_HANDLER, [], [bell]);
    return [bell, handler];
  }

  private largestUntyped(): number {
    const memory = this.bootUntypeds().filter(({ device }) => !device);
    const best = memory.sort((a, b) => b.bits - a.bits)[0];
    if (!best) throw new Error("the kernel gave the root task no untyped memory");
    return best.slot;
  }

  /** An untyped of device memory of at least 2^bits bytes, the last there is. */
  deviceUntyped(bits: number): number {
    const found = this.bootUntypeds()
      .filter((each) => each.device && each.bits >= bits)
      .at(-1);
    if (!found) throw new Error(`no device untyped has 2^${bits} bytes`);
    return found.slot;
  }

  private bootUntypeds(): { slot: number; bits: number; device: boolean }[] {
    const { memory } = this.kernel;
    const info = this.frameAddress(ROOT_SLOT_BOOTINFO_FRAME);
    const first = Number(memory.read64(info + BOOTINFO_UNTYPED));
    const count = Number(memory.read64(info + BOOTINFO_UNTYPED + 8)) - first;
    return Array.from({ length: count }, (_, index) => {
      const descriptor = info + BOOTINFO_UNTYPED_LIST + index * UNTYPED_DESCRIPTOR_SIZE;
      const bits = memory.read8(descriptor + UNTYPED_DESCRIPTOR_SIZE_BITS);
      return {
        slot: first + index,
        bits,
        device: memory.read8(descriptor + UNTYPED_DESCRIPTOR_IS_DEVICE) !== 0,
      };
    });
  }
}
