/**
 * The fast path of Signal does what the general path does: every scenario is run with and without it, and must leave the
 * same memory; the table says which signals it is expected to serve.
 */
import {
  NOTIFICATION_REGISTER_RECEIVER,
  RIGHT_READ,
  ROOT_SLOT_CNODE,
  TCB_BIND_NOTIFICATION,
} from "@rel4/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { compare, type Scenario, type Stage } from "./harness/fastpath-scenario";
import { prepareKernel } from "./harness/world";

beforeAll(prepareKernel);

/** A notification and a capability to it with badge 4. */
function notificationOf({ world }: Stage) {
  const notification = world.notification();
  return { notification, signal: world.mint(notification, 4) };
}

/** The client waits for a signal, and the server for something else, so that anybody may run. */
function clientWaits(stage: Stage) {
  const all = notificationOf(stage);
  stage.server.wait(stage.world.notification());
  stage.client.wait(all.notification);
  return all;
}

/** A thread of the client's hart, or of another, that runs now. */
function runner({ world }: Stage, priority: number, hart = 0) {
  return world.thread({ priority, hart, name: `runner ${priority}` });
}

const SERVED: Scenario[] = [
  {
    name: "a signal for which nobody waits, and another that joins it",
    fast: 0,
    signals: 2,
    play: (stage) => {
      const { notification, signal } = notificationOf(stage);
      stage.server.signal(signal);
      stage.server.signal(stage.world.mint(notification, 3));
      stage.server.wait(notification);
      expect(stage.server.register("a0")).toBe(7n);
    },
  },
  {
    name: "a message with words and a label of no meaning",
    fast: 0,
    signals: 1,
    play: (stage) => stage.server.send(notificationOf(stage).signal, { label: 127, words: [1n, 2n] }),
  },
  {
    name: "a notification whose bound thread does not wait",
    fast: 0,
    signals: 1,
    play: (stage) => {
      const { notification, signal } = notificationOf(stage);
      stage.world.must(stage.client.cap, TCB_BIND_NOTIFICATION, [], [notification]);
      stage.server.signal(signal);
    },
  },
  {
    name: "a less important thread that waits",
    fast: 0,
    signals: 1,
    play: (stage) => {
      const { signal } = clientWaits(stage);
      const signaller = runner(stage, 110);
      signaller.signal(signal);
      expect([signaller.isRunning, stage.client.state]).toEqual([true, "running"]);
      expect(stage.client.register("a0")).toBe(4n);
    },
  },
  {
    name: "a less important thread that waits on an endpoint, with the notification bound",
    fast: 0,
    signals: 1,
    play: (stage) => {
      const { notification, signal } = notificationOf(stage);
      stage.world.must(stage.client.cap, TCB_BIND_NOTIFICATION, [], [notification]);
      stage.server.receive(stage.endpoint);
      stage.client.receive(stage.endpoint);
      const signaller = runner(stage, 110);
      signaller.signal(signal);
      expect([signaller.isRunning, stage.client.state]).toEqual([true, "running"]);
    },
  },
  {
    name: "the first of several that wait, then the next",
    fast: 0,
    signals: 2,
    play: (stage) => {
      const { notification, signal } = clientWaits(stage);
      const low = runner(stage, 60);
      low.wait(notification);
      const signaller = runner(stage, 110);
      signaller.signal(signal);
      expect([stage.client.state, low.state]).toEqual(["running", "blocked on notification"]);
      signaller.signal(signal);
      expect(low.state).toBe("running");
    },
  },
  {
    name: "a thread of the same priority, while the tick is on",
    fast: 0,
    signals: 1,
    play: (stage) => {
      const { signal } = clientWaits(stage);
      const rivals = [runner(stage, 100), runner(stage, 100)];
      stage.world.letOthersRun();
      rivals.find((each) => each.isRunning)!.signal(signal);
      expect(stage.client.state).toBe("running");
    },
  },
  {
    name: "a thread of another hart, which is idle",
    fast: 0,
    signals: 1,
    harts: 2,
    play: (stage) => {
      const { notification, signal } = notificationOf(stage);
      const waiter = runner(stage, 90, 1);
      waiter.wait(notification);
      stage.server.signal(signal);
      expect(waiter.isRunning).toBe(true);
    },
  },
  ...[90, 89].map((busy) => ({
    name: `a thread of priority 90 of another hart, which runs one of priority ${busy}`,
    fast: 0,
    signals: 1,
    harts: 2,
    play: (stage: Stage) => {
      const { notification, signal } = notificationOf(stage);
      runner(stage, 90, 1).wait(notification);
      runner(stage, busy, 1);
      stage.server.signal(signal);
    },
  })),
  {
    name: "a signaller that receives user interrupts",
    fast: 0,
    signals: 1,
    play: (stage) => {
      const { signal } = clientWaits(stage);
      const signaller = runner(stage, 110);
      const own = stage.world.notification();
      stage.world.must(signaller.cap, TCB_BIND_NOTIFICATION, [], [own]);
      stage.world.must(own, NOTIFICATION_REGISTER_RECEIVER, [], [signaller.cap]);
      signaller.signal(signal);
    },
  },
  {
    name: "a thread of another hart, which runs a more important one",
    fast: 0,
    signals: 1,
    harts: 2,
    play: (stage) => {
      const { notification, signal } = notificationOf(stage);
      const waiter = runner(stage, 90, 1);
      waiter.wait(notification);
      const busy = runner(stage, 91, 1);
      stage.server.signal(signal);
      expect([busy.isRunning, waiter.state]).toEqual([true, "running"]);
    },
  },
];

const REFUSED: Scenario[] = [
  {
    name: "a capability without the write right",
    fast: 0,
    signals: 0,
    play: ({ world, server }) => server.signal(world.mint(world.notification(), 4, RIGHT_READ)),
  },
  {
    name: "what is no notification, and an empty slot",
    fast: 0,
    signals: 0,
    play: ({ world, server, endpoint }) => {
      server.nonBlockingSend(endpoint);
      server.signal(world.slot());
      expect(server.isRunning).toBe(true);
    },
  },
  {
    name: "an address that leads nowhere, which is a fault",
    fast: 0,
    signals: 0,
    play: ({ server }) => {
      server.signal(2 ** 40);
      expect(server.state).toBe("inactive");
    },
  },
  {
    name: "extra capabilities, which may be missing",
    fast: 0,
    signals: 0,
    play: (stage) => stage.server.send(notificationOf(stage).signal, { caps: [ROOT_SLOT_CNODE] }),
  },
  {
    name: "ReL4's own requests",
    fast: 0,
    signals: 0,
    play: (stage) => stage.server.send(notificationOf(stage).signal, { label: 128 }),
  },
  {
    name: "a more important thread that waits",
    fast: 0,
    signals: 0,
    play: (stage) => {
      const { signal } = clientWaits(stage);
      runner(stage, 99).signal(signal);
      expect(stage.client.isRunning).toBe(true);
    },
  },
  {
    name: "a thread of the same priority, while the tick is off",
    fast: 0,
    signals: 0,
    play: (stage) => {
      const { signal } = clientWaits(stage);
      const signaller = runner(stage, 100);
      signaller.signal(signal);
      expect([signaller.isRunning, stage.client.state]).toEqual([true, "running"]);
    },
  },
];

describe("the fast path serves, as the general path would,", () => {
  it.each(SERVED)("$name", compare);
});

describe("the fast path leaves to the general path", () => {
  it.each(REFUSED)("$name", compare);
});
