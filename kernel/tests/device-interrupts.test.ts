import {
  CAP_IRQ_HANDLER,
  CAP_NULL,
  CNODE_COPY,
  CNODE_DELETE,
  CNODE_REVOKE,
  DELETE_FIRST,
  FAILED_LOOKUP,
  ILLEGAL_OPERATION,
  INVALID_CAPABILITY,
  IRQ_ACKNOWLEDGE,
  IRQ_CLEAR_HANDLER,
  IRQ_ISSUE_HANDLER,
  IRQ_ISSUE_HANDLER_TRIGGER,
  IRQ_SET_HANDLER,
  LOOKUP_INVALID_ROOT,
  NO_ERROR,
  RANGE_ERROR,
  REVOKE_FIRST,
  RIGHT_READ,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_IRQ_CONTROL,
  TRUNCATED_MESSAGE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal } from "./harness/refusal";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

const SOURCE = 10;
/** The kernel's own: interrupts between harts, and last its timer. */
const RESERVED = [96, 97, 98];
const LAST = 98;

let world: World;
let handler: number;
let notification: number;
let driver: Thread;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World();
  handler = issue(SOURCE);
  notification = world.notification();
  world.must(handler, IRQ_SET_HANDLER, [], [world.mint(notification, 0x20)]);
  driver = world.thread({ name: "driver" });
});

function issue(source: number): number {
  const slot = world.slot();
  world.must(ROOT_SLOT_IRQ_CONTROL, IRQ_ISSUE_HANDLER, [source, slot, WORD_BITS], [ROOT_SLOT_CNODE]);
  return slot;
}

describe("a device interrupt", () => {
  it("signals the notification of its handler", () => {
    driver.wait(notification);
    world.kernel.deviceInterrupt(SOURCE);
    expect([driver.isRunning, driver.register("a0")]).toEqual([true, 0x20n]);
  });

  it("interrupts a user program and leaves its registers alone", () => {
    world.letOthersRun();
    driver.setRegister("pc", 0x1_0040);
    driver.setRegister("a0", 5);
    world.kernel.deviceInterrupt(SOURCE);
    expect([driver.isRunning, driver.register("pc"), driver.register("a0")]).toEqual([true, 0x1_0040n, 5n]);
    driver.wait(notification);
    expect(driver.register("a0")).toBe(0x20n);
  });

  it("comes again only after it was acknowledged", () => {
    driver.wait(notification);
    world.kernel.deviceInterrupt(SOURCE);
    world.kernel.deviceInterrupt(SOURCE);
    driver.nonBlockingReceive(notification);
    expect(driver.register("a0"), "not acknowledged").toBe(0n);
    driver.call(handler, { label: IRQ_ACKNOWLEDGE });
    expect(driver.received.label).toBe(NO_ERROR);
    driver.nonBlockingReceive(notification);
    expect(driver.register("a0")).toBe(0x20n);
  });

  it("without a notification does not come again either", () => {
    world.must(handler, IRQ_CLEAR_HANDLER);
    world.letOthersRun();
    world.kernel.deviceInterrupt(SOURCE);
    expect(world.kernel.hardware.devices.inService.has(SOURCE)).toBe(true);
  });

  it("that nobody asked for is not enabled", () => {
    world.letOthersRun();
    const { entries } = world.kernel;
    world.kernel.deviceInterrupt(SOURCE + 1);
    expect(world.kernel.entries).toBe(entries);
  });
});

describe("IRQHandler_SetIRQHandler", () => {
  it("replaces the notification", () => {
    const other = world.notification();
    world.must(handler, IRQ_SET_HANDLER, [], [world.mint(other, 1)]);
    driver.wait(other);
    world.kernel.deviceInterrupt(SOURCE);
    expect(driver.register("a0")).toBe(1n);
  });

  it("is undone when the notification is revoked", () => {
    world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [notification, WORD_BITS]);
    world.letOthersRun();
    world.kernel.deviceInterrupt(SOURCE);
    driver.nonBlockingReceive(notification);
    expect(driver.register("a0")).toBe(0n);
  });

  it("is refused without a notification that can be signalled", () => {
    expectRefusal(world, () => world.invoke(handler, IRQ_SET_HANDLER), TRUNCATED_MESSAGE);
    const endpoint = world.endpoint();
    expectRefusal(
      world,
      () => world.invoke(handler, IRQ_SET_HANDLER, [], [endpoint]),
      INVALID_CAPABILITY,
      [0],
    );
    const weak = world.mint(notification, 0, RIGHT_READ);
    expectRefusal(world, () => world.invoke(handler, IRQ_SET_HANDLER, [], [weak]), INVALID_CAPABILITY, [0]);
    expectRefusal(world, () => world.invoke(handler, IRQ_ISSUE_HANDLER, [], [endpoint]), ILLEGAL_OPERATION);
  });
});

describe("IRQControl_Get", () => {
  const refuse = (
    words: number[],
    error: number,
    details: (number | bigint)[] = [],
    caps = [ROOT_SLOT_CNODE],
  ) =>
    expectRefusal(
      world,
      () => world.invoke(ROOT_SLOT_IRQ_CONTROL, IRQ_ISSUE_HANDLER, words, caps),
      error,
      details,
    );

  it("makes a handler and lets the device interrupt", () => {
    expect(world.look(handler)).toMatchObject({ type: CAP_IRQ_HANDLER, object: SOURCE });
    expect(world.kernel.hardware.devices.isEnabled(1, SOURCE)).toBe(true);
  });

  it("is refused in seL4's order", () => {
    const slot = world.slot();
    refuse([11, slot], TRUNCATED_MESSAGE);
    refuse([11, slot, WORD_BITS], TRUNCATED_MESSAGE, [], []);
    refuse([0, slot, WORD_BITS], RANGE_ERROR, [1, LAST]);
    refuse([LAST + 1, slot, WORD_BITS], RANGE_ERROR, [1, LAST]);
    refuse([2 ** 32 + 11, slot, WORD_BITS], RANGE_ERROR, [1, LAST]);
    refuse([SOURCE, slot, WORD_BITS], REVOKE_FIRST);
    for (const irq of RESERVED) refuse([irq, slot, WORD_BITS], REVOKE_FIRST);
    refuse([11, slot, WORD_BITS], FAILED_LOOKUP, [0, LOOKUP_INVALID_ROOT], [notification]);
    refuse([11, slot, WORD_BITS + 1], RANGE_ERROR, [1, WORD_BITS]);
    refuse([11, notification, WORD_BITS], DELETE_FIRST);
  });

  it("has no triggers to set on this platform", () => {
    const trigger = (words: number[]) => () =>
      world.invoke(ROOT_SLOT_IRQ_CONTROL, IRQ_ISSUE_HANDLER_TRIGGER, words, [ROOT_SLOT_CNODE]);
    expectRefusal(world, trigger([11, 1, 0]), TRUNCATED_MESSAGE);
    expectRefusal(world, trigger([11, 1, 0, WORD_BITS]), ILLEGAL_OPERATION);
    expectRefusal(world, () => world.invoke(ROOT_SLOT_IRQ_CONTROL, IRQ_ACKNOWLEDGE), ILLEGAL_OPERATION);
  });
});

describe("a handler that is deleted", () => {
  it("silences its device, and can be made again", () => {
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [handler, WORD_BITS]);
    expect(world.kernel.hardware.devices.isEnabled(1, SOURCE)).toBe(false);
    expect(world.look(issue(SOURCE)).type).toBe(CAP_IRQ_HANDLER);
    expect(world.kernel.hardware.devices.isEnabled(1, SOURCE)).toBe(true);
  });

  it("goes on while there is a copy, and dies with the control capability's revocation", () => {
    const copy = world.slot();
    world.must(ROOT_SLOT_CNODE, CNODE_COPY, [copy, WORD_BITS, handler, WORD_BITS, 15], [ROOT_SLOT_CNODE]);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [handler, WORD_BITS]);
    expect(world.kernel.hardware.devices.isEnabled(1, SOURCE)).toBe(true);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [copy, WORD_BITS]);
    expect(world.look(copy).type).toBe(CAP_NULL);
    expect(world.kernel.hardware.devices.isEnabled(1, SOURCE)).toBe(false);
  });

  it("with an interrupt not yet acknowledged leaves the device usable", () => {
    driver.wait(notification);
    world.kernel.deviceInterrupt(SOURCE);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [handler, WORD_BITS]);
    const again = issue(SOURCE);
    world.must(again, IRQ_SET_HANDLER, [], [world.mint(notification, 2)]);
    driver.wait(notification);
    world.kernel.deviceInterrupt(SOURCE);
    expect(driver.register("a0")).toBe(2n);
  });
});
