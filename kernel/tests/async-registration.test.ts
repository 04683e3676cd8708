// Registering a buffer of asynchronous system calls, and how a registration ends.
import {
  ALL_RIGHTS,
  CNODE_COPY,
  CNODE_DELETE,
  CNODE_REVOKE,
  DELETE_FIRST,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  NO_ERROR,
  NOTIFICATION_REGISTER_ASYNC_SYSCALL,
  OBJECT_PAGE,
  PAGE_GET_ADDRESS,
  PEER_AWAKE,
  PEER_BLOCKED,
  RANGE_ERROR,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  TCB_RESUME,
  TRUNCATED_MESSAGE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { AsyncCalls } from "./harness/async-calls";
import { expectRefusal } from "./harness/refusal";
import { prepareKernel, World } from "./harness/world";

const PAGE_BITS = 12;

let world: World;

beforeAll(prepareKernel);

describe.each([
  { userInterrupts: true, hardware: "with user-interrupt hardware" },
  { userInterrupts: false, hardware: "without user-interrupt hardware" },
])("RegisterAsyncSyscall $hardware", ({ userInterrupts }) => {
  const register = (notification: number, words: (number | bigint)[], caps: number[]) => () =>
    world.invoke(notification, NOTIFICATION_REGISTER_ASYNC_SYSCALL, words, caps);

  it("gives the calling thread a handler that answers", () => {
    world = new World({ userInterrupts });
    const calls = AsyncCalls.register(world, world.thread());
    const frame = world.frame();
    const { error, words } = calls.invoke(frame, PAGE_GET_ADDRESS);
    expect({ error, words }).toEqual({ error: NO_ERROR, words: [BigInt(world.frameAddress(frame))] });
  });

  it("is refused in the documented order", () => {
    world = new World({ userInterrupts });
    const notification = world.notification();
    const [good, frame] = [world.mint(notification, 1n << 63n), world.frame()];
    const mute = world.mint(notification, 1, RIGHT_WRITE);
    expectRefusal(world, register(mute, [], []), INVALID_CAPABILITY, [0]);
    for (const badge of [0n, 3n]) {
      const bad = badge === 0n ? notification : world.mint(notification, badge);
      expectRefusal(world, register(bad, [], []), INVALID_ARGUMENT, [0]);
    }
    expectRefusal(world, register(good, [3], []), TRUNCATED_MESSAGE);
    expectRefusal(world, register(good, [], [frame]), TRUNCATED_MESSAGE);
    const readOnly = world.slot();
    world.must(
      ROOT_SLOT_CNODE,
      CNODE_COPY,
      [readOnly, WORD_BITS, frame, WORD_BITS, RIGHT_READ],
      [ROOT_SLOT_CNODE],
    );
    const device = world.retype(OBJECT_PAGE, 0, 1, world.deviceUntyped(PAGE_BITS));
    for (const wrong of [readOnly, device, notification, ROOT_SLOT_CNODE])
      expectRefusal(world, register(good, [99], [wrong]), INVALID_CAPABILITY, [1]);
    for (const bits of [0, 1, 4, 2n ** 63n])
      expectRefusal(world, register(good, [bits], [frame]), RANGE_ERROR, [2, 3]);
    world.must(good, NOTIFICATION_REGISTER_ASYNC_SYSCALL, [3], [frame]);
    expectRefusal(world, register(good, [4], [frame]), RANGE_ERROR, [2, 3]);
    expectRefusal(world, register(good, [3], [frame]), DELETE_FIRST);
    expectRefusal(world, register(good, [2], [world.frame()]), DELETE_FIRST);
  });
});

describe("a registration ends", () => {
  const ways: [string, (calls: AsyncCalls, notification: number) => void][] = [
    [
      "when the frame is revoked",
      (calls) => world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [calls.frame, WORD_BITS], []),
    ],
    [
      "when the notification is deleted",
      (calls, notification) => {
        world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [notification, WORD_BITS], []);
        world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [notification, WORD_BITS], []);
        expect(calls.thread.state).toBe("running");
      },
    ],
  ];

  it.each(ways)("%s: requests stay unserved, and the thread may register again", (_, end) => {
    world = new World();
    const thread = world.thread();
    const notification = world.notification();
    const calls = AsyncCalls.register(world, thread, { notification });
    calls.push(world.frame(), { label: PAGE_GET_ADDRESS });
    end(calls, notification);
    calls.wake();
    thread.wait(world.notification());
    expect(calls.take()).toEqual([]);
    world.must(thread.cap, TCB_RESUME, []);
    world.letOthersRun();
    const again = AsyncCalls.register(world, thread, { frame: calls.frame });
    expect(again.serverState).toBe(PEER_BLOCKED);
    expect(again.invoke(world.frame(), PAGE_GET_ADDRESS).error).toBe(NO_ERROR);
  });

  it("when the thread is deleted, also while its handler is ready", () => {
    world = new World();
    const thread = world.thread();
    const calls = AsyncCalls.register(world, thread);
    calls.push(world.frame(), { label: PAGE_GET_ADDRESS });
    calls.wake();
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [thread.cap, WORD_BITS], []);
    world.letOthersRun();
    expect([calls.take(), calls.serverState]).toEqual([[], PEER_AWAKE]);
  });
});

it("the kernel's copy of the frame is a child of the program's, which may stay mapped", () => {
  world = new World();
  const frame = world.frame();
  const weak = world.slot();
  world.must(ROOT_SLOT_CNODE, CNODE_COPY, [weak, WORD_BITS, frame, WORD_BITS, ALL_RIGHTS], [ROOT_SLOT_CNODE]);
  const calls = AsyncCalls.register(world, world.thread(), { frame: weak });
  world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [weak, WORD_BITS], []);
  expect(calls.invoke(frame, PAGE_GET_ADDRESS).error).toBe(NO_ERROR);
});
