/** The checker that the other tests rely on finds what it is meant to find. */
import {
  ASID_CONTROL_MAKE_POOL,
  CNODE_COPY,
  OBJECT_UNTYPED,
  ROOT_SLOT_ASID_CONTROL,
  ROOT_SLOT_ASID_POOL,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_VSPACE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkInvariants } from "../inspection/invariants";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

let world: World;
let endpoint: number;
let waiting: Thread;
let ready: Thread;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World();
  endpoint = world.endpoint();
  [waiting, ready] = world.threadsInOrder(2) as [Thread, Thread];
  waiting.receive(endpoint);
  world.bringRoot();
});

const check = () => checkInvariants(world.kernel);
const at = (address: number, field: string) => address + world.kernel.layout.field(field);
const damage = (address: number, value: number) => world.kernel.memory.write32(address, value);

describe("the invariant checker", () => {
  it("accepts an undamaged kernel", () => {
    expect(check).not.toThrow();
  });

  it.each([
    [
      "a derivation list whose neighbours disagree",
      /neighbours of .* agree/,
      () => damage(at(world.look(endpoint).address, "Slot_previous"), world.rootCNode),
    ],
    [
      "an empty slot in the list",
      /empty slots are all zero/,
      () => damage(at(world.look(world.slot()).address, "Slot_next"), world.rootCNode),
    ],
    [
      "a ready thread that is in no queue",
      /runs or is queued/,
      () => damage(at(waiting.address, "Tcb_state"), 1),
    ],
    ["a queued thread that cannot run", /can run/, () => damage(at(ready.address, "Tcb_state"), 0)],
    [
      "a queued thread of another priority",
      /at its priority/,
      () => damage(at(ready.address, "Tcb_priority"), 3),
    ],
    [
      "a bitmap without its queue",
      /bitmap/,
      () => damage(world.kernel.layout.bitmapWord(world.kernel.layout.hart(0), 0), 2),
    ],
    [
      "an endpoint that forgets its queue",
      /idle exactly when nobody waits/,
      () => damage(at(world.look(endpoint).object, "Endpoint_state"), 0),
    ],
    [
      "an endpoint that queues a sender among receivers",
      /only senders or only receivers/,
      () => damage(at(waiting.address, "Tcb_state"), 4),
    ],
    [
      "a one-sided binding",
      /bound to each other/,
      () => damage(at(ready.address, "Tcb_boundNotification"), world.look(endpoint).object),
    ],
    [
      "a page that is mapped without a capability",
      /mapped at 0x0 in space 1 has a capability/,
      () => damage(world.frameAddress(ROOT_SLOT_VSPACE), 0x2000_00cf),
    ],
    [
      "an address space without the kernel",
      /the kernel is in space 1/,
      () => damage(world.frameAddress(ROOT_SLOT_VSPACE) + 8 * 510, 0),
    ],
    [
      "a word of an ASID pool that is no space's",
      /word 7 of the ASID pools/,
      () => damage(world.look(ROOT_SLOT_ASID_POOL).object + 8 * 7, 1),
    ],
    [
      "an address space that is gone while a hart is in it",
      /runs in an address space that exists/,
      () => {
        damage(world.look(ROOT_SLOT_ASID_POOL).object + 8, 0);
        damage(world.look(ROOT_SLOT_ASID_POOL).object + 12, 0);
      },
    ],
    [
      "a pool without a capability",
      /ASID pool 1 has a capability/,
      () => {
        const [slot, untyped] = [world.slot(), world.retype(OBJECT_UNTYPED, 12)];
        const caps = [untyped, ROOT_SLOT_CNODE];
        world.must(ROOT_SLOT_ASID_CONTROL, ASID_CONTROL_MAKE_POOL, [slot, WORD_BITS], caps);
        damage(at(world.look(slot).address, "Slot_data"), 0);
      },
    ],
    [
      "an object outside the used part of its untyped",
      /used part/,
      () => damage(at(world.look(world.untyped).address, "Slot_data"), 0x100),
    ],
  ])("finds %s", (_, complaint, harm) => {
    harm();
    expect(check).toThrow(complaint);
  });

  it("finds a write through a null pointer, where the unit tests check", () => {
    damage(8, 1);
    expect(() => world.kernel.afterEntry()).toThrow(/null pointers/);
  });

  it("finds capabilities to one object that are not neighbours", () => {
    const [copy, other] = [world.slot(), world.endpoint()];
    world.must(ROOT_SLOT_CNODE, CNODE_COPY, [copy, WORD_BITS, other, WORD_BITS, 15], [ROOT_SLOT_CNODE]);
    damage(at(world.look(copy).address, "Slot_object"), world.look(endpoint).object);
    expect(check).toThrow(/neighbours in the list/);
  });
});
