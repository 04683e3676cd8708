import {
  BUNDLE_ENDPOINT,
  BUNDLE_NOTIFICATION,
  BUNDLE_PAGE,
  CHANNEL_PAGES_BASE,
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

function plan(...channels: [from: string, to: string, kind: ChannelKind][]) {
  const programs = { a: source, b: source, c: source };
  return planSystem(
    checkSystem({ programs, channels: channels.map(([from, to, kind]) => ({ from, to, kind })) }),
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
    expect(objects).toEqual([BUNDLE_ENDPOINT]);
    expect(capabilities).toEqual([
      { program: 2, slot: SLOT_SERVICE_ENDPOINT, object: 0, rights: RIGHT_READ, badge: 0n },
      { program: 0, slot: SLOT_FIRST_CHANNEL, object: 0, rights: call, badge: badge(0) },
      { program: 1, slot: SLOT_FIRST_CHANNEL, object: 0, rights: call, badge: badge(1) },
    ]);
  });

  it("gives the channels of a notification different bits", () => {
    const { objects, capabilities, ends } = plan(["a", "c", "notification"], ["b", "c", "notification"]);
    expect(objects).toEqual([BUNDLE_NOTIFICATION]);
    expect(capabilities.map(({ badge }) => badge)).toEqual([0n, 1n, 2n]);
    expect(ends[2]!.map(({ identity, receiveSlot }) => [identity, receiveSlot])).toEqual([
      [0, SLOT_NOTIFICATION],
      [1, SLOT_NOTIFICATION],
    ]);
  });

  it("gives both ends of an async channel the same page, and each a vector of the other's notification", () => {
    const result = plan(["a", "b", "async"], ["c", "b", "async"]);
    expect(result.objects.filter((kind) => kind === BUNDLE_PAGE)).toHaveLength(2);
    expect(result.mappings.map(({ program, address }) => [program, address])).toEqual([
      [0, CHANNEL_PAGES_BASE],
      [1, CHANNEL_PAGES_BASE],
      [2, CHANNEL_PAGES_BASE + 4096],
      [1, CHANNEL_PAGES_BASE + 4096],
    ]);
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
