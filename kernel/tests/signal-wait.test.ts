/**
 * SignalWait and its fast path, which does what the general path does: every scenario is run with and without it, and
 * must leave the same memory; the table says how many system calls fast paths are expected to serve.
 */
import {
  CNODE_REVOKE,
  FAULT_CAPABILITY,
  NOTIFICATION_REGISTER_RECEIVER,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_TCB,
  ROOT_SLOT_VSPACE,
  TCB_BIND_NOTIFICATION,
  TCB_RESUME,
  TCB_SET_PRIORITY,
  TCB_SUSPEND,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compare, message, type Scenario, type Stage } from "./harness/fastpath-scenario";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

/** An address that the root CNode's guard does not match. */
const NO_SLOT = 2 ** 40;

beforeAll(prepareKernel);

/** Each end waits on its own notification; `request` wakes the server, `answer` the client. */
function signals({ world }: Stage) {
  const [requests, answers] = [world.notification(), world.notification()];
  return { requests, answers, request: world.mint(requests, 4), answer: world.mint(answers, 8) };
}

/** The same, but the server waits on its endpoint, with its notification bound. */
function boundSignals(stage: Stage) {
  const all = signals(stage);
  stage.world.must(stage.server.cap, TCB_BIND_NOTIFICATION, [], [all.requests]);
  return all;
}

const SIGNALS_SERVED: Scenario[] = [
  {
    name: "signals between two threads that wait on notifications",
    fast: 3,
    play: (stage) => {
      const { requests, answers, request, answer } = signals(stage);
      stage.server.wait(requests);
      stage.client.signalWait(request, answers);
      stage.server.signalWait(answer, requests);
      stage.client.signalWait(request, answers);
      expect(stage.server.register("a0")).toBe(4n);
    },
  },
  {
    name: "signals to a server that waits alone on its endpoint",
    fast: 3,
    play: (stage) => {
      const { world, endpoint, server, client } = stage;
      const { answers, request, answer } = boundSignals(stage);
      server.signalWait(0, endpoint);
      client.signalWait(request, answers);
      server.signalWait(answer, endpoint);
      expect([server.state, client.isRunning]).toEqual(["blocked on receive", true]);
      client.signalWait(request, answers);
    },
  },
  {
    name: "a wait on an endpoint where others wait",
    fast: 1,
    play: (stage) => {
      const { world, endpoint, server, client } = stage;
      const { requests, request } = signals(stage);
      world.thread({ priority: 130, name: "first" }).receive(endpoint);
      server.wait(requests);
      client.signalWait(request, endpoint);
    },
  },
  {
    name: "a wait on the endpoint on which the thread signalled waits",
    fast: 1,
    play: (stage) => {
      const { request } = boundSignals(stage);
      stage.server.receive(stage.endpoint);
      stage.client.signalWait(request, stage.endpoint);
    },
  },
];

/** The same, and the server receives the user interrupts of its notification. */
function receiverSignals(stage: Stage) {
  const all = boundSignals(stage);
  stage.world.must(all.requests, NOTIFICATION_REGISTER_RECEIVER, [], [stage.server.cap]);
  return all;
}

const RECEIVERS_SERVED: Scenario[] = [
  {
    name: "a receiver that signals and waits on its notification",
    fast: 2,
    play: (stage) => {
      const { requests, answers, request, answer } = receiverSignals(stage);
      stage.server.wait(requests);
      stage.client.signalWait(request, answers);
      stage.server.signalWait(answer, requests);
      expect([stage.server.state, stage.server.field("watched")]).toEqual(["blocked on notification", 1]);
    },
  },
  {
    name: "a receiver that signals and waits on an endpoint",
    fast: 2,
    play: (stage) => {
      const { requests, answers, request, answer } = receiverSignals(stage);
      stage.server.wait(requests);
      stage.client.signalWait(request, answers);
      stage.server.signalWait(answer, stage.endpoint);
      expect([stage.server.state, stage.server.field("watched")]).toEqual(["blocked on receive", 1]);
    },
  },
  {
    name: "a receiver that answers and waits on its endpoint",
    fast: 2,
    play: (stage) => {
      receiverSignals(stage);
      stage.server.receive(stage.endpoint);
      stage.client.call(stage.endpoint, message(2));
      stage.server.replyReceive(stage.endpoint, message(3));
      expect([stage.server.state, stage.server.field("watched")]).toEqual(["blocked on receive", 1]);
    },
  },
  {
    name: "a receiver that waits for another notification than its own, unwatched",
    fast: 1,
    play: (stage) => {
      const { answers, answer } = receiverSignals(stage);
      const other = stage.world.thread({ priority: 130, name: "other" });
      other.wait(answers);
      stage.server.signalWait(answer, stage.world.notification());
      expect([other.isRunning, stage.server.field("watched")]).toEqual([true, 0]);
    },
  },
];

/** Threads, the most important first, that were woken behind a system call; not such as have not begun. */
function wokenUp(world: World, ...threads: Thread[]): void {
  const gate = world.notification();
  for (const each of threads) each.wait(gate);
  world.bringRoot();
  for (const _ of threads) world.root.signal(gate);
  world.letOthersRun();
}

const WAITS_SERVED: Scenario[] = [
  {
    name: "waits without a signal, until nobody is left to run",
    fast: 2,
    play: ({ world, endpoint, server, client }) => {
      const notification = world.notification();
      wokenUp(world, server, client);
      server.signalWait(0, notification);
      client.signalWait(0, endpoint);
      expect(world.kernel.isIdle()).toBe(true);
    },
  },
  {
    name: "Recv on a notification, an endpoint, and an endpoint where others wait, until nobody is left to run",
    fast: 0,
    waits: 3,
    play: ({ world, endpoint, server, client }) => {
      const notification = world.notification();
      const last = world.thread({ priority: 90, name: "last" });
      wokenUp(world, server, client, last);
      server.wait(notification);
      client.receive(endpoint);
      last.receive(endpoint);
      expect(world.kernel.isIdle()).toBe(true);
    },
  },
  {
    name: "Recv by a receiver of user interrupts, which is then watched",
    fast: 0,
    waits: 1,
    play: (stage) => {
      const { requests } = receiverSignals(stage);
      stage.world.must(stage.client.cap, TCB_SUSPEND);
      stage.server.wait(requests);
      expect([stage.world.kernel.isIdle(), stage.server.field("watched")]).toEqual([true, 1]);
    },
  },
];

const WAITS_REFUSED: Scenario[] = [
  {
    name: "Recv when the next thread has an equal and there is no tick",
    fast: 0,
    waits: 0,
    play: ({ world, server, client }) => {
      const equal = world.thread({ priority: 90, name: "equal" });
      const notification = world.notification();
      wokenUp(world, server, client, equal);
      world.must(equal.cap, TCB_SET_PRIORITY, [100], [ROOT_SLOT_TCB]);
      server.wait(notification);
    },
  },
  {
    name: "Recv when the next thread makes its system call again",
    fast: 0,
    waits: 0,
    play: ({ world, server, client }) => {
      const notification = world.notification();
      world.must(client.cap, TCB_SUSPEND);
      world.must(client.cap, TCB_RESUME);
      server.wait(notification);
      expect(client.isRunning).toBe(true);
    },
  },
  {
    name: "Recv when the next thread has no address space",
    fast: 0,
    waits: 0,
    play: ({ world, server }) => {
      const notification = world.notification();
      world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [ROOT_SLOT_VSPACE, WORD_BITS]);
      server.wait(notification);
    },
  },
  {
    name: "Recv of what has arrived",
    fast: 0,
    waits: 0,
    play: (stage) => {
      const { requests, request } = signals(stage);
      stage.server.signal(request);
      stage.server.wait(requests);
      expect(stage.server.register("a0")).toBe(4n);
    },
  },
];

const SIGNALS_REFUSED: Scenario[] = [
  {
    name: "a wait of a receiver for which a vector has arrived",
    fast: 1,
    play: (stage) => {
      const { requests, answers, request, answer } = receiverSignals(stage);
      stage.server.wait(requests);
      stage.client.signalWait(request, answers);
      stage.world.kernel.hardware.userInterrupts!.send(stage.server.field("receiverIndex"), 5n);
      stage.server.signalWait(answer, requests);
      expect([stage.server.state, stage.server.register("a0")]).toEqual(["running", 32n]);
    },
  },
  {
    name: "a signal to the first of several waiters",
    fast: 0,
    play: (stage) => {
      const { requests, answers, request } = signals(stage);
      stage.server.wait(requests);
      stage.world.thread({ priority: 110, name: "second" }).wait(requests);
      stage.client.signalWait(request, answers);
    },
  },
  {
    name: "a signal to a server that waits on its endpoint with others",
    fast: 0,
    play: (stage) => {
      const { answers, request } = boundSignals(stage);
      stage.server.receive(stage.endpoint);
      stage.world.thread({ priority: 110, name: "second" }).receive(stage.endpoint);
      stage.client.signalWait(request, answers);
    },
  },
  {
    name: "a signal for which nobody waits",
    fast: 0,
    play: (stage) => {
      const { requests, answers, request } = signals(stage);
      stage.server.wait(answers);
      stage.client.signalWait(request, requests);
      expect(stage.client.register("a0")).toBe(4n);
    },
  },
  {
    name: "a wait for what has arrived",
    fast: 0,
    play: (stage) => {
      const { requests, answers, request, answer } = signals(stage);
      stage.server.signal(answer);
      stage.server.wait(requests);
      stage.client.signalWait(request, answers);
    },
  },
  {
    name: "a wait on the notification signalled",
    fast: 0,
    play: (stage) => {
      const { requests, request } = signals(stage);
      stage.server.wait(requests);
      stage.client.signalWait(request, requests);
    },
  },
  {
    name: "a wait for another's notification",
    fast: 0,
    play: (stage) => {
      const { requests, answers, request } = signals(stage);
      stage.world.must(stage.server.cap, TCB_BIND_NOTIFICATION, [], [answers]);
      stage.server.wait(requests);
      stage.client.signalWait(request, answers);
    },
  },
  {
    name: "waits without the right to read, or on something else",
    fast: 0,
    play: (stage) => {
      const { world, server, endpoint } = stage;
      const { requests, answers, request } = signals(stage);
      for (const awaited of [
        world.mint(answers, 1, RIGHT_WRITE),
        world.frame(),
        world.mint(endpoint, 1, RIGHT_WRITE),
      ]) {
        server.wait(requests);
        world.thread({ priority: 110, name: "waits" }).signalWait(request, awaited);
        expect(server.isRunning).toBe(true);
      }
    },
  },
  {
    name: "signals without the right to send, or to something else",
    fast: 0,
    play: (stage) => {
      const { world, server, client } = stage;
      const { requests, answers } = signals(stage);
      server.wait(requests);
      client.signalWait(world.mint(requests, 1, RIGHT_READ), answers);
      world.thread({ priority: 90, name: "other" }).signalWait(world.frame(), answers);
      world.thread({ priority: 80, name: "last" }).signalWait(world.slot(), answers);
    },
  },
  {
    name: "a wait on an endpoint where a sender waits",
    fast: 0,
    play: (stage) => {
      const { requests, request } = signals(stage);
      stage.world.thread({ priority: 130, name: "sender" }).send(stage.endpoint, message(2));
      stage.server.wait(requests);
      stage.client.signalWait(request, stage.endpoint);
    },
  },
  {
    name: "a wait on an endpoint by a server that has not answered",
    fast: 1,
    play: (stage) => {
      const { world, endpoint, server, client } = stage;
      const { requests, request } = signals(stage);
      world.thread({ priority: 130, name: "other" }).wait(requests);
      server.receive(endpoint);
      client.call(endpoint, message(1));
      server.signalWait(request, endpoint);
    },
  },
  {
    name: "a wait on an endpoint with a signal for the waiter",
    fast: 0,
    play: (stage) => {
      const { requests, answers, request, answer } = signals(stage);
      stage.world.must(stage.client.cap, TCB_BIND_NOTIFICATION, [], [answers]);
      stage.server.signal(answer);
      stage.server.wait(requests);
      stage.client.signalWait(request, stage.endpoint);
    },
  },
  {
    name: "a signal to a thread on another hart",
    fast: 0,
    harts: 2,
    play: (stage) => {
      const { requests, answers, request } = signals(stage);
      stage.world.thread({ hart: 1, name: "remote" }).wait(requests);
      stage.server.signalWait(request, answers);
    },
  },
  {
    name: "a signal to a less important thread, when a more important one is ready",
    fast: 0,
    play: (stage) => {
      const { requests, answers, request } = signals(stage);
      stage.world.thread({ priority: 130, name: "low" }).wait(requests);
      stage.world.must(stage.world.threads[2]!.cap, TCB_SET_PRIORITY, [1], [ROOT_SLOT_TCB]);
      stage.server.signalWait(request, answers);
      expect(stage.client.isRunning).toBe(true);
    },
  },
  {
    name: "a signal to a thread without an address space",
    fast: 0,
    play: (stage) => {
      const { requests, answers, request } = signals(stage);
      stage.server.wait(requests);
      stage.world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [ROOT_SLOT_VSPACE, WORD_BITS]);
      stage.client.signalWait(request, answers);
    },
  },
];

describe("the fast paths of SignalWait and Recv serve, as the general path would,", () => {
  it.each([...SIGNALS_SERVED, ...RECEIVERS_SERVED, ...WAITS_SERVED])("$name", compare);
});

describe("the fast paths of SignalWait and Recv leave to the general path", () => {
  it.each([...SIGNALS_REFUSED, ...WAITS_REFUSED])("$name", compare);
});

describe("SignalWait", () => {
  let world: World;
  let requests: number;
  let answers: number;
  let waiter: Thread;
  let signaller: Thread;
  beforeEach(() => {
    world = new World();
    [requests, answers] = [world.notification(), world.notification()];
    [waiter, signaller] = world.threadsInOrder(2) as [Thread, Thread];
  });

  it("does not signal again when its wait is made again", () => {
    waiter.wait(requests);
    signaller.signalWait(requests, answers);
    waiter.wait(requests);
    world.must(signaller.cap, TCB_SUSPEND);
    world.must(signaller.cap, TCB_RESUME);
    world.letOthersRun();
    world.kernel.systemCall(0);
    expect([signaller.state, waiter.state]).toEqual(["blocked on notification", "blocked on notification"]);
  });

  it("receives a message of the endpoint it waits on", () => {
    const endpoint = world.endpoint();
    waiter.signalWait(0, endpoint);
    signaller.call(world.mint(endpoint, 77), message(2, 5));
    expect(waiter.received).toMatchObject({ badge: 77n, label: 5, words: [0x100n, 0x101n] });
  });

  it("faults when an address names no slot: without signalling, or when it has signalled", () => {
    const handler = world.thread({ priority: 120, name: "handler" });
    const endpoint = world.endpoint();
    const faulter = world.thread({ faultEndpoint: endpoint, priority: 90, name: "faulter" });
    handler.receive(endpoint);
    waiter.wait(requests);
    signaller.wait(world.notification());
    faulter.signalWait(NO_SLOT, answers);
    expect(handler.received).toMatchObject({ label: FAULT_CAPABILITY });
    expect([handler.word(1), handler.word(2)]).toEqual([BigInt(NO_SLOT), 0n]);
    handler.replyReceive(endpoint);
    faulter.signalWait(requests, NO_SLOT);
    expect([handler.word(1), handler.word(2)]).toEqual([BigInt(NO_SLOT), 1n]);
    expect(waiter.state).toBe("running");
  });
});
