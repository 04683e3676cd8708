/** A random run of threads that set timers and wait for them, beside a model that knows who must have been told. */
import {
  NOTIFICATION_REGISTER_RECEIVER,
  SYS_SET_TIMER,
  TCB_BIND_NOTIFICATION,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SUSPEND,
  TIMER_BADGE,
} from "@rel4/abi";
import type { Thread } from "../harness/thread";
import { World } from "../harness/world";
import { Random } from "./random";

const THREADS = 5;
const BADGE = BigInt(TIMER_BADGE);
const FAR = 30_000;

/** A thread as the model sees it. */
interface Sleeper {
  thread: Thread;
  notification: number;
  /** It takes user interrupts. */
  receiver: boolean;
  deadline: bigint;
  waiting: boolean;
  /** Its deadline has come, and it has not taken that yet. */
  told: boolean;
}

export class TimersRun {
  /** Deadlines that came. */
  came = 0;
  private readonly random: Random;
  private readonly world: World;
  private readonly sleepers: Sleeper[];
  private readonly history: string[] = [];

  constructor(
    private readonly seed: number,
    private readonly harts: number,
  ) {
    this.random = new Random(seed);
    this.world = new World({ harts });
    this.world.kernel.hardware.time = 1_000n;
    this.sleepers = Array.from({ length: THREADS }, (_, index) => this.sleeper(index));
  }

  /** @throws Error with the seed and the last operations when kernel and model differ */
  perform(operations: number): this {
    for (let i = 0; i < operations; i++) {
      try {
        this.step();
        for (const each of this.sleepers) this.check(each);
      } catch (error) {
        const last = this.history.slice(-12).join("\n");
        throw new Error(
          `seed ${this.seed}, ${this.harts} harts, operation ${i}: ${(error as Error).message}\n${last}`,
        );
      }
    }
    return this;
  }

  private sleeper(index: number): Sleeper {
    const { world } = this;
    const thread = world.thread({ name: `sleeper ${index}`, priority: 50 + index, hart: index % this.harts });
    const notification = world.notification();
    world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [notification]);
    const receiver = index % 2 === 1;
    if (receiver) world.must(notification, NOTIFICATION_REGISTER_RECEIVER, [], [thread.cap]);
    return { thread, notification, receiver, deadline: 0n, waiting: false, told: false };
  }

  private step(): void {
    this.world.letOthersRun();
    const running = this.sleepers.filter(({ thread }) => thread.isRunning);
    const choice = this.random.below(10);
    if (choice < 3) this.pass();
    else if (choice === 3 || running.length === 0) this.manage(this.random.pick(this.sleepers));
    else this.act(this.random.pick(running), choice);
  }

  private act(sleeper: Sleeper, choice: number): void {
    // A wait that nothing would end is no use.
    const waits = choice < 8 && (sleeper.deadline !== 0n || sleeper.told);
    if (waits) this.wait(sleeper);
    else if (choice < 9) this.setTimer(sleeper);
    else this.take(sleeper);
  }

  private setTimer(sleeper: Sleeper): void {
    const now = this.world.kernel.hardware.time;
    const deadline = this.random.below(5) === 0 ? 0n : now + BigInt(this.random.below(FAR)) - 1_000n;
    this.note(`${sleeper.thread.name} sets its timer to ${deadline}`);
    sleeper.thread.systemCall(SYS_SET_TIMER, deadline);
    sleeper.deadline = deadline > now ? deadline : 0n;
    if (deadline !== 0n && deadline <= now) this.tell(sleeper);
  }

  private wait(sleeper: Sleeper): void {
    const { thread, notification, told } = sleeper;
    this.note(`${thread.name} waits`);
    thread.wait(notification);
    if (!told) {
      sleeper.waiting = true;
      return;
    }
    if ((thread.register("a0") & BADGE) === 0n) throw new Error("its wait should have ended with the timer");
    // A vector stays for the handler.
    sleeper.told = sleeper.receiver;
  }

  /** Without waiting: the handler's first instruction, or Poll. */
  private take(sleeper: Sleeper): void {
    const { thread, notification, told, receiver } = sleeper;
    this.note(`${thread.name} looks`);
    const hart = this.world.kernel.hardware.harts[thread.runningOn!]!;
    if (!receiver) thread.nonBlockingReceive(notification);
    const found = receiver ? this.world.kernel.hardware.uipiRead(hart) : thread.register("a0");
    if ((found & BADGE) !== (told ? BADGE : 0n)) throw new Error(`it found ${found}`);
    sleeper.told = false;
  }

  private manage(sleeper: Sleeper): void {
    const { thread } = sleeper;
    const choice = this.random.below(6);
    if (choice === 0) {
      this.note(`${thread.name} is suspended`);
      this.world.must(thread.cap, TCB_SUSPEND);
      sleeper.waiting = false;
    } else if (choice < 4) {
      this.note(`${thread.name} is resumed`);
      this.world.must(thread.cap, TCB_RESUME);
      sleeper.waiting = false;
    } else {
      const hart = this.random.below(this.harts);
      this.note(`${thread.name} moves to hart ${hart}`);
      this.world.must(thread.cap, TCB_SET_AFFINITY, [hart]);
    }
  }

  private pass(): void {
    const { hardware } = this.world.kernel;
    hardware.time += BigInt(this.random.below(FAR / 2));
    this.note(`it is ${hardware.time}`);
    this.world.kernel.settle();
    for (const sleeper of this.sleepers) {
      if (sleeper.deadline === 0n || sleeper.deadline > hardware.time) continue;
      sleeper.deadline = 0n;
      this.tell(sleeper);
    }
  }

  private tell(sleeper: Sleeper): void {
    this.came++;
    const { thread, waiting } = sleeper;
    sleeper.waiting = false;
    if (!waiting) sleeper.told = true;
    else if ((thread.register("a0") & BADGE) === 0n)
      throw new Error(`${thread.name} was not woken by its timer`);
  }

  private note(what: string): void {
    this.history.push(what);
  }

  private check({ thread, notification, receiver, deadline, waiting, told }: Sleeper): void {
    const { memory, layout, hardware } = this.world.kernel;
    const object = this.world.look(notification).object;
    const active = memory.read32(object + layout.field("Notification_state")) === 2;
    const badge = active ? memory.read64(object + layout.field("Notification_badge")) : 0n;
    const vectors = receiver ? hardware.userInterrupts!.entries[thread.field("receiverIndex")]!.pending : 0n;
    if (((badge | vectors) & BADGE) !== (told ? BADGE : 0n))
      throw new Error(`${thread.name} should ${told ? "" : "not "}find its timer`);
    if ((thread.state === "blocked on notification") !== waiting)
      throw new Error(`${thread.name} is ${thread.state}, and should ${waiting ? "" : "not "}wait`);
    if (thread.field64("timerDeadline") !== deadline) throw new Error(`${thread.name} has another deadline`);
  }
}
