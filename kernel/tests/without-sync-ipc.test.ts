/** The kernel built without synchronous IPC (SYNC_IPC = 0 in abi/src/config.ts). */
import {
  CNODE_CANCEL_BADGED_SENDS,
  CNODE_SAVE_CALLER,
  FAULT_UNKNOWN_SYSCALL,
  FAULT_VM,
  FEATURE_SYNC_IPC,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  NOTIFICATION_REGISTER_RECEIVER,
  OBJECT_ENDPOINT,
  ROOT_SLOT_CNODE,
  SYS_GET_FEATURES,
  SYS_REPLY,
  SYS_REPLY_RECV,
  TCB_BIND_NOTIFICATION,
  TCB_READ_FAULT,
  TCB_RESUME,
  TCB_SUSPEND,
  UNTYPED_RETYPE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal } from "./harness/refusal";
import type { Thread } from "./harness/thread";
import { prepareKernelWith, World } from "./harness/world";
import { ThreadsRun } from "./model/threads-run";

const LOAD_PAGE = 13;

let world: World;

beforeAll(() => prepareKernelWith({ syncIpc: false }));
beforeEach(() => {
  world = new World();
});

describe("without synchronous IPC", () => {
  it("there is no object type endpoint", () => {
    const retype = () =>
      world.invoke(
        world.untyped,
        UNTYPED_RETYPE,
        [OBJECT_ENDPOINT, 0, 0, 0, world.slot(), 1],
        [ROOT_SLOT_CNODE],
      );
    expectRefusal(world, retype, INVALID_ARGUMENT, [0]);
  });

  it("GetFeatures says so", () => {
    const thread = world.thread();
    thread.systemCall(SYS_GET_FEATURES);
    expect(thread.register("a2") & BigInt(FEATURE_SYNC_IPC)).toBe(0n);
  });

  it("what was about callers and senders is no operation of a CNode", () => {
    const invoke = (label: number, slot: number) => () =>
      world.invoke(ROOT_SLOT_CNODE, label, [slot, WORD_BITS]);
    expectRefusal(world, invoke(CNODE_SAVE_CALLER, world.slot()), ILLEGAL_OPERATION);
    expectRefusal(world, invoke(CNODE_CANCEL_BADGED_SENDS, world.notification()), ILLEGAL_OPERATION);
  });

  it("an empty slot is an invalid capability to call", () => {
    expectRefusal(world, () => world.invoke(world.slot(), 1), INVALID_CAPABILITY, [0]);
  });

  it.each([
    ["Reply", SYS_REPLY],
    ["ReplyRecv", SYS_REPLY_RECV],
  ])("%s is an unknown system call, of which the fault handler reads", (_, number) => {
    const notification = world.notification();
    const handler = world.thread({ priority: 120, name: "handler" });
    const thread = world.thread({ faultEndpoint: world.mint(notification, 4) });
    handler.wait(notification);
    thread.systemCall(number, notification);
    expect([handler.register("a0"), thread.state]).toEqual([4n, "inactive"]);
    const fault = world.must(thread.cap, TCB_READ_FAULT);
    expect([fault[0], BigInt.asIntN(32, fault[11]!)]).toEqual([
      BigInt(FAULT_UNKNOWN_SYSCALL),
      BigInt(number),
    ]);
  });

  it("a fault of a thread without a handler stops it, and can be read", () => {
    const thread = world.thread();
    thread.exception(LOAD_PAGE, 0x5000);
    expect(world.must(thread.cap, TCB_READ_FAULT)[0]).toBe(BigInt(FAULT_VM));
    world.must(thread.cap, TCB_RESUME);
    expect(thread.state).toBe("restart");
  });
});

describe("signals without synchronous IPC", () => {
  let requests: number;
  let answers: number;
  let server: Thread;
  let client: Thread;
  beforeEach(() => {
    [requests, answers] = [world.notification(), world.notification()];
    [server, client] = world.threadsInOrder(2) as [Thread, Thread];
    world.must(server.cap, TCB_BIND_NOTIFICATION, [], [requests]);
  });

  it("go to and fro on the fast path", () => {
    const [request, answer] = [world.mint(requests, 2), world.mint(answers, 4)];
    server.wait(requests);
    client.signalWait(request, answers);
    server.signalWait(answer, requests);
    expect([client.isRunning, client.register("a0"), world.kernel.fastpathsTaken]).toEqual([true, 4n, 2]);
  });

  it("by user interrupt wake a receiver that waits", () => {
    world.must(requests, NOTIFICATION_REGISTER_RECEIVER, [], [server.cap]);
    server.wait(requests);
    expect(server.field("watched")).toBe(1);
    world.kernel.hardware.userInterrupts!.send(server.field("receiverIndex"), 3n);
    world.kernel.settle();
    expect([server.state, server.register("a0")]).toEqual(["running", 8n]);
  });

  it("are waited for again by a thread that was suspended and resumed", () => {
    server.wait(requests);
    world.must(server.cap, TCB_SUSPEND);
    world.must(server.cap, TCB_RESUME);
    expect(server.state).toBe("restart");
  });
});

describe("threads without synchronous IPC", () => {
  it.each([1, 2])("end in the same state with and without the fast path (seed %i)", (seed) => {
    const fast = new ThreadsRun(seed, seed, true, false).perform(80);
    const slow = new ThreadsRun(seed, seed, false, false).perform(80);
    const first = fast.steps.findIndex((step, index) => step.state !== slow.steps[index]!.state);
    expect(first === -1 ? undefined : { step: first, did: fast.steps[first]!.name }).toBeUndefined();
  });
});
