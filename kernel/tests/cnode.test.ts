import {
  ALL_RIGHTS,
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_FRAME,
  CAP_NULL,
  CAP_REPLY,
  CAP_THREAD,
  CNODE_CANCEL_BADGED_SENDS,
  CNODE_COPY,
  CNODE_DELETE,
  CNODE_MINT,
  CNODE_MOVE,
  CNODE_MUTATE,
  CNODE_REVOKE,
  CNODE_ROTATE,
  CNODE_SAVE_CALLER,
  DELETE_FIRST,
  FAILED_LOOKUP,
  ILLEGAL_OPERATION,
  LOOKUP_DEPTH_MISMATCH,
  LOOKUP_GUARD_MISMATCH,
  LOOKUP_INVALID_ROOT,
  LOOKUP_MISSING_CAPABILITY,
  NO_ERROR,
  OBJECT_CNODE,
  OBJECT_PAGE_TABLE,
  OBJECT_UNTYPED,
  RANGE_ERROR,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_IRQ_CONTROL,
  TRUNCATED_MESSAGE,
  UNTYPED_RETYPE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal } from "./harness/refusal";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

const CNODE = ROOT_SLOT_CNODE;
/** Frame rights: seL4's vm_rights. */
const READ_ONLY = 2;

let world: World;
let endpoint: number;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World();
  endpoint = world.endpoint();
});

type Words = (number | bigint)[];
const invoke = (label: number, words: Words, caps: number[] = [CNODE]) =>
  world.invoke(CNODE, label, words, caps);
const refuse = (label: number, words: Words, error: number, details: Words = [], caps: number[] = [CNODE]) =>
  expectRefusal(world, () => invoke(label, words, caps), error, details);
const guardData = (guard: bigint, size: number) => (guard << 6n) | BigInt(size);

describe("CNode_Copy", () => {
  it("makes a child of the original with the rights asked for", () => {
    const copy = world.slot();
    expect(invoke(CNODE_COPY, [copy, WORD_BITS, endpoint, WORD_BITS, RIGHT_READ]).error).toBe(NO_ERROR);
    expect(world.look(copy)).toMatchObject({ type: CAP_ENDPOINT, rights: RIGHT_READ });
    expect(world.look(copy).object).toBe(world.look(endpoint).object);
    expect(world.look(copy).previous).toBe(world.look(endpoint).address);
  });

  it("never adds rights", () => {
    const [weak, copy] = [world.slot(), world.slot()];
    invoke(CNODE_COPY, [weak, WORD_BITS, endpoint, WORD_BITS, RIGHT_WRITE]);
    invoke(CNODE_COPY, [copy, WORD_BITS, weak, WORD_BITS, ALL_RIGHTS]);
    expect(world.look(copy).rights).toBe(RIGHT_WRITE);
  });

  it("makes a frame without the write right read-only and unmapped", () => {
    const copy = world.slot();
    invoke(CNODE_COPY, [copy, WORD_BITS, world.frame(), WORD_BITS, RIGHT_READ]);
    expect(world.look(copy)).toMatchObject({ type: CAP_FRAME, rights: READ_ONLY });
  });

  it("is refused for capabilities that cannot be copied", () => {
    refuse(
      CNODE_COPY,
      [world.slot(), WORD_BITS, ROOT_SLOT_IRQ_CONTROL, WORD_BITS, ALL_RIGHTS],
      ILLEGAL_OPERATION,
    );
    const unmapped = world.retype(OBJECT_PAGE_TABLE);
    refuse(CNODE_COPY, [world.slot(), WORD_BITS, unmapped, WORD_BITS, ALL_RIGHTS], ILLEGAL_OPERATION);
  });

  it("is refused without rights", () => {
    refuse(CNODE_COPY, [world.slot(), WORD_BITS, endpoint, WORD_BITS], TRUNCATED_MESSAGE);
  });
});

describe("CNode_Mint", () => {
  it("gives an endpoint a badge", () => {
    const badged = world.slot();
    expect(invoke(CNODE_MINT, [badged, WORD_BITS, endpoint, WORD_BITS, ALL_RIGHTS, 77]).error).toBe(NO_ERROR);
    expect(world.look(badged)).toMatchObject({ data: 77n, derivation: 3 });
  });

  it("gives badges of 64 bits", () => {
    const badge = 2n ** 64n - 2n;
    expect(world.look(world.mint(endpoint, badge)).data).toBe(badge);
  });

  it("is refused for a capability that has a badge already", () => {
    const badged = world.mint(endpoint, 5);
    refuse(CNODE_MINT, [world.slot(), WORD_BITS, badged, WORD_BITS, ALL_RIGHTS, 6], ILLEGAL_OPERATION);
  });

  it("gives a CNode a guard, and is refused for one that leaves no room for the index", () => {
    const node = world.cnode(4);
    const guarded = world.mint(node, guardData(5n, 3));
    expect(world.look(guarded)).toMatchObject({ type: CAP_CNODE, rights: 3, data: 5n, sizeBits: 4 });
    const words = [world.slot(), WORD_BITS, node, WORD_BITS, ALL_RIGHTS, guardData(0n, 61)];
    refuse(CNODE_MINT, words, ILLEGAL_OPERATION);
  });

  it("is refused without a badge", () => {
    refuse(CNODE_MINT, [world.slot(), WORD_BITS, endpoint, WORD_BITS, ALL_RIGHTS], TRUNCATED_MESSAGE);
  });
});

describe("CNode_Move", () => {
  it("takes the capability and its place in the derivation tree to another slot", () => {
    const [child, target] = [world.mint(endpoint, 1), world.slot()];
    const before = world.look(endpoint);
    expect(invoke(CNODE_MOVE, [target, WORD_BITS, endpoint, WORD_BITS]).error).toBe(NO_ERROR);
    expect(world.look(endpoint)).toMatchObject({ type: CAP_NULL, next: 0, previous: 0 });
    expect(world.look(target)).toEqual({ ...before, address: world.look(target).address });
    expect(world.look(child).previous).toBe(world.look(target).address);
  });
});

describe("CNode_Mutate", () => {
  it("moves a CNode and changes its guard", () => {
    const [node, target] = [world.cnode(2), world.slot()];
    expect(invoke(CNODE_MUTATE, [target, WORD_BITS, node, WORD_BITS, guardData(3n, 2)]).error).toBe(NO_ERROR);
    expect(world.look(target)).toMatchObject({ type: CAP_CNODE, rights: 2, data: 3n });
    expect(world.look(node).type).toBe(CAP_NULL);
  });

  it("is refused for endpoints, whose badge is given once", () => {
    refuse(CNODE_MUTATE, [world.slot(), WORD_BITS, endpoint, WORD_BITS, 9], ILLEGAL_OPERATION);
  });

  it("is refused without the new data", () => {
    refuse(CNODE_MUTATE, [world.slot(), WORD_BITS, world.cnode(2), WORD_BITS], TRUNCATED_MESSAGE);
  });
});

describe("CNode_Copy, Mint, Move and Mutate", () => {
  it.each([
    ["Copy", CNODE_COPY],
    ["Mint", CNODE_MINT],
    ["Move", CNODE_MOVE],
    ["Mutate", CNODE_MUTATE],
  ])("%s checks length, target, source in this order", (_, label) => {
    const target = world.slot();
    refuse(label, [target], TRUNCATED_MESSAGE);
    refuse(label, [target, 0, endpoint, WORD_BITS, 15, 0], RANGE_ERROR, [1, WORD_BITS]);
    refuse(label, [target, WORD_BITS, endpoint], TRUNCATED_MESSAGE);
    refuse(label, [target, WORD_BITS, endpoint, WORD_BITS, 15, 0], TRUNCATED_MESSAGE, [], []);
    refuse(label, [endpoint, WORD_BITS, 0, 0, 15, 0], DELETE_FIRST);
    refuse(label, [target, WORD_BITS, endpoint, 65, 15, 0], RANGE_ERROR, [1, WORD_BITS]);
    const missing = [target, WORD_BITS, world.slot(), WORD_BITS, 15, 0];
    refuse(label, missing, FAILED_LOOKUP, [1, LOOKUP_MISSING_CAPABILITY, WORD_BITS]);
    const noRoot = [target, WORD_BITS, 0, WORD_BITS, 15, 0];
    refuse(label, noRoot, FAILED_LOOKUP, [1, LOOKUP_INVALID_ROOT], [endpoint]);
  });
});

describe("the slot of a CNode operation", () => {
  it("is found through a guard and several CNodes", () => {
    const inner = world.cnode(3);
    const outer = world.cnode(2);
    const guarded = world.mint(inner, guardData(0b101n, 3));
    world.must(outer, CNODE_MOVE, [2, 2, guarded, WORD_BITS], [CNODE]);
    const index = (2 << 6) | (0b101 << 3) | 6;
    expect(world.invoke(outer, CNODE_COPY, [index, 8, endpoint, WORD_BITS, ALL_RIGHTS], [CNODE]).error).toBe(
      NO_ERROR,
    );
    expect(world.look(6, world.look(inner).object).type).toBe(CAP_ENDPOINT);
  });

  it("must not lie beyond the bits of the address", () => {
    const node = world.cnode(4);
    const use = (index: number, depth: number) => () => world.invoke(node, CNODE_DELETE, [index, depth]);
    expectRefusal(world, use(0, 3), FAILED_LOOKUP, [0, LOOKUP_DEPTH_MISMATCH, 3, 4]);
  });

  it("must be reached with no bits left over", () => {
    const node = world.cnode(4);
    const use = (index: number, depth: number) => () => world.invoke(node, CNODE_DELETE, [index, depth]);
    expectRefusal(world, use(0, 7), FAILED_LOOKUP, [0, LOOKUP_DEPTH_MISMATCH, 3, 0]);
  });

  it("must match the guard", () => {
    const guarded = world.mint(world.cnode(4), guardData(0b11n, 2));
    const use = (index: number, depth: number) => () => world.invoke(guarded, CNODE_DELETE, [index, depth]);
    expectRefusal(world, use(0b010000, 6), FAILED_LOOKUP, [0, LOOKUP_GUARD_MISMATCH, 6, 0b11, 2]);
    expectRefusal(world, use(0, 1), FAILED_LOOKUP, [0, LOOKUP_GUARD_MISMATCH, 1, 0b11, 2]);
  });
});

describe("CNode_Rotate", () => {
  const rotate = (
    target: number,
    pivot: number,
    source: number,
    pivotData: number | bigint = 0,
    sourceData: number | bigint = 0,
  ) => [target, WORD_BITS, pivotData, pivot, WORD_BITS, sourceData, source, WORD_BITS];
  const both = [CNODE, CNODE];

  it("moves the source to the pivot and the pivot to the target, with new guards", () => {
    const [source, pivot, target] = [world.cnode(2), world.cnode(3), world.slot()];
    const words = rotate(target, pivot, source, guardData(1n, 1), guardData(2n, 2));
    expect(invoke(CNODE_ROTATE, words, both).error).toBe(NO_ERROR);
    expect(world.look(source).type).toBe(CAP_NULL);
    expect(world.look(pivot)).toMatchObject({ sizeBits: 2, rights: 2, data: 2n });
    expect(world.look(target)).toMatchObject({ sizeBits: 3, rights: 1, data: 1n });
  });

  it("exchanges source and pivot when the target is the source", () => {
    const [source, pivot] = [world.cnode(2), world.cnode(3)];
    expect(invoke(CNODE_ROTATE, rotate(source, pivot, source), both).error).toBe(NO_ERROR);
    expect(world.look(source).sizeBits).toBe(3);
    expect(world.look(pivot).sizeBits).toBe(2);
  });

  it("exchanges a capability and its child, which are neighbours in the derivation tree", () => {
    const source = world.cnode(2);
    const child = world.mint(source, guardData(0n, 3));
    expect(invoke(CNODE_ROTATE, rotate(source, child, source, guardData(0n, 5), 0), both).error).toBe(
      NO_ERROR,
    );
    expect(world.look(source).previous).toBe(world.look(child).address);
  });

  it("is refused in seL4's order", () => {
    const [source, pivot, target] = [world.cnode(2), world.cnode(2), world.slot()];
    const good = rotate(target, pivot, source);
    refuse(CNODE_ROTATE, good.slice(0, 7), TRUNCATED_MESSAGE, [], both);
    refuse(CNODE_ROTATE, good, TRUNCATED_MESSAGE, [], [CNODE]);
    refuse(CNODE_ROTATE, [...good.slice(0, 7), 65], RANGE_ERROR, [1, WORD_BITS], both);
    refuse(CNODE_ROTATE, [...good.slice(0, 4), 65, ...good.slice(5)], RANGE_ERROR, [1, WORD_BITS], both);
    refuse(CNODE_ROTATE, rotate(target, source, source), ILLEGAL_OPERATION, [], both);
    refuse(CNODE_ROTATE, rotate(pivot, pivot, source), ILLEGAL_OPERATION, [], both);
    refuse(CNODE_ROTATE, rotate(endpoint, pivot, source), DELETE_FIRST, [], both);
    const missing = [LOOKUP_MISSING_CAPABILITY, WORD_BITS];
    refuse(CNODE_ROTATE, rotate(target, pivot, world.slot()), FAILED_LOOKUP, [1, ...missing], both);
    refuse(CNODE_ROTATE, rotate(target, world.slot(), source), FAILED_LOOKUP, [0, ...missing], both);
    refuse(CNODE_ROTATE, rotate(target, pivot, source, 0, guardData(0n, 63)), ILLEGAL_OPERATION, [], both);
    refuse(CNODE_ROTATE, rotate(target, endpoint, source), ILLEGAL_OPERATION, [], both);
  });
});

describe("CNode_Delete", () => {
  it("empties a slot and makes its children its parent's", () => {
    const badged = world.mint(endpoint, 1);
    expect(invoke(CNODE_DELETE, [endpoint, WORD_BITS]).error).toBe(NO_ERROR);
    expect(world.look(endpoint).type).toBe(CAP_NULL);
    expect(world.look(badged).type).toBe(CAP_ENDPOINT);
  });

  it("of an empty slot does nothing", () => {
    expect(invoke(CNODE_DELETE, [world.slot(), WORD_BITS]).error).toBe(NO_ERROR);
  });

  it("of the last capability to a CNode deletes what is in it", () => {
    const node = world.cnode(3);
    world.must(node, CNODE_COPY, [5, 3, endpoint, WORD_BITS, ALL_RIGHTS], [CNODE]);
    const inside = world.look(node).object;
    expect(invoke(CNODE_DELETE, [node, WORD_BITS]).error).toBe(NO_ERROR);
    expect(world.look(5, inside).type).toBe(CAP_NULL);
    expect(world.look(endpoint).next).toBe(
      world.look(world.untyped).next === 0 ? 0 : world.look(endpoint).next,
    );
  });

  it("of the last capability to a thread stops it", () => {
    const thread = world.thread({ priority: 50 });
    const copy = world.mint(thread.cap, 0);
    world.must(CNODE, CNODE_DELETE, [thread.cap, WORD_BITS]);
    expect(thread.state).not.toBe("inactive");
    world.must(CNODE, CNODE_DELETE, [copy, WORD_BITS]);
    expect(thread.state).toBe("inactive");
  });
});

describe("CNode_Revoke", () => {
  it("deletes the descendants of a capability and keeps it", () => {
    const child = world.mint(endpoint, 3);
    const copy = world.slot();
    invoke(CNODE_COPY, [copy, WORD_BITS, child, WORD_BITS, RIGHT_READ]);
    expect(invoke(CNODE_REVOKE, [endpoint, WORD_BITS]).error).toBe(NO_ERROR);
    expect([child, copy].map((slot) => world.look(slot).type)).toEqual([CAP_NULL, CAP_NULL]);
    expect(world.look(endpoint).type).toBe(CAP_ENDPOINT);
  });

  it("of a badged capability deletes its copies, and no capability that was given the same badge apart", () => {
    const [badged, other] = [world.mint(endpoint, 3), world.mint(endpoint, 3)];
    const copy = world.slot();
    invoke(CNODE_COPY, [copy, WORD_BITS, badged, WORD_BITS, ALL_RIGHTS]);
    invoke(CNODE_REVOKE, [badged, WORD_BITS]);
    expect([badged, copy, other].map((slot) => world.look(slot).type)).toEqual([
      CAP_ENDPOINT,
      CAP_NULL,
      CAP_ENDPOINT,
    ]);
  });

  it("of a copy without a badge deletes nothing", () => {
    const [copy, other] = [world.slot(), world.slot()];
    invoke(CNODE_COPY, [copy, WORD_BITS, endpoint, WORD_BITS, ALL_RIGHTS]);
    invoke(CNODE_COPY, [other, WORD_BITS, copy, WORD_BITS, ALL_RIGHTS]);
    invoke(CNODE_REVOKE, [copy, WORD_BITS]);
    expect([copy, other].map((slot) => world.look(slot).type)).toEqual([CAP_ENDPOINT, CAP_ENDPOINT]);
  });
});

describe("CNodes that hold each other's last capabilities in a circle", () => {
  it("are emptied when their memory is revoked", () => {
    const memory = world.retype(OBJECT_UNTYPED, 12);
    const first = world.retype(OBJECT_CNODE, 3, 1, memory);
    const second = world.retype(OBJECT_CNODE, 1, 1, memory);
    const inside = world.look(first).object;
    world.must(first, CNODE_COPY, [6, 3, endpoint, WORD_BITS, ALL_RIGHTS], [CNODE]);
    world.must(first, CNODE_MOVE, [0, 3, second, WORD_BITS], [CNODE]);
    const path = (index: number) => [index, 4];
    world.must(first, CNODE_MOVE, [...path(0b0001), first, WORD_BITS], [CNODE]);
    expect(world.look(6, inside).type).toBe(CAP_ENDPOINT);
    world.must(CNODE, CNODE_REVOKE, [memory, WORD_BITS]);
    expect(world.look(6, inside).type).toBe(CAP_NULL);
    expect(world.look(memory).next).toBe(world.look(endpoint).address);
  });
});

describe("CNode_CancelBadgedSends", () => {
  it("makes the senders with this badge send again, and only those", () => {
    const badged = world.mint(endpoint, 1);
    const other = world.mint(endpoint, 2);
    const [first, second, third] = world.threadsInOrder(3) as [Thread, Thread, Thread];
    first.send(badged);
    second.send(other);
    third.send(badged);
    world.must(CNODE, CNODE_CANCEL_BADGED_SENDS, [badged, WORD_BITS]);
    expect([first.state, second.state, third.state]).toEqual(["restart", "blocked on send", "restart"]);
  });

  it("does nothing for a capability without a badge", () => {
    const sender = world.thread();
    sender.send(endpoint);
    world.must(CNODE, CNODE_CANCEL_BADGED_SENDS, [endpoint, WORD_BITS]);
    expect(sender.state).toBe("blocked on send");
  });

  it("is refused without all rights, and for anything but endpoints", () => {
    const weak = world.mint(endpoint, 1, RIGHT_WRITE | RIGHT_READ);
    refuse(CNODE_CANCEL_BADGED_SENDS, [weak, WORD_BITS], ILLEGAL_OPERATION);
    refuse(CNODE_CANCEL_BADGED_SENDS, [world.notification(), WORD_BITS], ILLEGAL_OPERATION);
  });
});

describe("CNode_SaveCaller", () => {
  it("keeps the right to answer the caller in a slot", () => {
    const [server, client] = [world.thread({ priority: 110 }), world.thread()];
    const saved = world.slot();
    server.receive(endpoint);
    client.call(endpoint);
    server.call(CNODE, { label: CNODE_SAVE_CALLER, words: [saved, WORD_BITS] });
    expect(server.received.label).toBe(NO_ERROR);
    expect(world.look(saved)).toMatchObject({ type: CAP_REPLY, object: client.address });
    server.send(saved, { words: [42] });
    expect(client.received.words).toEqual([42n]);
    expect(world.look(saved).type).toBe(CAP_NULL);
  });

  it("does nothing when nobody has called", () => {
    const saved = world.slot();
    expect(invoke(CNODE_SAVE_CALLER, [saved, WORD_BITS]).error).toBe(NO_ERROR);
    expect(world.look(saved).type).toBe(CAP_NULL);
  });

  it("is refused when the slot is in use", () => {
    refuse(CNODE_SAVE_CALLER, [endpoint, WORD_BITS], DELETE_FIRST);
  });
});

describe("a CNode capability", () => {
  it("refuses labels of other objects", () => {
    refuse(UNTYPED_RETYPE, [0, 0, 0, 0, 0, 0], ILLEGAL_OPERATION);
    refuse(CNODE_SAVE_CALLER + 1, [0, 0], ILLEGAL_OPERATION);
    refuse(2 ** 32 + CNODE_DELETE, [endpoint, WORD_BITS], ILLEGAL_OPERATION);
  });

  it("refuses operations with fewer than two words", () => {
    for (const label of [CNODE_REVOKE, CNODE_DELETE, CNODE_SAVE_CALLER, CNODE_CANCEL_BADGED_SENDS]) {
      refuse(label, [endpoint], TRUNCATED_MESSAGE);
    }
  });

  it("can be deleted through itself", () => {
    const node = world.cnode(2);
    world.must(node, CNODE_COPY, [1, 2, node, WORD_BITS, ALL_RIGHTS], [CNODE]);
    world.must(CNODE, CNODE_DELETE, [node, WORD_BITS]);
    expect(world.look(node).type).toBe(CAP_NULL);
  });

  it("with a thread inside it loses the thread when it is deleted", () => {
    const [node, thread] = [world.cnode(2), world.thread()];
    world.must(node, CNODE_MOVE, [0, 2, thread.cap, WORD_BITS], [CNODE]);
    expect(world.look(0, world.look(node).object).type).toBe(CAP_THREAD);
    world.must(CNODE, CNODE_DELETE, [node, WORD_BITS]);
    expect(thread.state).toBe("inactive");
  });
});
