/** Threads' timers: SetTimer and what comes at the deadline. */
import {
  CNODE_DELETE,
  ILLEGAL_OPERATION,
  NO_ERROR,
  NOTIFICATION_REGISTER_RECEIVER,
  ROOT_SLOT_CNODE,
  SYS_SET_TIMER,
  TCB_BIND_NOTIFICATION,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SUSPEND,
  TCB_UNBIND_NOTIFICATION,
  TIMER_BADGE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

const NEVER = 2n ** 64n - 1n;
const BADGE = BigInt(TIMER_BADGE);

let world: World;
let notification: number;
let thread: Thread;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World({ harts: 2 });
  world.kernel.hardware.time = 1000n;
  [thread, notification] = sleeper();
});

/** A thread and the notification bound to it. */
function sleeper(options: Parameters<World["thread"]>[0] = {}): [Thread, number] {
  const made = world.thread(options);
  const bound = world.notification();
  world.must(made.cap, TCB_BIND_NOTIFICATION, [], [bound]);
  return [made, bound];
}

function setTimer(deadline: bigint | number, by = thread): number {
  by.systemCall(SYS_SET_TIMER, deadline);
  return Number(by.register("a0"));
}

/** Time passes, without anything that happens in between. */
function at(time: bigint): void {
  world.kernel.hardware.time = time;
  world.kernel.settle();
}

const hartTimer = (hart: number) => world.kernel.hardware.harts[hart]!.timerDeadline;

describe("a timer", () => {
  it("wakes a thread that waits for its notification, not a tick earlier", () => {
    expect(setTimer(1500n)).toBe(NO_ERROR);
    thread.wait(notification);
    at(1499n);
    expect(thread.state).toBe("blocked on notification");
    at(1500n);
    expect([thread.isRunning, thread.register("a0")]).toEqual([true, BADGE]);
  });

  it("wakes a thread that waits on an endpoint", () => {
    setTimer(1500n);
    thread.receive(world.endpoint());
    at(1500n);
    expect([thread.isRunning, thread.register("a0")]).toEqual([true, BADGE]);
  });

  it("of a thread that does not wait is kept for its next wait, with the signals that came", () => {
    const badged = world.mint(notification, 5);
    setTimer(1500n);
    thread.signal(badged);
    at(2000n);
    thread.wait(notification);
    expect(thread.register("a0")).toBe(BADGE | 5n);
  });

  it("comes once", () => {
    setTimer(1500n);
    thread.wait(notification);
    at(1500n);
    thread.wait(notification);
    at(9000n);
    expect(thread.state).toBe("blocked on notification");
    expect(hartTimer(0)).toBe(NEVER);
  });

  it.each([1000n, 999n, 1n])("comes at once when its deadline has passed (%i)", (deadline) => {
    expect(setTimer(deadline)).toBe(NO_ERROR);
    expect(hartTimer(0)).toBe(NEVER);
    thread.wait(notification);
    expect(thread.register("a0")).toBe(BADGE);
  });

  it("is replaced by the next, earlier or later", () => {
    setTimer(5000n);
    setTimer(2000n);
    expect(hartTimer(0)).toBe(2000n);
    setTimer(3000n);
    thread.wait(notification);
    at(2500n);
    expect(thread.state).toBe("blocked on notification");
    at(3000n);
    expect(thread.isRunning).toBe(true);
  });

  it("is taken back by 0", () => {
    setTimer(2000n);
    expect(setTimer(0)).toBe(NO_ERROR);
    thread.wait(notification);
    at(5000n);
    expect(thread.state).toBe("blocked on notification");
    expect(hartTimer(0)).toBe(NEVER);
  });

  it("that is far away never comes", () => {
    expect(setTimer(NEVER)).toBe(NO_ERROR);
    expect(setTimer(NEVER - 1n)).toBe(NO_ERROR);
    at(2n ** 60n);
    thread.nonBlockingReceive(notification);
    expect(thread.register("a0")).toBe(0n);
  });

  it("is refused without a bound notification, and taking it back is not", () => {
    const unbound = world.thread({ priority: 200 });
    expect(setTimer(2000n, unbound)).toBe(ILLEGAL_OPERATION);
    expect(setTimer(1n, unbound)).toBe(ILLEGAL_OPERATION);
    expect(setTimer(0, unbound)).toBe(NO_ERROR);
    expect(unbound.field64("timerDeadline")).toBe(0n);
  });

  it("tells nobody when the notification is gone", () => {
    setTimer(2000n);
    world.must(thread.cap, TCB_UNBIND_NOTIFICATION);
    at(2000n);
    world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [notification]);
    thread.nonBlockingReceive(notification);
    expect(thread.register("a0")).toBe(0n);
  });

  it("interrupts a less important thread, and lets a more important one run on", () => {
    const low = world.thread({ priority: 20, name: "low" });
    setTimer(2000n);
    thread.wait(notification);
    expect(low.isRunning).toBe(true);
    const high = world.thread({ priority: 200, name: "high" });
    world.letOthersRun();
    at(2000n);
    expect([high.isRunning, thread.state]).toEqual([true, "running"]);
  });
});

describe("the timers of several threads", () => {
  it("come in the order of their deadlines, whatever the order in which they were set", () => {
    const sleepers = [3000n, 1500n, 4000n, 1500n, 2000n].map((deadline, index) => {
      const [each, bound] = sleeper({ priority: 90 - index });
      return { each, bound, deadline };
    });
    thread.wait(notification);
    for (const { each, bound, deadline } of sleepers) {
      setTimer(deadline, each);
      each.wait(bound);
    }
    for (const time of [1499n, 1500n, 1999n, 2000n, 3999n, 4000n]) {
      at(time);
      const woken = sleepers.filter(({ each }) => each.state === "running").map(({ deadline }) => deadline);
      expect(woken).toEqual(sleepers.map(({ deadline }) => deadline).filter((deadline) => deadline <= time));
    }
  });

  it("stand beside the tick of threads that share a hart", () => {
    const [rival] = sleeper();
    world.letOthersRun();
    const tick = hartTimer(0);
    expect(tick).toBeLessThan(2n ** 63n);
    setTimer(tick + 10n, rival.isRunning ? rival : thread);
    expect(hartTimer(0)).toBe(tick);
    at(tick);
    expect(hartTimer(0)).toBe(tick + 10n);
    at(tick + 10n);
    expect(hartTimer(0)).toBeGreaterThan(tick + 10n);
  });

  it("do not shorten the slices of threads that share the hart", () => {
    const [rival] = sleeper();
    world.letOthersRun();
    const runner = rival.isRunning ? rival : thread;
    const slice = runner.field("timeSlice");
    const tick = hartTimer(0);
    setTimer(tick - 5n, runner);
    at(tick - 5n);
    expect(runner.field("timeSlice")).toBe(slice);
    at(tick);
    expect(runner.field("timeSlice")).toBe(slice - 1);
  });
});

describe("a timer survives", () => {
  beforeEach(() => {
    setTimer(2000n);
  });

  it("suspension", () => {
    world.must(thread.cap, TCB_SUSPEND);
    at(2000n);
    world.must(thread.cap, TCB_RESUME);
    thread.nonBlockingReceive(notification);
    expect(thread.register("a0")).toBe(BADGE);
  });

  it("moving to another hart, which is interrupted instead", () => {
    thread.wait(notification);
    world.must(thread.cap, TCB_SET_AFFINITY, [1]);
    expect(hartTimer(1)).toBe(2000n);
    at(2000n);
    expect(thread.runningOn).toBe(1);
  });

  it("moving while another of the new hart comes earlier", () => {
    const [other, bound] = sleeper({ hart: 1 });
    setTimer(1500n, other);
    other.wait(bound);
    thread.wait(notification);
    world.must(thread.cap, TCB_SET_AFFINITY, [1]);
    at(1500n);
    expect([other.runningOn, thread.state]).toEqual([1, "blocked on notification"]);
    at(2000n);
    expect(thread.state).toBe("running");
  });

  it("nothing more: it ends with its thread", () => {
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [thread.cap, WORD_BITS]);
    world.bringRoot();
    at(5000n);
    world.root.nonBlockingReceive(notification);
    expect(world.root.register("a0")).toBe(0n);
  });
});

describe("a timer of a receiver of user interrupts", () => {
  beforeEach(() => {
    world.must(notification, NOTIFICATION_REGISTER_RECEIVER, [], [thread.cap]);
  });
  const pending = () => world.kernel.hardware.userInterrupts!.entries[thread.field("receiverIndex")]!.pending;

  it("that runs interrupts it with vector 62", () => {
    setTimer(2000n);
    at(2000n);
    expect([pending(), thread.isRunning]).toEqual([BADGE, true]);
    thread.wait(notification);
    expect([thread.state, thread.register("a0")]).toEqual(["running", BADGE]);
  });

  it("that waits wakes it as a signal does", () => {
    setTimer(2000n);
    thread.wait(notification);
    at(2000n);
    expect([thread.isRunning, thread.register("a0"), pending()]).toEqual([true, BADGE, 0n]);
  });

  it("that is suspended waits in its entry", () => {
    setTimer(2000n);
    world.must(thread.cap, TCB_SUSPEND);
    at(2000n);
    expect(pending()).toBe(BADGE);
  });
});
