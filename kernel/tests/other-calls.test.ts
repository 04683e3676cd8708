import {
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_NULL,
  CAP_THREAD,
  DOMAIN_SET_SET,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  NO_ERROR,
  RIGHT_READ,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_DOMAIN,
  ROOT_SLOT_TCB,
  SYS_DEBUG_CAP_IDENTIFY,
  SYS_DEBUG_DUMP_SCHEDULER,
  SYS_DEBUG_NAME_THREAD,
  SYS_DEBUG_PUT_CHAR,
  SYS_WAKE_ASYNC_HANDLER,
  TCB_SET_PRIORITY,
  TRUNCATED_MESSAGE,
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

  it("WakeAsyncHandler does nothing yet", () => {
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
    const other = () => world.invoke(ROOT_SLOT_DOMAIN, TCB_SET_PRIORITY, [0], [ROOT_SLOT_TCB]);
    expectRefusal(world, other, ILLEGAL_OPERATION);
  });
});
