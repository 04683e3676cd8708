// The computer: the core with its harts and RAM, a board's devices, firmware, and a run loop. Deterministic: what a guest
// computes, and in which order its harts do so, depends only on the options, the program and the console input.
import * as S from "../core/state";
import type { Board, Firmware, FirmwareHost } from "./board";
import { Bus } from "./bus";
import { BusAccess } from "./bus-access";
import { type CoreExports, CoreRun, instantiateCore } from "./core";
import { deviceTreeAddress } from "./device-tree";
import { FIRMWARE_INFO } from "./devices/boot-rom";
import { Console } from "./devices/console";
import { createVirtBoard, type VirtBoard } from "./devices/virt";
import { readElf, readSymbols, type SymbolTable } from "./elf";
import { MachineError } from "./errors";
import { EventQueue, NEVER } from "./event-queue";
import { decodeEvent, EventHub, type EventKind, type EventListener, type EventWords } from "./events";
import { createSbi } from "./firmware/sbi";
import { Hart, Privilege } from "./hart";
import { HostSide, HostTurns } from "./host-side";
import { MachineConsole } from "./machine-console";
import {
  checkOptions,
  DEFAULT_QUANTUM,
  DEFAULT_STORE_BUFFER_DEPTH,
  type MachineOptions,
  type StoreBufferOptions,
} from "./machine-options";
import { type Mark, Marks } from "./marks";
import { Ram } from "./memory";
import { checkPlacement, type Program, partsOf } from "./program";
import { Receivers } from "./receivers";
import { RunLimits, type RunOptions } from "./run-limits";

/**
 * Why a run ended. "input": every hart waits, and what may come from outside (console, network) would interrupt one of them.
 * "host": a device waits for the host, which only `run` can do; `runSync` has to be called again later.
 */
export type RunResult =
  | { reason: "poweroff"; exitCode: number }
  | { reason: "reset" | "limit" | "deadlock" | "until" | "input" | "host" };

/** Hears what a device has to tell the user. */
export type WarningListener = (warning: { device: string; message: string }) => void;

/** A RISC-V computer. */
export class Machine implements FirmwareHost {
  readonly harts: readonly Hart[];
  readonly memory: Ram;
  readonly console: MachineConsole;
  /** Function symbols of the program that was loaded. */
  symbols: SymbolTable | undefined;
  private readonly view: DataView;
  private readonly agenda: EventQueue;
  private readonly events: EventHub;
  private readonly marks: Marks;
  private board!: VirtBoard;
  /** What was typed ahead: survives resets. */
  private readonly typed = new Console((bytes) => this.consoleOutput(bytes));
  private bus!: BusAccess;
  private firmware: Firmware | undefined;
  private ending: RunResult | undefined;
  private isRunning = false;
  private program: Program | undefined;
  /** Nothing has been written to RAM since it was all zero. */
  private isRamFresh = true;
  /** What happens between this machine and its host. For {@link runTogether}, too. */
  readonly hostSide: HostSide;
  private readonly warningListeners = new Set<WarningListener>();

  /**
   * Builds a machine and puts it into the state after power-on.
   * @throws MachineError for options it cannot be built with
   */
  static async create(options: MachineOptions): Promise<Machine> {
    checkOptions(options);
    const holder: { machine?: Machine } = {};
    const { exports, memory } = await instantiateCore(options.core, options.memory, {
      busRead: (address, bytes) => holder.machine!.bus.read(address >>> 0, bytes),
      busWrite: (address, bytes, value) => holder.machine!.bus.write(address >>> 0, bytes, value),
      environmentCall: (hart) => holder.machine!.firmware?.environmentCall(holder.machine!.harts[hart]!),
      event: (kind, hart, a, b, c, d) => holder.machine!.report(kind, hart, [a, b, c, d]),
    });
    const machine = new Machine(options, exports, memory);
    holder.machine = machine;
    machine.powerOn();
    return machine;
  }

  private constructor(
    private readonly options: MachineOptions,
    private readonly core: CoreExports,
    memory: WebAssembly.Memory,
  ) {
    this.view = new DataView(memory.buffer);
    this.memory = new Ram(memory, options.memory, (address, length) => {
      this.isRamFresh = false;
      core.memoryWritten(address, length);
    });
    this.harts = Array.from({ length: options.harts }, (_, id) => new Hart(id, this.view, core));
    this.console = new MachineConsole((action) => this.fromHost(() => action(this.board.console)));
    this.events = new EventHub((mask) => this.view.setUint32(S.MACHINE_EVENT_MASK, mask, true));
    this.marks = new Marks(this.view, () => core.fenceI());
    this.hostSide = new HostSide(core);
    this.agenda = new EventQueue((cycle) => {
      this.view.setBigUint64(S.MACHINE_NEXT_EVENT, cycle, true);
      core.reschedule();
    });
  }

  private powerOn(): void {
    const { options } = this;
    const features =
      ((options.uintc ?? true) ? S.FEATURE_UINTC : 0) |
      (options.firmware === "sbi" ? S.FEATURE_FIRMWARE : 0) |
      (options.coherentFetch ? S.FEATURE_COHERENT_FETCH : 0);
    this.core.powerOn(options.harts, BigInt(options.memory), options.quantum ?? DEFAULT_QUANTUM, features);
    this.setStoreBuffer(options.storeBuffer);
    this.agenda.clear();
    this.hostSide.powerOn();
    this.view.setUint32(S.MACHINE_EVENT_MASK, this.events.mask, true);
    this.marks.publish();
    const { program } = this;
    const board = {
      ...options,
      uintc: options.uintc ?? true,
      bootargs: program?.bootargs ?? options.bootargs,
      initrd: program?.initrd,
      dtb: program?.dtb,
    };
    this.board = createVirtBoard(this, board, this.typed);
    this.bus = new BusAccess(new Bus(this.board.devices), this.harts, this.view, this.events);
    this.firmware = options.firmware === "sbi" ? createSbi(this, this.board) : undefined;
  }

  private setStoreBuffer(options: StoreBufferOptions | undefined): void {
    const depth = options ? (options.depth ?? DEFAULT_STORE_BUFFER_DEPTH) : 0;
    this.view.setUint32(S.MACHINE_STORE_BUFFER, depth, true);
    // Neighbouring seeds must differ in many bits, and the generator's state must not be 0.
    const state = BigInt.asUintN(64, (BigInt(options?.seed ?? 0) + 1n) * 0x9e37_79b9_7f4a_7c15n);
    this.view.setBigUint64(S.MACHINE_STORE_RANDOM, state === 0n ? 1n : state, true);
  }

  /** Everything on the bus. */
  get devices(): Board["devices"] {
    return this.board.devices;
  }

  /** Receiver entries of the user-interrupt controller; undefined: the machine has none. */
  get receivers(): Receivers | undefined {
    return (this.options.uintc ?? true) ? new Receivers(this.view) : undefined;
  }

  /** The flattened device tree of this machine. */
  get deviceTree(): Uint8Array {
    return this.board.deviceTree;
  }

  /**
   * Puts an ELF program into RAM, resets the machine and boots it.
   * @throws ElfError when the bytes are not a RISC-V program for this machine
   */
  loadElf(bytes: Uint8Array): void {
    const free = { base: this.memory.base, size: this.deviceTreeAddress - this.memory.base };
    const { segments, entry } = readElf(bytes, free);
    this.load({ parts: partsOf("program", segments), entry, symbols: readSymbols(bytes) });
  }

  /**
   * Resets the machine, puts a program into RAM and starts it.
   * @throws ImageError when its parts do not fit, or its device tree is none; the machine is then as after power-on
   */
  load(program: Program): void {
    this.program = program;
    this.symbols = program.symbols;
    this.powerOn();
    const tree = { name: "device tree", address: this.deviceTreeAddress, bytes: this.deviceTree };
    checkPlacement([...program.parts, { ...tree, size: tree.bytes.length }], this.memory);
    if (!this.isRamFresh) this.memory.clear(this.memory.base, this.memory.size);
    for (const part of program.parts) this.memory.write(part.address, part.bytes);
    this.boot(BigInt(program.entry));
  }

  /** Starts the program that was loaded last once more, as after power-on. RAM is cleared. */
  reset(): void {
    if (!this.program) throw new MachineError("there is no program to start again", "load one first");
    const { symbols } = this;
    this.load(this.program);
    this.symbols = symbols;
  }

  /**
   * Starts the harts at a physical address of RAM: hart 0 in S mode under built-in firmware, else all in M mode with what
   * virt's boot ROM leaves in registers: a0 = hart id, a1 and a2 = physical addresses of the device tree and of what the
   * ROM tells firmware (devices/boot-rom.ts).
   */
  boot(entry: bigint): void {
    if (this.firmware) {
      this.firmware.boot(entry);
      return;
    }
    const deviceTree = BigInt(this.deviceTreeAddress);
    this.memory.write(deviceTree, this.deviceTree);
    this.board.bootRom.fill({ entry, deviceTree, next: BigInt(this.program?.next ?? 0) });
    for (const hart of this.harts) {
      hart.setX(5, entry);
      hart.setX(10, BigInt(hart.id));
      hart.setX(11, deviceTree);
      hart.setX(12, BigInt(FIRMWARE_INFO));
      hart.start(entry, Privilege.machine);
    }
  }

  private get deviceTreeAddress(): number {
    return deviceTreeAddress(this.memory, this.deviceTree.length);
  }

  /**
   * Runs the guest, letting the host's event loop turn now and then; waits for console input while that is open, and for
   * the host's clock as `paced` says, and always while a network of the host's is connected.
   */
  async run(options: RunOptions = {}): Promise<RunResult> {
    const limits = new RunLimits(options);
    const isPaced = () => (options.paced?.(this) ?? false) || this.board.isPaced();
    this.view.setUint32(S.MACHINE_PACED, options.paced || this.board.isPaced() ? 1 : 0, true);
    const turns = new HostTurns();
    while (true) {
      const result = this.step(limits);
      if (result?.reason === "pause") await this.waitOut(isPaced());
      else if (result?.reason === "input") await this.hostSide.sleep(NEVER, isPaced());
      else if (result?.reason === "host") await this.hostSide.settle();
      else if (result) return result;
      await turns.take(this.isPaced);
    }
  }

  /** Runs the guest without ever returning to the host's event loop. */
  runSync(options: Omit<RunOptions, "paced"> = {}): RunResult {
    const limits = new RunLimits(options);
    this.view.setUint32(S.MACHINE_PACED, 0, true);
    while (true) {
      const result = this.step(limits);
      if (result && result.reason !== "pause") return result;
    }
  }

  /** Runs a batch. Returns a result when the run is over, or the guest idles for a while. */
  private step(limits: RunLimits): RunResult | { reason: "pause" } | undefined {
    if (this.hostSide.isWorking) return { reason: "host" };
    const batch = limits.nextBatch();
    if (batch === 0) return { reason: "limit" };
    this.view.setBigInt64(S.MACHINE_INSTRUCTION_BUDGET, BigInt(batch), true);
    const why = this.enterCore();
    limits.used(batch - Number(this.view.getBigInt64(S.MACHINE_INSTRUCTION_BUDGET, true)));
    if (why === CoreRun.stop) this.view.setUint32(S.MACHINE_STOP, 0, true);
    if (why === CoreRun.event) this.agenda.runUntil(this.now());
    if (this.ending) return this.takeEnding(this.ending);
    if (limits.isOver(this)) return { reason: "until" };
    if (why === CoreRun.pause) return { reason: "pause" };
    if (why === CoreRun.idle) return { reason: this.awaitsInput() ? "input" : "deadlock" };
    return undefined;
  }

  /** Lets the idle time up to the next thing to do pass: at the host's pace, or at once. */
  private async waitOut(atHostsPace: boolean): Promise<void> {
    const target = this.view.getBigUint64(S.MACHINE_IDLE_TARGET, true);
    if (!(await this.hostSide.sleep(target, atHostsPace)))
      this.view.setBigUint64(S.MACHINE_IDLE_LIMIT, target, true);
  }

  // --- For runTogether ---

  /** The clock at which a hart or a device has something to do; all ones when nothing ever will. */
  get nextActivity(): bigint {
    return BigInt.asUintN(64, this.core.nextActivity());
  }

  /** A device talks to somebody who has the host's clock. */
  get isPaced(): boolean {
    return this.board.isPaced();
  }

  /** Runs until the clock is `clock`, whatever happens in between. Returns a result when the run is over before. */
  advance(clock: bigint, limits: RunLimits): RunResult | undefined {
    let isThere = false;
    const cancel = this.scheduleAt(clock, () => {
      isThere = true;
    });
    this.view.setUint32(S.MACHINE_PACED, 0, true);
    while (!isThere) {
      const result = this.step(limits);
      if (!result || result.reason === "pause") continue;
      cancel();
      return result;
    }
    return undefined;
  }

  /** Input wakes an idle guest only through an interrupt; one that polls is not idle. */
  awaitsInput(): boolean {
    return (this.console.inputOpen && this.board.inputWakes()) || this.board.hostWakes();
  }

  private enterCore(): number {
    if (this.isRunning)
      throw new MachineError("the machine is already running", "wait for the present run to end");
    this.isRunning = true;
    this.isRamFresh = false;
    try {
      return this.core.run();
    } finally {
      this.isRunning = false;
    }
  }

  private takeEnding(result: RunResult): RunResult {
    this.ending = undefined;
    this.view.setUint32(S.MACHINE_STOP, 0, true);
    return result;
  }

  /** Calls `listener` for every event of a kind from now on; returns a function that ends that. */
  onEvent<K extends EventKind>(kind: K, listener: EventListener<K>): () => void {
    return this.events.add(kind, listener);
  }

  /**
   * Calls `listener` for what a device wants the user to know, such as a file that cannot be written or a driver that broke
   * its queue; returns a function that ends that.
   */
  onWarning(listener: WarningListener): () => void {
    this.warningListeners.add(listener);
    return () => this.warningListeners.delete(listener);
  }

  /**
   * Makes listeners of "mark" hear of every execution of the instruction at a virtual address; returns a function that ends
   * that. To the guest it is as if a `fence.i` had been executed, and nothing else.
   */
  mark(mark: Mark): () => void {
    return this.marks.add(mark);
  }

  private report(kind: number, hartId: number, words: EventWords): void {
    const hart = this.harts[hartId]!;
    if (kind !== S.EVENT_MARK) this.events.emit(decodeEvent(kind, hart, words));
    else for (const event of this.marks.eventsAt(hart, BigInt.asUintN(64, words[0]))) this.events.emit(event);
  }

  // --- What devices and firmware ask of the machine (DeviceHost, BoardHost, FirmwareHost) ---

  get hartCount(): number {
    return this.harts.length;
  }

  now(): bigint {
    return BigInt.asUintN(64, this.core.now());
  }

  time(): bigint {
    return BigInt.asUintN(64, this.core.time());
  }

  setTime(ticks: bigint): void {
    this.core.setTime(BigInt.asUintN(64, ticks));
  }

  timeCompare(hart: number): bigint {
    return this.view.getBigUint64(this.hartBlock(hart) + S.HART_MTIMECMP, true);
  }

  setTimeCompare(hart: number, ticks: bigint): void {
    this.hartBlock(hart);
    this.core.setMachineTimer(hart, BigInt.asUintN(64, ticks));
  }

  setSupervisorTimer(hart: number, ticks: bigint): void {
    this.hartBlock(hart);
    this.core.setSupervisorTimer(hart, BigInt.asUintN(64, ticks));
  }

  setInterrupt(hart: number, bit: number, level: boolean): void {
    this.hartBlock(hart);
    this.core.setLine(hart, bit, level ? 1 : 0);
  }

  scheduleAt(cycle: bigint, callback: () => void): () => void {
    return this.agenda.schedule(cycle < NEVER ? cycle : NEVER, callback);
  }

  fromHost(action: () => void): void {
    this.hostSide.fromHost(action);
  }

  waitForHost<T>(work: Promise<T>, then: (result: T) => void): void {
    this.hostSide.waitForHost(work, then);
    if (this.isRunning) this.core.requestStop();
  }

  powerOff(exitCode: number): void {
    this.end({ reason: "poweroff", exitCode });
  }

  requestReset(): void {
    this.end({ reason: "reset" });
  }

  warn(device: string, message: string): void {
    for (const listener of this.warningListeners) listener({ device, message });
  }

  consoleOutput(bytes: Uint8Array): void {
    this.console.emit(bytes);
  }

  private end(result: RunResult): void {
    this.ending ??= result;
    this.core.requestStop();
  }

  private hartBlock(hart: number): number {
    if (!this.harts[hart])
      throw new RangeError(`there is no hart ${hart}; this machine has ${this.hartCount}`);
    return S.HARTS_BASE + hart * S.HART_SIZE;
  }
}
