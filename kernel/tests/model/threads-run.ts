/** A random run of threads that talk to each other, and of root, who changes them while they do. */
import { createHash } from "node:crypto";
import {
  ALL_RIGHTS,
  CNODE_CANCEL_BADGED_SENDS,
  CNODE_DELETE,
  CNODE_MINT,
  CNODE_REVOKE,
  NOTIFICATION_REGISTER_RECEIVER,
  NOTIFICATION_REGISTER_SENDER,
  RIGHT_GRANT,
  RIGHT_GRANT_REPLY,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_TCB,
  SYS_SET_TIMER,
  TCB_BIND_NOTIFICATION,
  TCB_FLAG_FPU_DISABLED,
  TCB_READ_FAULT,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SET_FLAGS,
  TCB_SET_PRIORITY,
  TCB_SUSPEND,
  TCB_UNBIND_NOTIFICATION,
  WORD_BITS,
} from "@rel4/abi";
import { CONTEXT_FPU_END, CONTEXT_FPU_REGISTERS } from "../../src/riscv/layout";
import type { Message, Thread } from "../harness/thread";
import { World } from "../harness/world";
import { Random } from "./random";

const THREADS = 6;
const PRIORITIES = [50, 60, 60, 70];
const TCB_FIELDS_END = 840;
/** Registers with which threads compute, and how many values they hold in turn. */
const FLOATS = 3;
const FLOAT_VALUES = 1000;
const ENDPOINT_SIZE = 16;
const NOTIFICATION_SIZE = 32;
/** scause of a load page fault and of an illegal instruction. */
const CAUSES = [13, 2];
const UNKNOWN_SYSCALL = -100;

export interface Step {
  name: string;
  /** Digest of every thread, endpoint and notification and of who runs where. */
  state: string;
}

/** A capability of the root CNode, which all threads use: slot, object it was made from, badge and rights. */
interface SharedCap {
  slot: number;
  source: number;
  badge: number;
  rights: number;
}

export class ThreadsRun {
  readonly steps: Step[] = [];
  private readonly random: Random;
  private readonly world: World;
  private readonly threads: Thread[];
  private readonly endpoints: number[];
  private readonly notifications: number[];
  private readonly caps: SharedCap[];
  /** What each thread has last put into its floating-point registers. */
  private readonly floats: bigint[][];

  constructor(
    seed: number,
    private readonly harts: number,
    fastpath: boolean,
    /** False: the kernel has no endpoints, and notifications take their places. */
    syncIpc = true,
  ) {
    this.random = new Random(seed);
    this.world = new World({ harts, fastpath });
    const { world, random } = this;
    const place = () => (syncIpc ? world.endpoint() : world.notification());
    this.endpoints = [place(), place()];
    this.notifications = [world.notification(), world.notification()];
    this.caps = [...this.endpoints, ...this.notifications].flatMap((source) => this.capsTo(source));
    this.threads = Array.from({ length: THREADS }, (_, index) =>
      world.thread({
        name: `thread ${index}`,
        priority: random.pick(PRIORITIES),
        hart: index % harts,
        // The first two have none; one has a notification.
        faultEndpoint: [0, 0, this.notifications[0]][index] ?? this.endpoints[index % 2],
      }),
    );
    this.floats = this.threads.map(() => Array.from({ length: FLOATS }, () => 0n));
    this.notifications.forEach((notification, index) => {
      world.must(this.threads[index]!.cap, TCB_BIND_NOTIFICATION, [], [notification]);
    });
    world.kernel.fastpathsTaken = 0;
  }

  get fastpathsTaken(): number {
    return this.world.kernel.fastpathsTaken;
  }

  /** @throws Error that names the step at which the kernel broke an invariant */
  perform(operations: number): this {
    for (let i = 0; i < operations; i++) {
      let name = "choosing";
      try {
        name = this.step();
      } catch (error) {
        const before = this.steps.slice(-12).map((step) => step.name);
        throw new Error(`step ${i} after ${before.join("; ")}: ${(error as Error).message}`, {
          cause: error,
        });
      }
      this.steps.push({ name, state: this.digest() });
    }
    return this;
  }

  private capsTo(source: number): SharedCap[] {
    const variants = [
      { badge: 1, rights: ALL_RIGHTS },
      { badge: 2, rights: RIGHT_WRITE | RIGHT_GRANT_REPLY },
      { badge: 4, rights: RIGHT_WRITE | RIGHT_GRANT },
      { badge: 8, rights: RIGHT_WRITE },
      { badge: 0, rights: RIGHT_READ },
    ];
    return variants.map(({ badge, rights }) => {
      const slot = this.world.mint(source, badge, rights);
      return { slot, source, badge, rights };
    });
  }

  private step(): string {
    const running = this.threads.filter((thread) => this.canRun(thread));
    const choice = this.random.below(20);
    if (running.length === 0) return this.resume(this.random.pick(this.threads));
    if (choice < 3) return this.rootStep();
    if (choice === 3) return this.timerStep();
    return this.threadStep(this.random.pick(running));
  }

  /** Is it this thread's turn, once root lets others run? */
  private canRun(thread: Thread): boolean {
    this.world.letOthersRun();
    return thread.isRunning;
  }

  private timerStep(): string {
    const { kernel } = this.world;
    const armed = kernel.hardware.harts.flatMap((hart, index) =>
      hart.timerDeadline < 2n ** 63n ? [index] : [],
    );
    if (armed.length === 0) return "no tick";
    const hart = this.random.pick(armed);
    kernel.tick(hart);
    return `tick of hart ${hart}`;
  }

  /** The first half of the threads mostly serve, the others mostly call, so that they often meet. */
  private threadStep(thread: Thread): string {
    const { random } = this;
    const serves = this.threads.indexOf(thread) < THREADS / 2;
    const choice = random.below(22);
    if (choice >= 20) return this.floatStep(thread);
    if (choice < 9) return serves ? this.receiveStep(thread) : this.sendStep(thread);
    if (choice < 12) return this.receiveStep(thread);
    if (choice < 14) return this.sendStep(thread);
    if (choice < 17) return this.registerStep(thread);
    if (choice === 17) return this.faultStep(thread);
    if (choice === 18)
      return this.random.below(2) === 0 ? this.setTimerStep(thread) : this.userInterruptStep(thread);
    thread.yield();
    return `${thread.name} yields`;
  }

  /** Computes: all registers hold what the thread has put there, and one gets another value. */
  private floatStep(thread: Thread): string {
    const expected = this.floats[this.threads.indexOf(thread)]!;
    if (thread.float(0) === undefined) return `${thread.name} may not compute`;
    const found = expected.map((_, register) => thread.float(register));
    if (found.some((value, register) => value !== expected[register]))
      throw new Error(`${thread.name} finds ${found} in its floating-point registers, not ${expected}`);
    if (this.random.below(4) === 0) return `${thread.name} looks at its floating-point registers`;
    const register = this.random.below(FLOATS);
    expected[register] = BigInt(this.random.below(FLOAT_VALUES));
    thread.setFloat(register, expected[register]);
    return `${thread.name} computes f${register} = ${expected[register]}`;
  }

  /** Deadlines that have passed, come soon, or come after some ticks; sometimes none. */
  private setTimerStep(thread: Thread): string {
    const now = this.world.kernel.hardware.time;
    const deadline = this.random.below(5) === 0 ? 0n : now + BigInt(this.random.below(60_000)) - 5_000n;
    thread.systemCall(SYS_SET_TIMER, deadline < 0n ? 1n : deadline);
    return `${thread.name} sets its timer to ${deadline} at ${now}`;
  }

  /** What a thread does without the kernel: send a user interrupt, or take those that have arrived. */
  private userInterruptStep(thread: Thread): string {
    const { kernel } = this.world;
    const hart = kernel.hardware.harts[thread.runningOn!]!;
    if (this.random.below(3) === 0) return `${thread.name} takes ${kernel.hardware.uipiRead(hart)}`;
    const entry = this.random.below(2);
    kernel.hardware.uipiSend(hart, BigInt(entry));
    kernel.settle();
    return `${thread.name} sends through entry ${entry}`;
  }

  /** One endpoint is used more than all others, or threads would seldom meet. */
  private usually(favourite: number, others: number[]): number {
    return this.random.below(4) > 0 ? favourite : this.random.pick(others);
  }

  private sendStep(thread: Thread): string {
    const pointer = this.usually(
      this.caps[0]!.slot,
      this.caps.map(({ slot }) => slot),
    );
    const message = this.message();
    const name = (what: string) => `${thread.name} ${what} ${pointer} (${JSON.stringify(message)})`;
    switch (this.random.below(8)) {
      case 0:
        thread.send(pointer, message);
        return name("Send");
      case 1:
        thread.nonBlockingSend(pointer, message);
        return name("NBSend");
      default:
        thread.call(pointer, message);
        return name("Call");
    }
  }

  private receiveStep(thread: Thread): string {
    const readable = this.caps.filter(({ rights }) => rights & RIGHT_READ).map(({ slot }) => slot);
    const pointer = this.usually(this.endpoints[0]!, [...readable, ...this.endpoints]);
    const message = this.message();
    const name = (what: string) => `${thread.name} ${what} ${pointer} (${JSON.stringify(message)})`;
    switch (this.random.below(14)) {
      case 0:
        thread.nonBlockingReceive(pointer);
        return name("NBRecv");
      case 1:
        thread.reply(message);
        return name("Reply");
      case 2:
      case 3:
        thread.receive(pointer);
        return name("Recv");
      case 4:
      case 5:
      case 6:
      case 7:
        return this.signalWaitStep(thread, pointer);
      default:
        thread.replyReceive(pointer, message);
        return name("ReplyRecv");
    }
  }

  /** Mostly each signals whom the other waits for. */
  private signalWaitStep(thread: Thread, pointer: number): string {
    const { random } = this;
    const index = this.threads.indexOf(thread) % 2;
    const capsOf = (source: number) => this.caps.filter((cap) => cap.source === source);
    const signalled = this.usually(random.pick(capsOf(this.notifications[1 - index]!)).slot, [
      0,
      ...this.caps.map(({ slot }) => slot),
    ]);
    const awaited = random.below(2) === 0 ? pointer : this.notifications[index]!;
    thread.signalWait(signalled, awaited);
    return `${thread.name} signals ${signalled} and waits on ${awaited}`;
  }

  private faultStep(thread: Thread): string {
    if (this.random.below(3) === 0) {
      thread.systemCall(UNKNOWN_SYSCALL);
      return `${thread.name} makes an unknown system call`;
    }
    const cause = this.random.pick(CAUSES);
    thread.exception(cause, 0x1234);
    return `${thread.name} causes exception ${cause}`;
  }

  /** ReL4's registrations, made by the thread itself. */
  private registerStep(thread: Thread): string {
    const index = this.threads.indexOf(thread);
    const receiver = index < this.notifications.length && this.random.below(3) > 0;
    const usable = ({ source, rights, badge }: SharedCap) =>
      receiver
        ? source === this.notifications[index] && rights & RIGHT_READ
        : this.notifications.includes(source) && badge !== 0;
    const { slot } = this.random.pick(this.caps.filter(usable));
    const label = receiver ? NOTIFICATION_REGISTER_RECEIVER : NOTIFICATION_REGISTER_SENDER;
    thread.call(slot, { label, caps: receiver ? [thread.cap] : [] });
    return `${thread.name} registers as ${receiver ? "receiver" : "sender"} of ${slot}`;
  }

  private message(): Message {
    const length = this.random.pick([0, 1, 2, 3, 3, 4, 4, 9]);
    const words = Array.from({ length }, (_, index) => index + this.random.below(1000));
    const caps = this.random.below(10) === 0 ? [this.random.pick(this.caps).slot] : [];
    return { label: this.random.below(3), words, caps };
  }

  private rootStep(): string {
    const { world, random } = this;
    const thread = random.pick(this.threads);
    const cap = random.pick(this.caps);
    const act = (pointer: number, label: number, words: number[] = [], caps: number[] = []) =>
      world.invoke(pointer, label, words, caps).error;
    switch (random.below(11)) {
      case 9:
        return `root sets the flags of ${thread.name}: ${world.must(thread.cap, TCB_SET_FLAGS, [TCB_FLAG_FPU_DISABLED, random.below(4) === 0 ? TCB_FLAG_FPU_DISABLED : 0])}`;
      case 8:
        return `root reads the fault of ${thread.name}: ${world.must(thread.cap, TCB_READ_FAULT)}`;
      case 0:
        return `root suspends ${thread.name}: ${act(thread.cap, TCB_SUSPEND)}`;
      case 1:
      case 2:
        return this.resume(thread);
      case 3: {
        const priority = random.pick(PRIORITIES);
        return `root sets ${thread.name} to ${priority}: ${act(thread.cap, TCB_SET_PRIORITY, [priority], [ROOT_SLOT_TCB])}`;
      }
      case 4: {
        const hart = random.below(this.harts);
        return `root moves ${thread.name} to hart ${hart}: ${act(thread.cap, TCB_SET_AFFINITY, [hart])}`;
      }
      case 5: {
        const notification = random.pick(this.notifications);
        const unbound = act(thread.cap, TCB_UNBIND_NOTIFICATION);
        if (unbound === 0) return `root unbinds ${thread.name}`;
        return `root binds ${thread.name} to ${notification}: ${act(thread.cap, TCB_BIND_NOTIFICATION, [], [notification])}`;
      }
      case 6:
        return this.renew(cap);
      case 7:
        act(ROOT_SLOT_CNODE, CNODE_CANCEL_BADGED_SENDS, [cap.slot, WORD_BITS]);
        return `root cancels sends through ${cap.slot}`;
      default:
        return this.revoke(random.pick([...this.endpoints, ...this.notifications]));
    }
  }

  private resume(thread: Thread): string {
    return `root resumes ${thread.name}: ${this.world.invoke(thread.cap, TCB_RESUME).error}`;
  }

  private mint({ slot, source, badge, rights }: SharedCap): void {
    const words = [slot, WORD_BITS, source, WORD_BITS, rights, badge];
    this.world.must(ROOT_SLOT_CNODE, CNODE_MINT, words, [ROOT_SLOT_CNODE]);
  }

  private renew(cap: SharedCap): string {
    this.world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [cap.slot, WORD_BITS]);
    this.mint(cap);
    return `root deletes and mints ${cap.slot}`;
  }

  private revoke(source: number): string {
    this.world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [source, WORD_BITS]);
    for (const cap of this.caps) if (cap.source === source) this.mint(cap);
    return `root revokes ${source}`;
  }

  private digest(): string {
    const { world } = this;
    const { memory } = world.kernel;
    const hash = createHash("sha1");
    const add = (start: number, size: number) => hash.update(memory.bytes.subarray(start, start + size));
    for (const thread of this.threads) {
      add(thread.address, TCB_FIELDS_END);
      add(thread.address + CONTEXT_FPU_REGISTERS, CONTEXT_FPU_END - CONTEXT_FPU_REGISTERS);
    }
    for (const { f } of world.kernel.hardware.harts) hash.update(f);
    for (const endpoint of this.endpoints) add(world.look(endpoint).object, ENDPOINT_SIZE);
    for (const notification of this.notifications) add(world.look(notification).object, NOTIFICATION_SIZE);
    for (let hart = 0; hart < this.harts; hart++) hash.update(`${world.kernel.currentThread(hart)} `);
    return hash.digest("hex");
  }
}
