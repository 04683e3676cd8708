import {
  ALL_RIGHTS,
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_FRAME,
  CAP_NOTIFICATION,
  CAP_PAGE_TABLE,
  CAP_THREAD,
  CAP_UNTYPED,
  CNODE_COPY,
  CNODE_DELETE,
  CNODE_REVOKE,
  DELETE_FIRST,
  FAILED_LOOKUP,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  LOOKUP_INVALID_ROOT,
  LOOKUP_MISSING_CAPABILITY,
  MAX_UNTYPED_BITS,
  NO_ERROR,
  NOT_ENOUGH_MEMORY,
  OBJECT_CNODE,
  OBJECT_ENDPOINT,
  OBJECT_GIGA_PAGE,
  OBJECT_MEGA_PAGE,
  OBJECT_NOTIFICATION,
  OBJECT_PAGE,
  OBJECT_PAGE_TABLE,
  OBJECT_TCB,
  OBJECT_TYPES,
  OBJECT_UNTYPED,
  RANGE_ERROR,
  RETYPE_FAN_OUT_LIMIT,
  REVOKE_FIRST,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_CNODE_BITS,
  ROOT_SLOT_CNODE,
  TCB_BITS,
  TRUNCATED_MESSAGE,
  UNTYPED_RETYPE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { regionOf } from "../inspection/objects";
import { expectRefusal } from "./harness/refusal";
import { prepareKernel, World } from "./harness/world";

const UNTYPED_BITS = 14;

let world: World;
/** An untyped of 2^UNTYPED_BITS bytes without children. */
let untyped: number;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World();
  untyped = world.retype(OBJECT_UNTYPED, UNTYPED_BITS);
});

function retype(type: number, bits: number, count = 1, slot = world.slot(count), source = untyped) {
  return world.invoke(source, UNTYPED_RETYPE, [type, bits, 0, 0, slot, count], [ROOT_SLOT_CNODE]);
}

describe("Untyped_Retype makes", () => {
  it.each([
    ["an untyped", OBJECT_UNTYPED, 5, CAP_UNTYPED, 32],
    ["a thread", OBJECT_TCB, 0, CAP_THREAD, 2048],
    ["an endpoint", OBJECT_ENDPOINT, 0, CAP_ENDPOINT, 16],
    ["a notification", OBJECT_NOTIFICATION, 0, CAP_NOTIFICATION, 32],
    ["a CNode", OBJECT_CNODE, 3, CAP_CNODE, 256],
    ["a page", OBJECT_PAGE, 0, CAP_FRAME, 4096],
    ["a page table", OBJECT_PAGE_TABLE, 0, CAP_PAGE_TABLE, 4096],
  ])("%s, a child of the untyped, inside its memory", (_, type, bits, capability, size) => {
    const slot = world.slot();
    expect(retype(type, bits, 1, slot).error).toBe(NO_ERROR);
    const made = world.look(slot);
    const region = regionOf(made, TCB_BITS)!;
    expect(made.type).toBe(capability);
    expect(region.end - region.start).toBe(size);
    expect(region.start).toBe(world.look(untyped).object);
    expect(made.previous).toBe(world.look(untyped).address);
    expect(world.look(untyped).data).toBe(BigInt(size));
  });

  it("endpoints with all rights and notifications with read and write", () => {
    const [endpoint, notification] = [world.endpoint(), world.notification()];
    expect(world.look(endpoint).rights).toBe(ALL_RIGHTS);
    expect(world.look(notification).rights & (RIGHT_READ | RIGHT_WRITE)).toBe(RIGHT_READ | RIGHT_WRITE);
  });

  it("several objects at once, one behind the other", () => {
    const first = world.slot(4);
    expect(retype(OBJECT_NOTIFICATION, 0, 4, first).error).toBe(NO_ERROR);
    const base = world.look(untyped).object;
    expect([0, 1, 2, 3].map((index) => world.look(first + index).object)).toEqual(
      [0, 32, 64, 96].map((at) => base + at),
    );
  });

  it("objects aligned to their size", () => {
    const [small, large] = [world.slot(), world.slot()];
    retype(OBJECT_ENDPOINT, 0, 1, small);
    retype(OBJECT_CNODE, 4, 1, large);
    expect(world.look(large).object - world.look(untyped).object).toBe(512);
  });

  it("objects in a CNode named by index and depth", () => {
    const node = world.cnode(2);
    const words = [OBJECT_ENDPOINT, 0, node, WORD_BITS, 3, 1];
    expect(world.invoke(untyped, UNTYPED_RETYPE, words, [ROOT_SLOT_CNODE]).error).toBe(NO_ERROR);
    expect(world.look(3, world.look(node).object).type).toBe(CAP_ENDPOINT);
  });

  it("new objects from the start again, in cleared memory, when all earlier ones are gone", () => {
    const page = world.slot();
    retype(OBJECT_PAGE, 0, 1, page);
    const address = world.frameAddress(page);
    world.kernel.memory.write64(address + 64, 0x1234n);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [page, WORD_BITS]);
    const again = world.slot();
    expect(retype(OBJECT_PAGE, 0, 1, again).error).toBe(NO_ERROR);
    expect(world.frameAddress(again)).toBe(address);
    expect(world.kernel.memory.read64(address + 64)).toBe(0n);
  });

  it("objects behind the earlier ones while any of those is left", () => {
    const [first, second, third] = [world.slot(), world.slot(), world.slot()];
    retype(OBJECT_ENDPOINT, 0, 1, first);
    retype(OBJECT_ENDPOINT, 0, 1, second);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [first, WORD_BITS]);
    retype(OBJECT_ENDPOINT, 0, 1, third);
    expect(world.look(third).object - world.look(untyped).object).toBe(32);
  });

  it("frames and untypeds of device memory, without touching it", () => {
    const device = world.deviceUntyped(12);
    const [page, child] = [world.slot(), world.slot()];
    expect(retype(OBJECT_PAGE, 0, 1, page, device).error).toBe(NO_ERROR);
    expect(world.look(page).extra, "a device frame").toBe(1);
    expect(retype(OBJECT_UNTYPED, 4, 1, child, device).error).toBe(NO_ERROR);
    expect(world.look(child).rights, "a device untyped").toBe(1);
  });
});

describe("Untyped_Retype is refused and changes nothing", () => {
  const refuse = (
    words: (number | bigint)[],
    error: number,
    details: (number | bigint)[] = [],
    source = untyped,
  ) =>
    expectRefusal(
      world,
      () => world.invoke(source, UNTYPED_RETYPE, words, [ROOT_SLOT_CNODE]),
      error,
      details,
    );

  it("for any other label", () => {
    expectRefusal(world, () => world.invoke(untyped, CNODE_COPY, [], [ROOT_SLOT_CNODE]), ILLEGAL_OPERATION);
  });

  it("with fewer than six words", () => {
    refuse([OBJECT_ENDPOINT, 0, 0, 0, world.slot()], TRUNCATED_MESSAGE);
  });

  it("without the CNode as extra capability", () => {
    const words = [OBJECT_ENDPOINT, 0, 0, 0, world.slot(), 1];
    expectRefusal(world, () => world.invoke(untyped, UNTYPED_RETYPE, words), TRUNCATED_MESSAGE);
  });

  it("for an unknown object type", () => {
    refuse([OBJECT_TYPES, 0, 0, 0, world.slot(), 1], INVALID_ARGUMENT, [0]);
    refuse([2n ** 32n + 1n, 0, 0, 0, world.slot(), 1], INVALID_ARGUMENT, [0]);
  });

  it.each([
    ["an untyped larger than the largest", OBJECT_UNTYPED, MAX_UNTYPED_BITS + 1],
    ["a size of 64 bits or more", OBJECT_ENDPOINT, 64],
    ["a size that would overflow", OBJECT_CNODE, 2n ** 64n - 5n],
    ["a size whose low half is small", OBJECT_CNODE, 2n ** 32n + 2n],
  ])("for %s", (_, type, bits) => {
    refuse([type, bits, 0, 0, world.slot(), 1], RANGE_ERROR, [0, MAX_UNTYPED_BITS]);
  });

  it("for a CNode of one slot", () => {
    refuse([OBJECT_CNODE, 0, 0, 0, world.slot(), 1], INVALID_ARGUMENT, [1]);
  });

  it("for an untyped below 16 bytes", () => {
    refuse([OBJECT_UNTYPED, 3, 0, 0, world.slot(), 1], INVALID_ARGUMENT, [1]);
  });

  it("when the destination does not resolve", () => {
    refuse([OBJECT_ENDPOINT, 0, 0, WORD_BITS + 1, 1, 1], RANGE_ERROR, [1, WORD_BITS]);
    const endpoint = world.endpoint();
    const words = [OBJECT_ENDPOINT, 0, 0, 1, 0, 1];
    const invoke = () => world.invoke(untyped, UNTYPED_RETYPE, words, [endpoint]);
    expectRefusal(world, invoke, FAILED_LOOKUP, [0, LOOKUP_INVALID_ROOT]);
  });

  it("when the destination is no CNode", () => {
    const words = [OBJECT_ENDPOINT, 0, world.endpoint(), WORD_BITS, 0, 1];
    refuse(words, FAILED_LOOKUP, [0, LOOKUP_MISSING_CAPABILITY, WORD_BITS]);
  });

  it("when the first slot is outside the CNode", () => {
    const size = 2 ** ROOT_CNODE_BITS;
    refuse([OBJECT_ENDPOINT, 0, 0, 0, size, 1], RANGE_ERROR, [0, size - 1]);
    refuse([OBJECT_ENDPOINT, 0, 0, 0, 2n ** 32n, 1], RANGE_ERROR, [0, size - 1]);
  });

  it("for no objects, or more than the fan-out limit", () => {
    refuse([OBJECT_ENDPOINT, 0, 0, 0, world.slot(), 0], RANGE_ERROR, [1, RETYPE_FAN_OUT_LIMIT]);
    refuse([OBJECT_ENDPOINT, 0, 0, 0, world.slot(), RETYPE_FAN_OUT_LIMIT + 1], RANGE_ERROR, [
      1,
      RETYPE_FAN_OUT_LIMIT,
    ]);
  });

  it("when the window runs over the CNode's end", () => {
    const last = 2 ** ROOT_CNODE_BITS - 1;
    refuse([OBJECT_ENDPOINT, 0, 0, 0, last, 2], RANGE_ERROR, [1, 1]);
  });

  it("when a slot of the window is in use", () => {
    const slots = world.slot(2);
    retype(OBJECT_ENDPOINT, 0, 1, slots + 1);
    refuse([OBJECT_ENDPOINT, 0, 0, 0, slots, 2], DELETE_FIRST);
  });

  it("when the memory left is too small, and says how much is left", () => {
    retype(OBJECT_PAGE, 0, 3);
    refuse([OBJECT_PAGE, 0, 0, 0, world.slot(2), 2], NOT_ENOUGH_MEMORY, [4096]);
    refuse([OBJECT_MEGA_PAGE, 0, 0, 0, world.slot(), 1], NOT_ENOUGH_MEMORY, [4096]);
    refuse([OBJECT_GIGA_PAGE, 0, 0, 0, world.slot(), 1], NOT_ENOUGH_MEMORY, [4096]);
  });

  it("for kernel objects in device memory", () => {
    refuse([OBJECT_ENDPOINT, 0, 0, 0, world.slot(), 1], INVALID_ARGUMENT, [1], world.deviceUntyped(12));
  });

  it("when a copy of the untyped holds all its memory", () => {
    const copy = world.slot();
    world.must(
      ROOT_SLOT_CNODE,
      CNODE_COPY,
      [copy, WORD_BITS, untyped, WORD_BITS, ALL_RIGHTS],
      [ROOT_SLOT_CNODE],
    );
    refuse([OBJECT_ENDPOINT, 0, 0, 0, world.slot(), 1], NOT_ENOUGH_MEMORY, [0]);
    expect(retype(OBJECT_ENDPOINT, 0, 1, world.slot(), copy).error).toBe(NO_ERROR);
  });
});

describe("an untyped", () => {
  it("cannot be copied while objects made of it exist", () => {
    retype(OBJECT_ENDPOINT, 0);
    const words = [world.slot(), WORD_BITS, untyped, WORD_BITS, ALL_RIGHTS];
    expectRefusal(
      world,
      () => world.invoke(ROOT_SLOT_CNODE, CNODE_COPY, words, [ROOT_SLOT_CNODE]),
      REVOKE_FIRST,
    );
  });

  it("loses everything made of it, and of what was made of it, when it is revoked", () => {
    const [child, grandchild, thread] = [world.slot(), world.slot(), world.slot()];
    retype(OBJECT_UNTYPED, 12, 1, child);
    retype(OBJECT_TCB, 0, 1, thread);
    retype(OBJECT_CNODE, 4, 1, grandchild, child);
    world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [untyped, WORD_BITS]);
    expect([child, grandchild, thread].map((slot) => world.look(slot).type)).toEqual([0, 0, 0]);
  });
});
