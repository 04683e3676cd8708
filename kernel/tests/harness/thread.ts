/** A thread of the system under test, and what a user program can do: put values in registers and execute ecall. */
import {
  IPC_BUFFER_CAPS_OR_BADGES,
  IPC_BUFFER_MESSAGE,
  IPC_BUFFER_RECEIVE_CNODE,
  IPC_BUFFER_RECEIVE_DEPTH,
  IPC_BUFFER_RECEIVE_INDEX,
  MESSAGE_CAPS_UNWRAPPED_SHIFT,
  MESSAGE_EXTRA_CAPS_SHIFT,
  MESSAGE_LABEL_SHIFT,
  MESSAGE_REGISTERS,
  SYS_CALL,
  SYS_NB_RECV,
  SYS_NB_SEND,
  SYS_RECV,
  SYS_REPLY,
  SYS_REPLY_RECV,
  SYS_SEND,
  SYS_SIGNAL_WAIT,
  SYS_YIELD,
} from "@rel4/abi";
import type { Kernel } from "./kernel";

/** Thread states by number. */
const STATES = [
  "inactive",
  "running",
  "restart",
  "blocked on receive",
  "blocked on send",
  "blocked on reply",
  "blocked on notification",
  "idle",
] as const;
export type ThreadState = (typeof STATES)[number];

/** Register numbers, in the psABI's names. */
export const REGISTERS = {
  ...{ pc: 0, ra: 1, sp: 2, gp: 3, tp: 4, t0: 5, t1: 6, t2: 7, s0: 8, s1: 9 },
  ...{ a0: 10, a1: 11, a2: 12, a3: 13, a4: 14, a5: 15, a6: 16, a7: 17 },
  ...{
    s2: 18,
    s3: 19,
    s4: 20,
    s5: 21,
    s6: 22,
    s7: 23,
    s8: 24,
    s9: 25,
    s10: 26,
    s11: 27,
    t3: 28,
    t4: 29,
    t5: 30,
    t6: 31,
  },
} as const;
export type RegisterName = keyof typeof REGISTERS;

export interface Message {
  label?: number | bigint;
  words?: readonly (number | bigint)[];
  /** Capability pointers of the extra capabilities. */
  caps?: readonly number[];
  /** Message length in the tag, where it shall not be that of `words`. */
  length?: number;
}

export interface ReceivedMessage {
  badge: bigint;
  label: number;
  words: bigint[];
  extraCaps: number;
  capsUnwrapped: number;
}

export class Thread {
  constructor(
    private readonly kernel: Kernel,
    /** Address of the TCB. */
    readonly address: number,
    /** Kernel address of the IPC buffer, or 0. */
    readonly buffer: number,
    readonly name: string,
    /** Root's capability to the TCB. */
    readonly cap: number,
    /** Makes sure that the thread may run before it does something. */
    private readonly prepare: (thread: Thread) => void,
  ) {}

  get state(): ThreadState {
    return STATES[this.field("Tcb_state")]!;
  }

  /** A field of the TCB, named as in `guest/layout.ts`, without "Tcb_": 32 bits. */
  field(name: string): number {
    const key = name.startsWith("Tcb_") ? name : `Tcb_${name}`;
    return this.kernel.memory.read32(this.address + this.kernel.layout.field(key));
  }

  field64(name: string): bigint {
    return this.kernel.memory.read64(this.address + this.kernel.layout.field(`Tcb_${name}`));
  }

  register(name: RegisterName): bigint {
    return this.kernel.memory.read64(this.address + 8 * REGISTERS[name]);
  }

  setRegister(name: RegisterName, value: bigint | number): void {
    this.kernel.memory.write64(this.address + 8 * REGISTERS[name], BigInt(value));
  }

  /** Number of the hart that runs the thread now, or undefined. */
  get runningOn(): number | undefined {
    const index = this.kernel.hardware.harts.findIndex(
      (_, hart) => this.kernel.currentThread(hart) === this.address,
    );
    return index < 0 ? undefined : index;
  }

  get isRunning(): boolean {
    return this.runningOn !== undefined;
  }

  /** Executes ecall with these registers; the thread must be the one that its hart runs. */
  systemCall(number: number, pointer: number | bigint = 0, info: bigint = 0n): void {
    this.prepare(this);
    this.setRegister("a7", number);
    this.setRegister("a0", pointer);
    this.setRegister("a1", info);
    this.kernel.systemCall(this.runningHart());
  }

  /** Executes ecall, but its hart gets the kernel lock only after whatever a test does next on another hart. */
  beginSystemCall(number: number, pointer: number, message: Message = {}): void {
    this.prepare(this);
    this.setRegister("a1", this.compose(message));
    this.setRegister("a0", pointer);
    this.setRegister("a7", number);
    this.kernel.beginSystemCall(this.runningHart());
  }

  /** An instruction of the thread causes an exception, whether it owns the FPU or not: scause and stval. */
  exception(cause: number, address: number | bigint = 0): void {
    this.prepare(this);
    const hart = this.runningHart();
    const { fpuStatus } = this.kernel.hardware.harts[hart]!;
    this.kernel.exception(hart, BigInt(cause), BigInt(address));
    const mayComputeNow = fpuStatus === 0 && this.kernel.hardware.harts[hart]!.fpuStatus !== 0;
    if (mayComputeNow && this.runningOn === hart) {
      this.kernel.exception(hart, BigInt(cause), BigInt(address));
    }
  }

  /** Sets f`register` by an instruction; false when that is illegal for the thread. */
  setFloat(register: number, value: bigint): boolean {
    this.prepare(this);
    return this.kernel.floatingPoint(this.runningHart(), (hart) => hart.setFloat(register, value));
  }

  /** Value of f`register`, by an instruction that changes nothing; undefined when that is illegal for the thread. */
  float(register: number): bigint | undefined {
    this.prepare(this);
    let value: bigint | undefined;
    this.kernel.floatingPoint(this.runningHart(), ({ f }) => {
      value = f[register];
    });
    return value;
  }

  /** Puts a message into the registers and the buffer; returns its information word. */
  compose({ label = 0, words = [], caps = [], length = words.length }: Message): bigint {
    words.forEach((word, index) => {
      if (index < MESSAGE_REGISTERS) this.setRegister(`a${index + 2}` as RegisterName, word);
      else this.kernel.memory.write64(this.bufferAt(IPC_BUFFER_MESSAGE + 8 * index), BigInt(word));
    });
    caps.forEach((cap, index) => {
      this.kernel.memory.write64(this.bufferAt(IPC_BUFFER_CAPS_OR_BADGES + 8 * index), BigInt(cap));
    });
    const fields = (caps.length << MESSAGE_EXTRA_CAPS_SHIFT) | length;
    return (BigInt(label) << BigInt(MESSAGE_LABEL_SHIFT)) | BigInt(fields);
  }

  private perform(number: number, pointer: number | bigint, message: Message): void {
    this.prepare(this);
    this.systemCall(number, pointer, this.compose(message));
  }

  send(pointer: number | bigint, message: Message = {}): void {
    this.perform(SYS_SEND, pointer, message);
  }

  nonBlockingSend(pointer: number | bigint, message: Message = {}): void {
    this.perform(SYS_NB_SEND, pointer, message);
  }

  call(pointer: number | bigint, message: Message = {}): void {
    this.perform(SYS_CALL, pointer, message);
  }

  reply(message: Message = {}): void {
    this.perform(SYS_REPLY, 0, message);
  }

  replyReceive(pointer: number | bigint, message: Message = {}): void {
    this.perform(SYS_REPLY_RECV, pointer, message);
  }

  receive(pointer: number | bigint): void {
    this.systemCall(SYS_RECV, pointer);
  }

  nonBlockingReceive(pointer: number | bigint): void {
    this.systemCall(SYS_NB_RECV, pointer);
  }

  yield(): void {
    this.systemCall(SYS_YIELD);
  }

  /** Signals a notification: a Send without a message. */
  signal(pointer: number | bigint): void {
    this.send(pointer);
  }

  /** Waits for a notification: a Recv. */
  wait(pointer: number | bigint): void {
    this.receive(pointer);
  }

  /** Signals notification `signalled` (0: none), then waits on `awaited`. */
  signalWait(signalled: number, awaited: number): void {
    this.systemCall(SYS_SIGNAL_WAIT, signalled, BigInt(awaited));
  }

  /** The message that the thread has received. */
  get received(): ReceivedMessage {
    const info = this.register("a1");
    const length = Number(info & 127n);
    return {
      badge: this.register("a0"),
      label: Number(info >> BigInt(MESSAGE_LABEL_SHIFT)),
      words: Array.from({ length }, (_, index) => this.word(index)),
      extraCaps: Number(info >> BigInt(MESSAGE_EXTRA_CAPS_SHIFT)) & 3,
      capsUnwrapped: Number(info >> BigInt(MESSAGE_CAPS_UNWRAPPED_SHIFT)) & 7,
    };
  }

  /** Message word `index` as the thread sees it. */
  word(index: number): bigint {
    if (index < MESSAGE_REGISTERS) return this.register(`a${index + 2}` as RegisterName);
    return this.kernel.memory.read64(this.bufferAt(IPC_BUFFER_MESSAGE + 8 * index));
  }

  /** Badge of unwrapped capability `index` of the message received. */
  unwrappedBadge(index: number): bigint {
    return this.kernel.memory.read64(this.bufferAt(IPC_BUFFER_CAPS_OR_BADGES + 8 * index));
  }

  /** Says where a capability sent to this thread shall be put. */
  setReceiveSlot(root: number, index: number, depth: number): void {
    this.kernel.memory.write64(this.bufferAt(IPC_BUFFER_RECEIVE_CNODE), BigInt(root));
    this.kernel.memory.write64(this.bufferAt(IPC_BUFFER_RECEIVE_INDEX), BigInt(index));
    this.kernel.memory.write64(this.bufferAt(IPC_BUFFER_RECEIVE_DEPTH), BigInt(depth));
  }

  private runningHart(): number {
    const hart = this.runningOn;
    if (hart === undefined) throw new Error(`${this.name} is not running: it is ${this.state}`);
    return hart;
  }

  private bufferAt(offset: number): number {
    if (this.buffer === 0) throw new Error(`${this.name} has no IPC buffer`);
    return this.buffer + offset;
  }
}
