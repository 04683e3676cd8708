import {
  CNODE_DELETE,
  FAULT_USER_EXCEPTION,
  FEATURE_FLOATING_POINT,
  NO_ERROR,
  ROOT_SLOT_CNODE,
  SYS_GET_FEATURES,
  SYS_SEND,
  TCB_COPY_REGISTERS,
  TCB_FLAG_FPU_DISABLED,
  TCB_READ_FAULT,
  TCB_READ_REGISTERS,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SET_FLAGS,
  TCB_SUSPEND,
  TCB_WRITE_REGISTERS,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CONTEXT_FPU_REGISTERS } from "../src/riscv/layout";
import type { Thread } from "./harness/thread";
import { prepareKernel, THREAD_STACK, World } from "./harness/world";

let world: World;
const ILLEGAL_INSTRUCTION = 2;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World({ harts: 3 });
});

/** Kernel entries, saves and loads of floating-point registers that an action causes. */
function costs(action: () => void): { entries: number; saves: number; loads: number } {
  const { kernel } = world;
  const { entries } = kernel;
  const { fpuSaves, fpuLoads } = kernel.hardware;
  action();
  return {
    entries: kernel.entries - entries,
    saves: kernel.hardware.fpuSaves - fpuSaves,
    loads: kernel.hardware.fpuLoads - fpuLoads,
  };
}

/** Two threads of one hart that take turns by yielding; the first runs. */
function pair(hart = 0): [Thread, Thread] {
  const [one, two] = [world.thread({ hart }), world.thread({ hart })];
  world.letOthersRun();
  return one.isRunning ? [one, two] : [two, one];
}

/** f`register` as the thread's TCB has it. */
function saved(thread: Thread, register: number): bigint {
  return world.kernel.memory.read64(thread.address + CONTEXT_FPU_REGISTERS + 8 * register);
}

/** The fault at which a thread stopped. */
function fault(thread: Thread): number {
  return Number(world.must(thread.cap, TCB_READ_FAULT)[0]);
}

describe("floating-point registers", () => {
  it("are zero at first, and enter the kernel once", () => {
    const thread = world.thread();
    world.letOthersRun();
    expect(costs(() => expect(thread.float(7)).toBe(0n))).toEqual({ entries: 1, saves: 0, loads: 1 });
    expect(costs(() => thread.setFloat(7, 70n))).toEqual({ entries: 0, saves: 0, loads: 0 });
    expect(thread.float(7)).toBe(70n);
  });

  it("are each thread's own", () => {
    const [first, second] = pair();
    first.setFloat(1, 11n);
    first.yield();
    expect(second.float(1)).toBe(0n);
    second.setFloat(1, 12n);
    second.yield();
    expect(first.float(1)).toBe(11n);
    first.yield();
    expect(second.float(1)).toBe(12n);
  });

  it("stay in the hart while others run that use none", () => {
    const [first, second] = pair();
    first.setFloat(1, 11n);
    const cost = costs(() => {
      first.yield();
      second.yield();
      expect(first.float(1)).toBe(11n);
    });
    expect(cost).toEqual({ entries: 2, saves: 0, loads: 0 });
  });

  it("are not saved for an owner that has only read them", () => {
    const [first, second] = pair();
    first.float(1);
    first.yield();
    expect(costs(() => second.float(1))).toEqual({ entries: 1, saves: 0, loads: 1 });
    second.setFloat(1, 5n);
    second.yield();
    expect(costs(() => first.float(1))).toEqual({ entries: 1, saves: 1, loads: 1 });
  });

  it("and the control register move together", () => {
    const [first, second] = pair();
    const hart = world.kernel.hardware.harts[0]!;
    first.setFloat(0, 1n);
    hart.fcsr = 0x65;
    first.yield();
    second.setFloat(0, 2n);
    expect(hart.fcsr).toBe(0);
    second.yield();
    first.float(0);
    expect(hart.fcsr).toBe(0x65);
  });

  it("survive messages of the fast paths", () => {
    const endpoint = world.endpoint();
    const server = world.thread({ priority: 110 });
    const client = world.thread();
    server.receive(endpoint);
    client.setFloat(3, 33n);
    world.kernel.fastpathsTaken = 0;
    client.call(endpoint);
    server.setFloat(3, 34n);
    server.replyReceive(endpoint);
    expect(client.float(3)).toBe(33n);
    client.call(endpoint);
    expect(server.float(3)).toBe(34n);
    expect(world.kernel.fastpathsTaken).toBe(3);
  });

  it("survive suspension, and reading, writing and copying of the other registers", () => {
    const [first, second] = pair();
    first.setFloat(1, 11n);
    first.yield();
    second.setFloat(1, 12n);
    world.must(second.cap, TCB_SUSPEND);
    world.must(second.cap, TCB_READ_REGISTERS, [0, 32]);
    world.must(second.cap, TCB_WRITE_REGISTERS, [0, 2, 0x1_0000, 1]);
    world.must(second.cap, TCB_COPY_REGISTERS, [0b1100], [first.cap]);
    world.must(second.cap, TCB_RESUME);
    world.must(first.cap, TCB_SUSPEND);
    world.letOthersRun();
    expect(second.float(1)).toBe(12n);
    world.must(first.cap, TCB_RESUME);
    world.must(second.cap, TCB_SUSPEND);
    world.letOthersRun();
    expect(first.float(1)).toBe(11n);
  });
});

describe("an illegal instruction", () => {
  it("of a thread that owns the FPU already is a fault", () => {
    const thread = world.thread();
    thread.setFloat(1, 11n);
    thread.exception(ILLEGAL_INSTRUCTION);
    expect([thread.state, fault(thread)]).toEqual(["inactive", FAULT_USER_EXCEPTION]);
    world.must(thread.cap, TCB_RESUME);
    world.letOthersRun();
    expect(thread.float(1)).toBe(11n);
  });

  it("that is none of floating point is made once more, then it is a fault", () => {
    const thread = world.thread();
    world.letOthersRun();
    const pc = thread.register("pc");
    expect(costs(() => thread.exception(ILLEGAL_INSTRUCTION))).toMatchObject({ entries: 2, loads: 1 });
    expect([thread.state, fault(thread), thread.register("pc")]).toEqual([
      "inactive",
      FAULT_USER_EXCEPTION,
      pc,
    ]);
  });

  it("is a fault at once on a machine without floating point, as programs can learn", () => {
    world = new World({ floatingPoint: false });
    const thread = world.thread();
    thread.systemCall(SYS_GET_FEATURES);
    expect(Number(thread.register("a2")) & FEATURE_FLOATING_POINT).toBe(0);
    expect(thread.setFloat(1, 1n)).toBe(false);
    expect([thread.state, fault(thread)]).toEqual(["inactive", FAULT_USER_EXCEPTION]);
  });
});

describe("the flag fpuDisabled", () => {
  const setFlags = (thread: Thread, clear: number, set: number) =>
    world.must(thread.cap, TCB_SET_FLAGS, [clear, set]);

  it("makes floating point a fault, until it is cleared; the registers keep their values", () => {
    const thread = world.thread();
    thread.setFloat(1, 11n);
    expect(setFlags(thread, 0, TCB_FLAG_FPU_DISABLED)).toEqual([1n]);
    world.letOthersRun();
    expect(thread.float(1)).toBeUndefined();
    expect(fault(thread)).toBe(FAULT_USER_EXCEPTION);
    expect(setFlags(thread, TCB_FLAG_FPU_DISABLED, 0)).toEqual([0n]);
    world.must(thread.cap, TCB_RESUME);
    world.letOthersRun();
    expect(thread.float(1)).toBe(11n);
  });

  it("is told to a fault handler, whose empty answer lets the thread make the instruction again", () => {
    const endpoint = world.endpoint();
    const handler = world.thread({ priority: 110 });
    const thread = world.thread({ faultEndpoint: endpoint });
    setFlags(thread, 0, TCB_FLAG_FPU_DISABLED);
    handler.receive(endpoint);
    const pc = thread.register("pc");
    expect(thread.setFloat(1, 11n)).toBe(false);
    expect(handler.received).toMatchObject({
      label: FAULT_USER_EXCEPTION,
      words: [pc, BigInt(THREAD_STACK), 2n, 0n],
    });
    handler.call(thread.cap, { label: TCB_SET_FLAGS, words: [TCB_FLAG_FPU_DISABLED, 0] });
    handler.replyReceive(endpoint);
    expect(thread.register("pc")).toBe(pc);
    expect([thread.setFloat(1, 11n), thread.float(1)]).toEqual([true, 11n]);
  });

  it("takes effect at once when a thread sets it on itself", () => {
    const thread = world.thread();
    thread.setFloat(1, 11n);
    thread.call(thread.cap, { label: TCB_SET_FLAGS, words: [0, TCB_FLAG_FPU_DISABLED] });
    expect(thread.received).toMatchObject({ label: NO_ERROR, words: [1n] });
    expect(thread.setFloat(1, 12n)).toBe(false);
    expect(saved(thread, 1)).toBe(11n);
  });

  it("takes effect on a thread that runs on another hart", () => {
    const thread = world.thread({ hart: 1 });
    thread.setFloat(1, 11n);
    setFlags(thread, 0, TCB_FLAG_FPU_DISABLED);
    expect([thread.runningOn, saved(thread, 1)]).toEqual([1, 11n]);
    expect(thread.setFloat(1, 12n)).toBe(false);
  });

  it("is the only one", () => {
    const thread = world.thread({ start: false });
    expect(setFlags(thread, 0, 0xfe)).toEqual([0n]);
  });
});

describe("a thread that owns an FPU", () => {
  it("takes its registers along to another hart, from that of the caller", () => {
    const thread = world.thread();
    thread.setFloat(1, 11n);
    world.must(thread.cap, TCB_SET_AFFINITY, [1]);
    expect(thread.float(1)).toBe(11n);
    expect(thread.runningOn).toBe(1);
  });

  it("takes them along while it runs on another hart", () => {
    const thread = world.thread({ hart: 1 });
    thread.setFloat(1, 11n);
    world.must(thread.cap, TCB_SET_AFFINITY, [2]);
    expect([thread.runningOn, thread.float(1)]).toEqual([2, 11n]);
    world.must(thread.cap, TCB_SET_AFFINITY, [0]);
    world.letOthersRun();
    expect([thread.runningOn, thread.float(1)]).toEqual([0, 11n]);
  });

  it("takes itself along", () => {
    const thread = world.thread();
    thread.setFloat(1, 11n);
    thread.call(thread.cap, { label: TCB_SET_AFFINITY, words: [2] });
    expect([thread.runningOn, thread.float(1)]).toEqual([2, 11n]);
  });

  it("gets them from a hart on which another thread runs, which goes on", () => {
    const [first, second] = pair(1);
    first.setFloat(1, 11n);
    first.yield();
    second.setRegister("pc", 0x1_0100);
    const cost = costs(() => world.must(first.cap, TCB_SET_AFFINITY, [2]));
    expect(cost.saves).toBe(1);
    expect([second.runningOn, second.register("pc"), first.float(1)]).toEqual([1, 0x1_0100n, 11n]);
  });

  it("gets them from a hart that waits for the kernel with another thread's system call", () => {
    const notification = world.notification();
    const [first, second] = pair(1);
    first.setFloat(1, 11n);
    first.yield();
    world.bringRoot();
    second.beginSystemCall(SYS_SEND, notification);
    world.must(first.cap, TCB_SET_AFFINITY, [2]);
    expect([second.runningOn, first.float(1)]).toEqual([1, 11n]);
  });

  it("does not disturb its hart when its registers are in its TCB anyway", () => {
    const [first, second] = pair(1);
    first.float(1);
    first.yield();
    const sent = world.kernel.hardware.softwareInterruptsSent;
    const before = sent.length;
    expect(costs(() => world.must(first.cap, TCB_SET_AFFINITY, [2])).saves).toBe(0);
    expect(sent.slice(before)).not.toContain(1);
    expect(second.runningOn).toBe(1);
  });

  it.each([0, 1])("can be deleted (hart %i): nothing is saved, and the next owner begins anew", (hart) => {
    const [first, second] = pair(hart);
    first.setFloat(1, 11n);
    first.yield();
    const cost = costs(() => world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [first.cap, WORD_BITS]));
    expect(cost).toMatchObject({ saves: 0, loads: 0 });
    expect(second.float(1)).toBe(0n);
  });

  it("can be deleted while it runs on another hart", () => {
    const thread = world.thread({ hart: 1 });
    thread.setFloat(1, 11n);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [thread.cap, WORD_BITS]);
    expect(world.kernel.isIdle(1)).toBe(true);
    expect(world.thread({ hart: 1 }).float(1)).toBe(0n);
  });
});
