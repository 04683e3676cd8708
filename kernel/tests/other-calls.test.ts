import {
  ASID_POOL_ASSIGN,
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_NULL,
  CAP_THREAD,
  CNODE_REVOKE,
  DOMAIN_SCHEDULE_CONFIGURE,
  DOMAIN_SET_SET,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  KERNEL_COUNT_ADDRESS_SPACES,
  KERNEL_COUNT_MAPPED_FRAMES,
  KERNEL_COUNT_THREADS,
  NO_ERROR,
  NOTIFICATION_REGISTER_ASYNC_SYSCALL,
  NOTIFICATION_REGISTER_RECEIVER,
  NOTIFICATION_REGISTER_SENDER,
  OBJECT_PAGE_TABLE,
  PAGE_MAP,
  RANGE_ERROR,
  RIGHT_READ,
  ROOT_SLOT_ASID_POOL,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_DOMAIN,
  ROOT_SLOT_TCB,
  ROOT_SLOT_VSPACE,
  SYS_DEBUG_CAP_IDENTIFY,
  SYS_DEBUG_COUNT,
  SYS_DEBUG_DUMP_SCHEDULER,
  SYS_DEBUG_GET_THREAD_AFFINITY,
  SYS_DEBUG_NAME_THREAD,
  SYS_DEBUG_PUT_CHAR,
  SYS_DEBUG_SEND_IPI,
  SYS_WAKE_ASYNC_HANDLER,
  TCB_BIND_NOTIFICATION,
  TCB_SET_PRIORITY,
  TRUNCATED_MESSAGE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal } from "./harness/refusal";
import { REGISTERS, type RegisterName } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

let world: World;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World({ fastpath: false });
});

describe("debug calls", () => {
  it("PutChar writes to the console", () => {
    const thread = world.thread();
    for (const character of "hi\n") thread.systemCall(SYS_DEBUG_PUT_CHAR, character.charCodeAt(0));
    expect(world.kernel.hardware.console).toBe("hi\n");
  });

  it("CapIdentify tells the type of a capability, and null for none", () => {
    const thread = world.thread();
    const types = [ROOT_SLOT_CNODE, ROOT_SLOT_TCB, world.endpoint(), world.slot(), 2 ** 40].map((pointer) => {
      thread.systemCall(SYS_DEBUG_CAP_IDENTIFY, pointer);
      return Number(thread.register("a0"));
    });
    expect(types).toEqual([CAP_CNODE, CAP_THREAD, CAP_ENDPOINT, CAP_NULL, CAP_NULL]);
  });

  it("NameThread names a thread, and DumpScheduler prints it", () => {
    const thread = world.thread();
    world.letOthersRun();
    [..."clerk\0"].forEach((character, index) => {
      world.kernel.memory.write8(thread.buffer + 8 + index, character.charCodeAt(0));
    });
    thread.systemCall(SYS_DEBUG_NAME_THREAD, thread.cap);
    thread.systemCall(SYS_DEBUG_DUMP_SCHEDULER);
    expect(world.kernel.hardware.console).toMatch(/^clerk running 100 0 0x/m);
  });
});

describe("debug calls of an SMP kernel", () => {
  it("GetThreadAffinity tells the hart of a thread", () => {
    world = new World({ harts: 2 });
    const [here, there] = [world.thread(), world.thread({ hart: 1 })];
    world.letOthersRun();
    const harts = [here, there].map(({ cap }) => {
      here.systemCall(SYS_DEBUG_GET_THREAD_AFFINITY, cap);
      return here.register("a0");
    });
    expect(harts).toEqual([0n, 1n]);
  });

  it.each([
    ["GetThreadAffinity of anything but a thread", SYS_DEBUG_GET_THREAD_AFFINITY, ROOT_SLOT_CNODE],
    ["GetThreadAffinity of nothing", SYS_DEBUG_GET_THREAD_AFFINITY, 2 ** 40],
    ["SendIPI, which seL4 lacks on this architecture,", SYS_DEBUG_SEND_IPI, 0],
  ])("%s ends the machine, as on seL4", (_, number, pointer) => {
    const thread = world.thread();
    world.letOthersRun();
    expect(() => thread.systemCall(number, pointer)).toThrow(/powered the machine off/);
    expect(world.kernel.hardware.console).toMatch(/^halted by thread 0x/m);
  });
});

describe("a system call", () => {
  it("preserves every register that is no result", () => {
    const thread = world.thread();
    world.letOthersRun();
    const untouched = Object.keys(REGISTERS).filter(
      (name) => !/^(pc|a[01237])$/.test(name),
    ) as RegisterName[];
    untouched.forEach((name, index) => {
      thread.setRegister(name, 0x1000n + BigInt(index));
    });
    thread.systemCall(SYS_WAKE_ASYNC_HANDLER);
    thread.signal(world.notification());
    thread.yield();
    // A refused invocation answers in a1 to a3.
    thread.call(ROOT_SLOT_TCB, { label: TCB_SET_PRIORITY, words: [255] });
    expect(thread.received.label).toBe(TRUNCATED_MESSAGE);
    expect(untouched.map((name) => thread.register(name))).toEqual(
      untouched.map((_, index) => 0x1000n + BigInt(index)),
    );
  });

  it("WakeAsyncHandler does nothing for a thread without a handler", () => {
    const thread = world.thread();
    thread.systemCall(SYS_WAKE_ASYNC_HANDLER, 7);
    expect([thread.state, thread.register("a0")]).toEqual(["running", 7n]);
  });
});

describe("a call on a capability that cannot be invoked", () => {
  it("is refused", () => {
    const slots = { empty: world.slot(), deaf: world.mint(world.endpoint(), 1, RIGHT_READ) };
    expectRefusal(world, () => world.invoke(slots.empty, 1), INVALID_CAPABILITY, [0]);
    expectRefusal(world, () => world.invoke(slots.deaf, 1), INVALID_CAPABILITY, [0]);
    const mute = world.mint(world.notification(), 1, RIGHT_READ);
    expectRefusal(world, () => world.invoke(mute, 1), INVALID_CAPABILITY, [0]);
  });
});

describe("the domain capability", () => {
  it("puts threads into the only domain there is", () => {
    const thread = world.thread();
    expect(world.invoke(ROOT_SLOT_DOMAIN, DOMAIN_SET_SET, [0], [thread.cap]).error).toBe(NO_ERROR);
  });

  it("is refused in seL4's order", () => {
    const set = (words: number[], caps: number[]) => () =>
      world.invoke(ROOT_SLOT_DOMAIN, DOMAIN_SET_SET, words, caps);
    expectRefusal(world, set([], [ROOT_SLOT_TCB]), TRUNCATED_MESSAGE);
    expectRefusal(world, set([1], []), INVALID_ARGUMENT, [0]);
    expectRefusal(world, set([0], []), TRUNCATED_MESSAGE);
    expectRefusal(world, set([0], [ROOT_SLOT_CNODE]), INVALID_ARGUMENT, [1]);
    const configure = (words: number[]) => () =>
      world.invoke(ROOT_SLOT_DOMAIN, DOMAIN_SCHEDULE_CONFIGURE, words);
    expectRefusal(world, configure([1, 0, 5]), RANGE_ERROR, [0, 0]);
    expectRefusal(world, configure([0, 1, 5]), RANGE_ERROR, [0, 0]);
    const other = () => world.invoke(ROOT_SLOT_DOMAIN, TCB_SET_PRIORITY, [0], [ROOT_SLOT_TCB]);
    expectRefusal(world, other, ILLEGAL_OPERATION);
  });
});

describe("DebugCount", () => {
  const count = (what: number | bigint) => {
    world.bringRoot();
    world.root.systemCall(SYS_DEBUG_COUNT, what);
    return Number(world.root.register("a0"));
  };
  const all = [1, 2, 3, 4, 5, 6, 7, 8];

  it("counts objects, and is what it was when they are gone", () => {
    const before = all.map(count);
    const thread = world.thread();
    expect(count(KERNEL_COUNT_THREADS)).toBe(before[1]! + 1);
    const notification = world.notification();
    world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [notification]);
    world.must(notification, NOTIFICATION_REGISTER_RECEIVER, [], [thread.cap]);
    const sender = world.mint(notification, 4);
    world.must(sender, NOTIFICATION_REGISTER_SENDER);
    world.must(sender, NOTIFICATION_REGISTER_ASYNC_SYSCALL, [2], [world.frame()]);
    expect([3, 4, 5, 6].map(count)).toEqual([1, 1, 1, 1]);
    const page = world.frame();
    world.must(page, PAGE_MAP, [0x50_0000, 3, 0], [ROOT_SLOT_VSPACE]);
    expect(count(KERNEL_COUNT_MAPPED_FRAMES)).toBe(before[6]! + 1);
    const root = world.retype(OBJECT_PAGE_TABLE);
    world.must(ROOT_SLOT_ASID_POOL, ASID_POOL_ASSIGN, [], [root]);
    expect(count(KERNEL_COUNT_ADDRESS_SPACES)).toBe(before[7]! + 1);
    world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [world.untyped, WORD_BITS]);
    const after = all.map(count);
    // The bell that wakes root is gone too, in its slot and in its interrupt's; root keeps its sender table.
    expect(after).toEqual(before.map((value, index) => value + ({ 0: -2, 3: 1 }[index] ?? 0)));
  });

  it("knows nothing of other numbers", () => {
    expect([0, 9, 2n ** 32n + 1n, 2n ** 64n - 1n].map(count)).toEqual([0, 0, 0, 0]);
  });
});
