import {
  BUNDLE_ENDPOINT,
  BUNDLE_NOTIFICATION,
  BUNDLE_PAGES,
  CHANNEL_PAGES_BASE,
  CHANNEL_VECTORS,
  ENDPOINT_BADGE_FLAG,
  RIGHT_GRANT_REPLY,
  RIGHT_READ,
  RIGHT_WRITE,
  SLOT_ASYNC_NOTIFICATION,
  SLOT_FIRST_CHANNEL,
  SLOT_NOTIFICATION,
  SLOT_SERVICE_ENDPOINT,
} from "@rel4/abi";
import { describe, expect, it } from "vitest";
import { checkSystem } from "./check-system";
import type { ChannelKind } from "./system";
import { planSystem } from "./system-plan";

const source = { source: "./x.ts" };
type Channel = [from: string, to: string, kind: ChannelKind, requests?: number];

/** The plan of three programs: a and b on hart 0, c on hart 1. */
function plan(...channels: Channel[]) {
  const programs = { a: source, b: source, c: { ...source, hart: 1 } };
  return planOf(programs, channels);
}

function planOf(programs: object, channels: Channel[], kernel = {}) {
  return planSystem(
    checkSystem({
      programs,
      kernel,
      channels: channels.map(([from, to, kind, requests]) => ({ from, to, kind, requests })),
    }),
  );
}

describe("the plan of a system", () => {
  it("gives a program without channels nothing", () => {
    expect(plan()).toMatchObject({ objects: [], capabilities: [], mappings: [], ends: [[], [], []] });
  });

  it("gives a server one endpoint for all clients, and each client its own badge", () => {
    const { objects, capabilities } = plan(["a", "c", "endpoint"], ["b", "c", "endpoint"]);
    const badge = (client: number) => BigInt(ENDPOINT_BADGE_FLAG) | BigInt(client + 1);
    const call = RIGHT_WRITE | RIGHT_GRANT_REPLY;
    expect(objects).toEqual([{ kind: BUNDLE_ENDPOINT, count: 1 }]);
    expect(capabilities).toEqual([
      { program: 2, slot: SLOT_SERVICE_ENDPOINT, object: 0, rights: RIGHT_READ, badge: 0n },
      { program: 0, slot: SLOT_FIRST_CHANNEL, object: 0, rights: call, badge: badge(0) },
      { program: 1, slot: SLOT_FIRST_CHANNEL, object: 0, rights: call, badge: badge(1) },
    ]);
  });

  it("gives the channels of a notification different bits", () => {
    const { objects, capabilities, ends } = plan(["a", "c", "notification"], ["b", "c", "notification"]);
    expect(objects).toEqual([{ kind: BUNDLE_NOTIFICATION, count: 1 }]);
    expect(capabilities.map(({ badge }) => badge)).toEqual([0n, 1n, 2n]);
    expect(ends[2]!.map(({ identity, receiveSlot }) => [identity, receiveSlot])).toEqual([
      [0, SLOT_NOTIFICATION],
      [1, SLOT_NOTIFICATION],
    ]);
  });

  it("gives both ends of an async channel the same rings, at an address with room for four", () => {
    const result = plan(["a", "c", "async"], ["c", "b", "async", 256]);
    const small = CHANNEL_PAGES_BASE;
    const large = CHANNEL_PAGES_BASE + 65_536;
    const pages = (offset: number, count: number, ...programs: number[]) =>
      programs.map((program) => [program, offset, count]);
    expect(
      result.mappings.map(({ program, address, object }) => [
        program,
        address,
        result.objects[object]!.count,
      ]),
    ).toEqual([
      ...pages(small, 1, 0, 2),
      ...pages(small + 4096, 1, 0, 2),
      ...pages(small + 8192, 1, 0, 2),
      ...pages(large, 4, 2, 1),
      ...pages(large + 16_384, 1, 2, 1),
      ...pages(large + 32_768, 4, 2, 1),
    ]);
    expect(result.objects.filter(({ kind }) => kind === BUNDLE_PAGES)).toHaveLength(6);
    expect(result.ends[1]![0]).toMatchObject({ buffer: large, ringBytes: 16_384 });
  });

  it("gives each end of an async channel a vector of the other's notification", () => {
    const result = plan(["a", "b", "async"], ["c", "b", "async"]);
    // b receives from a as vector 0 and from c as vector 1
    expect(result.ends[1]!.map(({ identity }) => identity)).toEqual([0, 1]);
    const toB = result.capabilities.filter(({ object }) => object === result.boundNotifications[1]);
    expect(toB.map(({ program, badge }) => [program, badge])).toEqual([
      [1, 0n],
      [0, 1n],
      [2, 2n],
    ]);
  });

  it("binds the async notification, and no other, to the thread", () => {
    const { boundNotifications, capabilities } = plan(["a", "b", "async"], ["a", "c", "notification"]);
    const own = (program: number) =>
      capabilities.find((cap) => cap.program === program && cap.slot === SLOT_ASYNC_NOTIFICATION)?.object;
    expect(boundNotifications).toEqual([own(0), own(1), undefined]);
    expect(own(0)).toBeDefined();
  });

  it("shares vectors among the channels of a program with more than 62", () => {
    const clients = Array.from({ length: 70 }, (_, index) => `client${index}`);
    const programs = Object.fromEntries([...clients, "hub"].map((name) => [name, source]));
    const { ends, capabilities } = planOf(
      programs,
      clients.map((name) => [name, "hub", "async"]),
    );
    const vectors = ends[70]!.map(({ identity }) => identity);
    expect(vectors).toEqual(clients.map((_, index) => index % CHANNEL_VECTORS));
    const sent = ends.slice(0, 70).map((own, program) => {
      const { sendSlot } = own[0]!;
      return capabilities.find((candidate) => candidate.program === program && candidate.slot === sendSlot)!
        .badge;
    });
    expect(sent).toEqual(vectors.map((vector) => 1n << BigInt(vector)));
  });

  it("adds a capability for synchronous calls to an async channel on one hart, and shares it", () => {
    const { ends, capabilities } = plan(["a", "b", "async"], ["a", "b", "endpoint"], ["a", "c", "async"]);
    const [near, endpoint, far] = ends[0]!;
    expect(near!.callSlot).toBe(endpoint!.sendSlot);
    expect(far!.callSlot).toBe(0);
    expect(ends[1]!.map(({ callSlot }) => callSlot)).toEqual([0, 0]);
    expect(capabilities.find(({ program, slot }) => program === 0 && slot === near!.callSlot)).toMatchObject({
      rights: RIGHT_WRITE | RIGHT_GRANT_REPLY,
      badge: BigInt(ENDPOINT_BADGE_FLAG) | 1n,
    });
  });

  it("has no endpoints for a kernel without synchronous IPC", () => {
    const { ends, objects } = planOf({ a: source, b: source }, [["a", "b", "async"]], { syncIpc: false });
    expect(ends[0]![0]!.callSlot).toBe(0);
    expect(objects.filter(({ kind }) => kind === BUNDLE_ENDPOINT)).toEqual([]);
  });

  it("gives a CNode room for the channels and the free slots asked for", () => {
    const programs = { a: { ...source, resources: { slots: 1000 } }, b: source };
    const { slotBits, firstFreeSlots } = planOf(programs, [["a", "b", "endpoint"]]);
    expect(firstFreeSlots).toEqual([SLOT_FIRST_CHANNEL + 1, SLOT_FIRST_CHANNEL]);
    expect(slotBits).toEqual([10, 8]);
  });

  it("gives answers to system calls a vector of their own behind the channels'", () => {
    const programs = { a: { ...source, systemCalls: 64 }, b: source };
    const { systemCallVectors, boundNotifications } = planOf(programs, [["a", "b", "async"]]);
    expect(systemCallVectors).toEqual([1, 0]);
    expect(boundNotifications[0]).toBeDefined();
    expect(planOf({ a: { ...source, coroutines: 5 } }, []).boundNotifications).toEqual([0]);
  });

  it("never puts two capabilities into one slot", () => {
    const { capabilities } = plan(
      ["a", "b", "endpoint"],
      ["a", "b", "notification"],
      ["b", "a", "notification"],
      ["a", "b", "async"],
      ["a", "c", "async"],
      ["c", "a", "endpoint"],
    );
    const places = capabilities.map(({ program, slot }) => `${program} ${slot}`);
    expect(new Set(places).size).toBe(places.length);
  });
});
