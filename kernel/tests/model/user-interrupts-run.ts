/**
 * Random use of U-notifications on one to three harts: registering, sending, reading, waiting, moving, suspending,
 * revoking. The model is one word a receiver: vectors that were sent and not yet read. Whatever happens, the controller
 * must hold exactly these for it, a receiver that runs must be interrupted by them and by nothing else, and one that waits
 * must not be left waiting.
 */
import {
  CNODE_DELETE,
  CNODE_REVOKE,
  NO_ERROR,
  NOTIFICATION_REGISTER_RECEIVER,
  NOTIFICATION_REGISTER_SENDER,
  ROOT_SLOT_CNODE,
  TCB_BIND_NOTIFICATION,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SUSPEND,
  WORD_BITS,
} from "@rel4/abi";
import { CSR_USTATUS } from "../../src/riscv/csr";
import { FLAG_RECEIVER } from "../../src/riscv/layout";
import type { Thread } from "../harness/thread";
import { World } from "../harness/world";
import { Random } from "./random";

const VECTORS = [0, 5, 63];
const RECEIVERS = 3;
const PLAIN_THREADS = 3;
const USER_INTERRUPTS_ON = 1n;

/** A receiver and what it receives through; the notification changes when it was deleted. */
interface ModelReceiver {
  thread: Thread;
  notification: number;
  /** Counts the notifications it has had, so that entries of earlier ones are known to be dead. */
  generation: number;
  /** Capabilities with each vector's badge. */
  badged: number[];
  /** Sent and not read. */
  pending: bigint;
}

interface SenderEntry {
  receiver: ModelReceiver;
  generation: number;
  vector: number;
}

export class UserInterruptsRun {
  private readonly world: World;
  private readonly random: Random;
  private readonly receivers: ModelReceiver[];
  private readonly threads: Thread[];
  private readonly entries = new Map<Thread, Map<bigint, SenderEntry>>();
  private readonly history: string[] = [];
  /** Vectors that were sent to a living receiver, and reads that found some. */
  sent = 0;
  read = 0;

  constructor(
    private readonly seed: number,
    private readonly harts: number,
  ) {
    this.random = new Random(seed);
    this.world = new World({ harts });
    const priority = () => 50 + this.random.below(4);
    const make = (name: string) =>
      this.world.thread({ name, priority: priority(), hart: this.random.below(harts) });
    this.receivers = Array.from({ length: RECEIVERS }, (_, index) => {
      const receiver = {
        thread: make(`receiver ${index}`),
        notification: 0,
        generation: 0,
        badged: [],
        pending: 0n,
      };
      this.register(receiver);
      return receiver;
    });
    const plain = Array.from({ length: PLAIN_THREADS }, (_, index) => make(`plain ${index}`));
    this.threads = [...this.receivers.map(({ thread }) => thread), ...plain];
    for (const thread of this.threads) this.entries.set(thread, new Map());
  }

  /** @throws Error with the seed and the last operations when kernel and model differ */
  perform(operations: number): this {
    for (let step = 0; step < operations; step++) {
      try {
        this.step();
        this.check();
      } catch (problem) {
        const message = problem instanceof Error ? problem.message : String(problem);
        const last = this.history.slice(-12).join("\n");
        throw new Error(`seed ${this.seed}, ${this.harts} harts, operation ${step}: ${message}\n${last}`);
      }
    }
    return this;
  }

  private step(): void {
    this.world.letOthersRun();
    const running = this.threads.filter((thread) => thread.isRunning);
    const choice = this.random.below(100);
    if (running.length === 0 || choice >= 70) this.manage(choice);
    else this.act(this.random.pick(running), choice);
  }

  /** Something a running thread does. */
  private act(thread: Thread, choice: number): void {
    const receiver = this.receivers.find((each) => each.thread === thread);
    if (choice < 25) this.send(thread);
    else if (choice < 40) this.registerSender(thread);
    else if (choice < 48 && receiver) this.take(receiver);
    else if (choice < 60 && receiver) this.wait(receiver);
    else if (choice < 64) this.signal(thread);
    else {
      this.note(`${thread.name} yields`);
      thread.yield();
    }
  }

  /** Something that happens to the threads. */
  private manage(choice: number): void {
    const thread = this.random.pick(this.threads);
    if (choice < 76) this.tick();
    else if (choice < 82) this.invoke(thread, TCB_SUSPEND, "suspended");
    else if (choice < 92 || this.harts === 1) this.invoke(thread, TCB_RESUME, "resumed");
    else if (choice < 97) {
      const hart = this.random.below(this.harts);
      this.note(`${thread.name} moves to hart ${hart}`);
      this.world.must(thread.cap, TCB_SET_AFFINITY, [hart]);
    } else this.renew(this.random.pick(this.receivers));
  }

  private note(what: string): void {
    this.history.push(what);
  }

  private invoke(thread: Thread, label: number, what: string): void {
    this.note(`${thread.name} is ${what}`);
    this.world.must(thread.cap, label);
  }

  private register(receiver: ModelReceiver): void {
    const { world } = this;
    receiver.notification = world.notification();
    receiver.generation++;
    receiver.pending = 0n;
    receiver.badged = VECTORS.map((vector) => world.mint(receiver.notification, 1n << BigInt(vector)));
    world.must(receiver.thread.cap, TCB_BIND_NOTIFICATION, [], [receiver.notification]);
    world.must(receiver.notification, NOTIFICATION_REGISTER_RECEIVER, [], [receiver.thread.cap]);
  }

  /** The notification disappears, and the receiver gets another one. */
  private renew(receiver: ModelReceiver): void {
    this.note(`${receiver.thread.name} gets a new notification`);
    this.world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [receiver.notification, WORD_BITS]);
    this.world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [receiver.notification, WORD_BITS]);
    if ((receiver.thread.field("flags") & FLAG_RECEIVER) !== 0) throw new Error("it is still a receiver");
    this.register(receiver);
  }

  private registerSender(thread: Thread): void {
    const receiver = this.random.pick(this.receivers);
    const which = this.random.below(VECTORS.length);
    thread.call(receiver.badged[which]!, { label: NOTIFICATION_REGISTER_SENDER });
    if (thread.received.label !== NO_ERROR)
      throw new Error(`register sender: error ${thread.received.label}`);
    const index = thread.received.words[0]!;
    this.note(`${thread.name} may send ${VECTORS[which]} to ${receiver.thread.name} (${index})`);
    const entry = { receiver, generation: receiver.generation, vector: VECTORS[which]! };
    this.entries.get(thread)!.set(index, entry);
  }

  /** Also through entries that are dead, or never were. */
  private send(thread: Thread): void {
    const index = BigInt(this.random.below(8));
    const entry = this.entries.get(thread)!.get(index);
    this.note(`${thread.name} sends through ${index}`);
    if (entry && entry.generation === entry.receiver.generation) {
      entry.receiver.pending |= 1n << BigInt(entry.vector);
      this.sent++;
    }
    this.world.kernel.sendUserInterrupt(thread.runningOn!, index);
  }

  /** What a receiver's handler does first. */
  private take(receiver: ModelReceiver): void {
    const hart = this.world.kernel.hardware.harts[receiver.thread.runningOn!]!;
    // A program that wants its interrupts enables them; the kernel keeps that for it.
    hart.writeCsr(CSR_USTATUS, USER_INTERRUPTS_ON);
    const vectors = this.world.kernel.hardware.uipiRead(hart);
    this.note(`${receiver.thread.name} reads ${vectors}`);
    if (vectors !== receiver.pending) throw new Error(`it should have read ${receiver.pending}`);
    if (vectors !== 0n) this.read++;
    receiver.pending = 0n;
  }

  private wait(receiver: ModelReceiver): void {
    const { thread, notification, pending } = receiver;
    this.note(`${thread.name} waits`);
    thread.wait(notification);
    if (pending !== 0n && thread.state === "blocked on notification")
      throw new Error("it has vectors to take");
  }

  private signal(thread: Thread): void {
    const receiver = this.random.pick(this.receivers);
    this.note(`${thread.name} signals ${receiver.thread.name} through the kernel`);
    thread.signal(this.random.pick(receiver.badged));
    if (receiver.thread.state === "blocked on notification") throw new Error("the kernel's signal was lost");
  }

  private tick(): void {
    const hart = this.random.below(this.harts);
    if (this.world.kernel.hardware.harts[hart]!.timerDeadline >= 2n ** 63n) return;
    this.note(`a tick on hart ${hart}`);
    this.world.kernel.tick(hart);
  }

  private check(): void {
    const { kernel } = this.world;
    const receiverOn = (hart: number) => this.receivers.find(({ thread }) => thread.runningOn === hart);
    for (const { thread, pending } of this.receivers) {
      const entry = kernel.hardware.userInterrupts!.entries[thread.field("receiverIndex")]!;
      if (entry.pending !== pending)
        throw new Error(`${thread.name} has ${entry.pending}, it should have ${pending}`);
      if (pending !== 0n && thread.state === "blocked on notification") this.mustBePolled(thread, receiverOn);
    }
    for (let hart = 0; hart < this.harts; hart++) {
      const arriving = kernel.userInterrupt(hart);
      const receiver = receiverOn(hart);
      if (!receiver && arriving !== 0n) throw new Error(`hart ${hart}'s thread gets somebody's interrupt`);
      const enabled = (kernel.hardware.harts[hart]!.readCsr(CSR_USTATUS) & 1n) !== 0n;
      if (receiver && enabled && arriving !== receiver.pending) {
        throw new Error(
          `${receiver.thread.name} is interrupted for ${arriving}, not for ${receiver.pending}`,
        );
      }
    }
  }

  /** A waiting receiver may have pending vectors only while every hart runs a receiver, and a timer will look at them. */
  private mustBePolled(thread: Thread, receiverOn: (hart: number) => ModelReceiver | undefined): void {
    const harts = Array.from({ length: this.harts }, (_, hart) => hart);
    if (!harts.every((hart) => receiverOn(hart))) throw new Error(`${thread.name} is left waiting`);
    const timers = harts.map((hart) => this.world.kernel.hardware.harts[hart]!.timerDeadline);
    if (timers.every((deadline) => deadline >= 2n ** 63n))
      throw new Error(`no timer will ever wake ${thread.name}`);
  }
}
