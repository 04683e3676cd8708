import {
  CAP_ENDPOINT,
  CNODE_REVOKE,
  OBJECT_ENDPOINT,
  OBJECT_PAGE,
  OBJECT_UNTYPED,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_TCB,
  TCB_RESUME,
  TCB_SET_PRIORITY,
  TCB_SUSPEND,
  TICK_MICROSECONDS,
  TIME_SLICE_TICKS,
  UNTYPED_RETYPE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LOCK } from "./harness/kernel";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

const TICKS_A_MICROSECOND = 10n;

let world: World;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World();
});

const running = (...threads: Thread[]) => threads.find((thread) => thread.isRunning)?.name;
const tick = (count: number) => {
  for (let i = 0; i < count; i++) world.kernel.tick();
};

describe("the scheduler", () => {
  it("runs the thread with the highest priority", () => {
    const [low, high, middle] = [10, 30, 20].map((priority) =>
      world.thread({ priority, name: `${priority}` }),
    );
    world.letOthersRun();
    expect(running(low!, high!, middle!)).toBe("30");
  });

  it.each([0, 1, 63, 64, 127, 128, 191, 192, 254])("finds a thread of priority %i", (priority) => {
    const thread = world.thread({ priority });
    world.letOthersRun();
    expect(thread.isRunning).toBe(true);
  });

  it("runs nothing when nothing can run", () => {
    world.thread({ start: false });
    world.letOthersRun();
    expect(world.kernel.isIdle()).toBe(true);
  });

  it("runs the next one when a thread waits", () => {
    const [first, second] = world.threadsInOrder(2) as [Thread, Thread];
    first.wait(world.notification());
    expect(second.isRunning).toBe(true);
  });

  it("lets a more important thread interrupt at once when it gets ready", () => {
    const notification = world.notification();
    const [high, low] = world.threadsInOrder(2) as [Thread, Thread];
    high.wait(notification);
    low.signal(notification);
    expect(high.isRunning).toBe(true);
    expect(low.state).toBe("running");
  });

  it("lets a less important thread wait when it gets ready", () => {
    const notification = world.notification();
    const low = world.thread({ priority: 10, name: "low" });
    low.wait(notification);
    const high = world.thread({ priority: 20, name: "high" });
    high.signal(notification);
    expect(running(low, high)).toBe("high");
  });

  it("lets an equal thread that gets ready wait its turn", () => {
    const notification = world.notification();
    const waiter = world.thread({ name: "waiter" });
    waiter.wait(notification);
    const signaller = world.thread({ name: "signaller" });
    signaller.signal(notification);
    expect(running(waiter, signaller)).toBe("signaller");
  });
});

describe("threads of equal priority", () => {
  let first: Thread;
  let second: Thread;

  beforeEach(() => {
    second = world.thread({ name: "second" });
    first = world.thread({ name: "first" });
    world.letOthersRun();
  });

  it("take turns, a time slice each", () => {
    const turns: (string | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      turns.push(running(first, second));
      for (let left = TIME_SLICE_TICKS - 1; left > 0; left--) {
        tick(1);
        expect(running(first, second), `${left} ticks before the end of its slice`).toBe(turns[i]);
      }
      tick(1);
    }
    expect(turns).toEqual(["first", "second", "first", "second"]);
  });

  it("are interrupted by ticks of the configured length", () => {
    const before = world.kernel.hardware.time;
    tick(1);
    expect(world.kernel.hardware.time - before).toBe(BigInt(TICK_MICROSECONDS) * TICKS_A_MICROSECOND);
  });

  it("give way by Yield", () => {
    first.yield();
    expect(running(first, second)).toBe("second");
    second.yield();
    expect(running(first, second)).toBe("first");
  });

  it("keep their turn when a more important thread interrupts", () => {
    tick(2);
    world.bringRoot();
    world.letOthersRun();
    expect(running(first, second)).toBe("first");
    tick(TIME_SLICE_TICKS - 3);
    expect(running(first, second)).toBe("first");
    tick(1);
    expect(running(first, second)).toBe("second");
  });

  it("need no timer when only one of them is left", () => {
    world.must(second.cap, TCB_SUSPEND);
    world.letOthersRun();
    // A tick that was on its way may still come; then there is silence.
    if (world.kernel.hardware.harts[0]!.timerDeadline < 2n ** 63n) world.kernel.tick();
    expect(world.kernel.hardware.harts[0]!.timerDeadline).toBeGreaterThan(2n ** 63n);
    expect(running(first, second)).toBe("first");
  });
});

describe("Yield", () => {
  it("of the only thread of its priority goes on with it", () => {
    const alone = world.thread();
    alone.yield();
    expect(alone.isRunning).toBe(true);
  });

  it("lets no less important thread run", () => {
    const [high, low] = world.threadsInOrder(2) as [Thread, Thread];
    high.yield();
    expect(running(high, low)).toBe(high.name);
  });
});

describe("TCB_SetPriority", () => {
  it("of a ready thread takes effect at once", () => {
    const [first, second] = world.threadsInOrder(2) as [Thread, Thread];
    world.must(second.cap, TCB_SET_PRIORITY, [150], [ROOT_SLOT_TCB]);
    world.letOthersRun();
    expect(running(first, second)).toBe(second.name);
  });

  it("of the calling thread lets another run", () => {
    const [first, second] = world.threadsInOrder(2) as [Thread, Thread];
    first.call(first.cap, { label: TCB_SET_PRIORITY, words: [1], caps: [first.cap] });
    expect(running(first, second)).toBe(second.name);
    expect(first.received.label).toBe(0);
  });

  it("by a running thread of a more important one makes that run", () => {
    const [first, second] = world.threadsInOrder(2) as [Thread, Thread];
    first.call(second.cap, { label: TCB_SET_PRIORITY, words: [200], caps: [ROOT_SLOT_TCB] });
    expect(running(first, second)).toBe(second.name);
  });

  it("of a blocked thread keeps it blocked", () => {
    const notification = world.notification();
    const [first, second] = world.threadsInOrder(2) as [Thread, Thread];
    first.wait(notification);
    world.must(first.cap, TCB_SET_PRIORITY, [1], [ROOT_SLOT_TCB]);
    expect(first.state).toBe("blocked on notification");
    second.signal(notification);
    expect(running(first, second)).toBe(second.name);
  });
});

describe("a thread that resumes another", () => {
  it("goes on when the other is less important, and stops when it is more", () => {
    const waker = world.thread({ priority: 50, name: "waker" });
    const low = world.thread({ priority: 40, name: "low", start: false });
    const high = world.thread({ priority: 60, name: "high", start: false });
    waker.call(low.cap, { label: TCB_RESUME });
    expect(running(waker, low, high)).toBe("waker");
    waker.call(high.cap, { label: TCB_RESUME });
    expect(running(waker, low, high)).toBe("high");
  });
});

describe("a long operation", () => {
  /** A thread asks for it, when `untyped` has 64 KiB to clear: 256 pieces. */
  let retype: () => void;
  let untyped: number;
  let pages: number;
  let worker: Thread;
  beforeEach(() => {
    untyped = world.retype(OBJECT_UNTYPED, 16);
    pages = world.slot(16);
    world.must(untyped, UNTYPED_RETYPE, [OBJECT_PAGE, 0, 0, 0, pages, 16], [ROOT_SLOT_CNODE]);
    world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [untyped, WORD_BITS]);
    worker = world.thread({ priority: 50 });
    world.letOthersRun();
    const words = [OBJECT_ENDPOINT, 0, 0, 0, pages, 1];
    retype = () => worker.call(untyped, { label: UNTYPED_RETYPE, words, caps: [ROOT_SLOT_CNODE] });
  });

  /** Expects that it is interrupted before its end, and comes to it when `end` has ended the reason. */
  function expectInterruptedAndDone(end: () => void = () => undefined): void {
    const pc = worker.register("pc");
    retype();
    expect([worker.isRunning, worker.state, worker.register("pc")]).toEqual([true, "running", pc]);
    expect(world.look(untyped).data, "bytes not yet cleared").toBeGreaterThan(0n);
    expect(world.look(untyped).data).toBeLessThan(2n ** 16n);
    end();
    retype();
    expect([worker.received.label, worker.register("pc")]).toEqual([0, pc + 4n]);
    expect(world.look(pages).type).toBe(CAP_ENDPOINT);
  }

  it("is interrupted at a preemption point and made again by itself", () => {
    world.kernel.hardware.harts[0]!.timerDeadline = 0n;
    expectInterruptedAndDone();
  });

  it("makes way for another hart that waits for the kernel", () => {
    const { memory } = world.kernel;
    memory.write32(LOCK, 2);
    expectInterruptedAndDone(() => memory.write32(LOCK, 0));
  });
});
