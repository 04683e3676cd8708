/**
 * A program under test: the real runtime as wasm, on a hart, a kernel and peers that the test plays.
 *
 * Stacks. wasm cannot switch stacks. But all that ever switches is a coroutine that waits, and what runs next is either another
 * coroutine, which can as well run as a call from there, or the executor, whose frames are still below: the frames in
 * between are thrown away by an exception. Bodies of coroutines are therefore played by the test, one call at a time.
 */

import { SLOT_ASYNC_NOTIFICATION, SLOT_SUPERVISOR } from "../../../abi/src/program-layout";
import { PEER_ARMED, PEER_AWAKE, PEER_BLOCKED } from "../../../abi/src/ring";
import { MAILBOX_ANSWER_AT, MAILBOX_ANSWERED, MAILBOX_STATE_AT } from "../../../abi/src/supervisor";
import {
  FEATURE_USER_INTERRUPTS,
  FEATURE_WAIT_ON_RESERVATION,
  SYS_CALL,
  SYS_GET_FEATURES,
  SYS_NB_RECV,
  SYS_SEND,
  SYS_SET_TIMER,
  SYS_SIGNAL_WAIT,
  TIMER_BADGE,
} from "../../../abi/src/syscalls";
import { MEMORY_BYTES } from "./build";
import { type Channel, FIRST_SLOT, MAILBOX, mayAccess, writeStartInfo } from "./layout";
import type { Random } from "./random";

const CSR_USCRATCH = 0x040;
const CSR_USTATUS = 0x000;
const MOST_ACCESSES = 4_000_000;
const ACCESSES_BETWEEN_LOOKS = 256;
const ACCESSES_TO_FINISH = 100_000;
const PAGE = 0x1_0000;

/** Another program at the other end of a channel. */
export interface Peer {
  readonly channel: Channel;
  /** Does one small thing; false when it sleeps. */
  step(): boolean;
  /** Somebody wakes it. */
  wake(): void;
  /** It keeps the rules, and has all it wanted. */
  readonly isDone: boolean;
}

/** What the guest module exports (guest/party.ts). */
interface Exports {
  table: WebAssembly.Table;
  startService(): void;
  handledRequests(): number;
  openClient(number: number): number;
  spawnPlayed(priority: number): number;
  callServer(client: number, label: number, w0: bigint, w1: bigint, w2: bigint, w3: bigint): number;
  callServerWithin(
    ticks: bigint,
    client: number,
    label: number,
    w0: bigint,
    w1: bigint,
    w2: bigint,
    w3: bigint,
  ): number;
  endTimer(coroutine: number): void;
  hasTimedOut(coroutine: number): number;
  suspend(): void;
  yieldTurn(): void;
  runExecutor(): void;
  executor(): number;
  current(): number;
  waitsFor(coroutine: number): number;
  idOf(coroutine: number): number;
  responseOf(coroutine: number): number;
  codeOf(response: number): number;
  wordOf(response: number, index: number): bigint;
}

/** Thrown to leave frames of coroutines that have been switched away from. */
const SWITCHED = Symbol("switched to the executor");
/** Thrown when the test has seen what it wanted. */
const STOP = Symbol("stop");

export interface ProgramOptions {
  channels: readonly Channel[];
  userInterrupts: boolean;
  waitOnReservation: boolean;
  coroutines: number;
  /** One access in so many is a chance for peers. */
  chance: number;
}

export class Program {
  readonly memory: DataView;
  readonly guest: Exports;
  peers: readonly Peer[] = [];
  /** Called when the executor or a coroutine switches to a coroutine of the test. */
  resume: (coroutine: number) => void = () => {};
  /** Called when a coroutine of the test leaves its hart. */
  leave: (coroutine: number) => void = () => {};
  /** Has the test what it wants? Asked when the program sleeps, and now and then. */
  isDone: () => boolean = () => false;
  /** How often it has gone to sleep in the kernel, and taken user interrupts. */
  sleeps = 0;
  interrupts = 0;

  private readonly bytes: WebAssembly.Memory;
  private signals = 0n;
  private pending = 0n;
  private arrivals = 0;
  private interruptsOn = false;
  private executorRuns = false;
  private accesses = 0;
  private lastAccess = MOST_ACCESSES;
  private cycles = 0n;
  /** When the kernel signals the timer's badge; 0: never. */
  private deadline = 0n;
  private peersAct = false;
  private message: bigint[] = [];

  constructor(
    module: WebAssembly.Module,
    private readonly random: Random,
    private readonly options: ProgramOptions,
  ) {
    this.bytes = new WebAssembly.Memory({ initial: MEMORY_BYTES / PAGE });
    this.memory = new DataView(this.bytes.buffer);
    writeStartInfo(this.memory, options.channels, options.coroutines);
    const instance = new WebAssembly.Instance(module, this.imports());
    this.guest = instance.exports as unknown as Exports;
  }

  /** Runs `main` until `isDone`, or until a check fails. */
  run(main: () => void): void {
    try {
      main();
      this.guest.suspend();
    } catch (thrown) {
      if (thrown !== STOP) throw thrown;
    }
  }

  // What peers do to the program

  /** Wakes the program in the way it shows in `state`. */
  wakeBy(state: number, channel: Channel): void {
    if (state === PEER_BLOCKED) this.signals |= 1n << BigInt(channel.vector);
    else if (state === PEER_ARMED) this.interrupt(channel);
    else if (state !== PEER_AWAKE) throw new Error(`the program shows state ${state}`);
  }
  signal(channel: Channel): void {
    this.signalBadge(1n << BigInt(channel.vector));
  }
  signalBadge(badge: bigint): void {
    this.signals |= badge;
  }
  interrupt(channel: Channel): void {
    this.pending |= 1n << BigInt(channel.vector);
  }

  /** Everybody else gets a chance to do something, between two accesses of the program. */
  private between(): void {
    if (this.pending !== 0n && this.interruptsOn && this.arrivals !== 0) {
      this.memory.setBigUint64(
        this.arrivals,
        this.memory.getBigUint64(this.arrivals, true) | this.pending,
        true,
      );
      this.pending = 0n;
      this.interrupts += 1;
    }
    if (this.peersAct || this.peers.length === 0 || !this.random.oneIn(this.options.chance)) return;
    this.peersAct = true;
    const peer = this.random.pick(this.peers);
    for (let steps = this.random.pick([1, 1, 2, 12]); steps > 0; steps--) peer.step();
    this.peersAct = false;
  }

  private access(bytes: number, address: number, isStore: boolean): void {
    if (!mayAccess(this.options.channels, address, bytes, isStore)) {
      throw new Error(`${isStore ? "stores" : "loads"} ${bytes} bytes at 0x${address.toString(16)}`);
    }
    if (++this.accesses > this.lastAccess) throw new Error("the program does not come to an end");
    if (this.accesses % ACCESSES_BETWEEN_LOOKS === 0 && this.lastAccess === MOST_ACCESSES && this.isDone()) {
      // It must still come back to its executor, which asks for the time or calls the kernel.
      this.lastAccess = this.accesses + ACCESSES_TO_FINISH;
    }
    this.between();
  }

  private stopWhenDone(): void {
    if (this.lastAccess !== MOST_ACCESSES) throw STOP;
  }

  // The hart

  private switchStack(from: number, to: number): void {
    const executor = this.guest.executor();
    if (from !== executor) this.leave(from);
    if (to === executor) {
      if (this.executorRuns) throw SWITCHED;
      this.executorRuns = true;
      this.guest.runExecutor();
      throw new Error("the executor has ended");
    }
    try {
      this.resume(to);
    } catch (thrown) {
      if (thrown !== SWITCHED) throw thrown;
    }
    if (from !== executor) throw SWITCHED;
  }

  /** Runs a coroutine that the program has made itself, from its beginning. */
  runOwn(coroutine: number): void {
    const entry = Number(this.memory.getBigUint64(coroutine, true));
    (this.guest.table.get(entry) as () => void)();
  }

  // The kernel

  private ecall(a: bigint[]): bigint {
    const number = Number(BigInt.asIntN(64, a[7]!));
    const slot = Number(a[0]!);
    this.stopWhenDone();
    this.between();
    switch (number) {
      case SYS_GET_FEATURES: {
        const { userInterrupts, waitOnReservation } = this.options;
        const features =
          (userInterrupts ? FEATURE_USER_INTERRUPTS : 0) |
          (waitOnReservation ? FEATURE_WAIT_ON_RESERVATION : 0);
        this.message = [0n, 0n, BigInt(features), 2n];
        return 0n;
      }
      case SYS_SEND:
        this.signalSlot(slot);
        return 0n;
      case SYS_CALL:
        // the sender's entry for a channel
        this.message = [0n, 0n, BigInt(slot), 0n, 0n, 0n];
        return 0n;
      case SYS_NB_RECV:
        return this.takeSignals(slot);
      case SYS_SET_TIMER:
        this.deadline = a[0]!;
        return 0n;
      case SYS_SIGNAL_WAIT:
        if (slot !== 0) this.signalSlot(slot);
        return this.wait(Number(a[1]!));
      default:
        throw new Error(`system call ${number}`);
    }
  }

  private signalSlot(slot: number): void {
    if (slot === SLOT_SUPERVISOR) {
      this.memory.setUint32(MAILBOX + MAILBOX_ANSWER_AT, 1, true);
      this.memory.setUint32(MAILBOX + MAILBOX_STATE_AT, MAILBOX_ANSWERED, true);
      return;
    }
    const peer = this.peers[slot - FIRST_SLOT];
    if (!peer) throw new Error(`signals slot ${slot}`);
    peer.wake();
  }

  private takeSignals(slot: number): bigint {
    if (slot !== SLOT_ASYNC_NOTIFICATION) throw new Error(`receives from slot ${slot}`);
    const { signals } = this;
    this.signals = 0n;
    return signals;
  }

  /** The others run until one of them signals the program. */
  private wait(slot: number): bigint {
    this.sleeps += 1;
    for (let steps = 0; this.signals === 0n; steps++) {
      if (this.isDone()) throw STOP;
      const awake = this.peers.filter((peer) => peer.step());
      this.cycles += 40n;
      if (awake.length === 0) {
        if (this.deadline === 0n) throw new Error("everybody sleeps, and calls are unanswered");
        if (this.cycles < this.deadline) this.cycles = this.deadline;
      }
      if (this.deadline !== 0n && this.cycles >= this.deadline) {
        this.deadline = 0n;
        this.signalBadge(BigInt(TIMER_BADGE));
      }
      if (steps > MOST_ACCESSES) throw new Error("the program sleeps though peers go on");
    }
    return this.takeSignals(slot);
  }

  // What the module imports

  private imports(): WebAssembly.Imports {
    const played = this.intrinsics();
    // The runtime may import intrinsics that these tests never reach.
    const rv = new Proxy(played, {
      get: (_, name: string) =>
        played[name] ??
        (() => {
          throw new Error(`the test does not play ${name}`);
        }),
    });
    return { rv, env: this.environment(), link: { arrivalsEntry: () => 0n } };
  }

  private environment(): WebAssembly.ModuleImports {
    const load = (_id: number, bytes: number, offset: number, address: number) => {
      this.access(bytes, (address >>> 0) + offset, false);
      return address;
    };
    const store = (_id: number, bytes: number, offset: number, address: number) => {
      this.access(bytes, (address >>> 0) + offset, true);
      return address;
    };
    const same = <T>(_id: number, value: T) => value;
    return {
      memory: this.bytes,
      abort: (_message: number, _file: number, line: number) => {
        throw new Error(`the program gives up (line ${line})`);
      },
      load_ptr: load,
      store_ptr: store,
      memory_grow_pre: same,
      memory_grow_post: same,
      load_val_i32: same,
      load_val_i64: same,
      load_val_f32: same,
      load_val_f64: same,
      store_val_i32: same,
      store_val_i64: same,
      store_val_f32: same,
      store_val_f64: same,
    };
  }

  private intrinsics(): WebAssembly.ModuleImports {
    const word = (address: number | bigint, bytes: number, isStore: boolean) => {
      const at = Number(address);
      this.access(bytes, at >>> 0, isStore);
      return at >>> 0;
    };
    const { memory } = this;
    const load32 = (address: number | bigint) => memory.getInt32(word(address, 4, false), true);
    const store32 = (address: number | bigint, value: number) =>
      memory.setInt32(word(address, 4, true), value, true);
    return {
      load32,
      loadAcquire32: load32,
      store32,
      storeRelease32: store32,
      load64: (address: bigint) => memory.getBigUint64(word(address, 8, false), true),
      amoSwap32: (pointer: number, value: number) => {
        const at = word(pointer, 4, true);
        const before = memory.getInt32(at, true);
        memory.setInt32(at, value, true);
        return before;
      },
      amoSwap64: (pointer: number, value: bigint) => {
        const at = word(pointer, 8, true);
        const before = memory.getBigUint64(at, true);
        memory.setBigUint64(at, value, true);
        return before;
      },
      fence: () => this.between(),
      pause: () => this.between(),
      waitWhileEqual32: () => this.between(),
      rdcycle: () => {
        this.stopWhenDone();
        // time jumps, so that waits end at any point
        this.cycles += this.random.oneIn(8) ? 20_000n : 40n;
        return this.cycles;
      },
      rdtime: () => this.cycles,
      ecall: (...a: bigint[]) => this.ecall(a),
      ecallResult: (index: number) => this.message[index] ?? 0n,
      uipiRead: () => {
        const { pending } = this;
        this.pending = 0n;
        return pending;
      },
      uipiSend: (index: bigint) => this.signalSlot(Number(index)),
      unlikely: (condition: number) => condition,
      functionAddress: (index: number) => BigInt(index),
      isPushedAtSuspension: () => 1,
      switchStack: (from: number, to: number) => this.switchStack(from, to),
      csrWrite: (csr: number, value: bigint) => {
        if (csr === CSR_USCRATCH) this.arrivals = Number(value);
      },
      csrSet: (csr: number, mask: bigint) => {
        if (csr === CSR_USTATUS && mask !== 0n) this.interruptsOn = true;
      },
      // uip.USIP follows what is pending
      csrClear: () => {},
      csrClearRead: (csr: number, mask: bigint) => {
        const before = this.interruptsOn ? mask : 0n;
        if (csr === CSR_USTATUS) this.interruptsOn = false;
        return before;
      },
    };
  }
}
