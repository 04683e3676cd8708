/** Faults whose handler is told by a notification, and reads them from the thread (TCB_READ_FAULT). */
import {
  FAULT_CAPABILITY,
  FAULT_NULL,
  FAULT_UNKNOWN_SYSCALL,
  FAULT_USER_EXCEPTION,
  FAULT_VM,
  LOOKUP_GUARD_MISMATCH,
  LOOKUP_MISSING_CAPABILITY,
  RIGHT_READ,
  ROOT_SLOT_CNODE,
  TCB_READ_FAULT,
  TCB_RESUME,
  TCB_SUSPEND,
  TCB_WRITE_REGISTERS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

const BREAKPOINT = 3;
const LOAD_ACCESS = 5;
const LOAD_PAGE = 13;
const BADGE = 0b1000n;
const PC = 0x1_0100;
const NO_SLOT = 2 ** 40;

let world: World;
let notification: number;
let handler: Thread;
let faulter: Thread;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World();
  notification = world.notification();
  handler = world.thread({ priority: 120, name: "handler" });
  faulter = world.thread({ faultEndpoint: world.mint(notification, BADGE), name: "faulter" });
  handler.wait(notification);
  faulter.setRegister("pc", PC);
});

const readFault = (thread = faulter) => world.must(thread.cap, TCB_READ_FAULT);

describe("a fault whose handler is a notification", () => {
  it("signals it with its badge and stops the thread", () => {
    faulter.exception(LOAD_PAGE, 0xdead_b000);
    expect([handler.isRunning, handler.register("a0")]).toEqual([true, BADGE]);
    expect(faulter.state).toBe("inactive");
  });

  it("stops the thread also while nobody waits", () => {
    world.must(handler.cap, TCB_SUSPEND);
    faulter.exception(LOAD_PAGE, 0xdead_b000);
    expect(faulter.state).toBe("inactive");
  });

  it("is not delivered without the right to send", () => {
    const weak = world.thread({ priority: 200, faultEndpoint: world.mint(notification, 1, RIGHT_READ) });
    weak.exception(LOAD_PAGE, 0x1000);
    expect([weak.state, handler.state]).toEqual(["inactive", "blocked on notification"]);
  });

  it("may signal the notification that is bound to the faulting thread", () => {
    const own = world.notification();
    const alone = world.thread({ priority: 110, faultEndpoint: own });
    alone.exception(LOAD_PAGE, 0x1000);
    expect(readFault(alone)[0]).toBe(BigInt(FAULT_VM));
  });
});

describe("TCB_READ_FAULT", () => {
  it("tells a page fault", () => {
    faulter.exception(LOAD_PAGE, 0xdead_b000);
    expect(readFault()).toEqual([FAULT_VM, PC, 0xdead_b000, 0, LOAD_ACCESS].map(BigInt));
  });

  it("tells a user exception", () => {
    faulter.setRegister("sp", 0x9000);
    faulter.exception(BREAKPOINT);
    expect(readFault()).toEqual([FAULT_USER_EXCEPTION, PC, 0x9000, BREAKPOINT, 0].map(BigInt));
  });

  it("tells an unknown system call with all its registers", () => {
    const names = ["sp", "ra", "a2", "a3", "a4", "a5", "a6"] as const;
    names.forEach((name, index) => {
      faulter.setRegister(name, 0x100 + index);
    });
    faulter.systemCall(1234, 0x200, 0x201n);
    const registers = [PC, 0x100, 0x101, 0x200, 0x201, 0x102, 0x103, 0x104, 0x105, 0x106];
    expect(readFault()).toEqual([FAULT_UNKNOWN_SYSCALL, ...registers, 1234].map(BigInt));
  });

  it("tells a capability fault and why the address did not resolve", () => {
    const empty = world.slot();
    faulter.receive(empty);
    expect(readFault()).toEqual([FAULT_CAPABILITY, PC, empty, 1, LOOKUP_MISSING_CAPABILITY, 0].map(BigInt));
    world.must(faulter.cap, TCB_RESUME);
    handler.wait(notification);
    faulter.send(NO_SLOT);
    const guard = world.look(ROOT_SLOT_CNODE);
    expect(readFault().slice(2)).toEqual(
      [NO_SLOT, 0, LOOKUP_GUARD_MISMATCH, 64, Number(guard.data), guard.rights].map(BigInt),
    );
  });

  it("tells nothing of a thread that runs, was suspended or resumed", () => {
    expect(readFault()).toEqual([BigInt(FAULT_NULL)]);
    faulter.exception(BREAKPOINT);
    world.must(faulter.cap, TCB_SUSPEND);
    expect(readFault()).toEqual([BigInt(FAULT_NULL)]);
    world.must(faulter.cap, TCB_RESUME);
    expect(readFault()).toEqual([BigInt(FAULT_NULL)]);
  });

  it("tells the fault of a thread without any handler", () => {
    const alone = world.thread({ priority: 200 });
    alone.exception(BREAKPOINT);
    expect(readFault(alone)[0]).toBe(BigInt(FAULT_USER_EXCEPTION));
  });

  it("tells a fault that waits for its handler's answer", () => {
    const endpoint = world.endpoint();
    const calling = world.thread({ priority: 110, faultEndpoint: endpoint });
    calling.exception(BREAKPOINT);
    expect(calling.state).toBe("blocked on send");
    expect(readFault(calling)[0]).toBe(BigInt(FAULT_USER_EXCEPTION));
  });

  it("by Send does nothing", () => {
    faulter.exception(BREAKPOINT);
    world.bringRoot();
    world.root.setRegister("a2", 77);
    world.root.send(faulter.cap, { label: TCB_READ_FAULT });
    expect(world.root.register("a2")).toBe(77n);
  });
});

describe("a thread stopped by its fault", () => {
  it("makes the faulting instruction again when it is resumed", () => {
    faulter.exception(LOAD_PAGE, 0x5000);
    world.must(faulter.cap, TCB_RESUME);
    handler.wait(notification);
    expect([faulter.isRunning, faulter.register("pc")]).toEqual([true, BigInt(PC)]);
  });

  it("goes on where its registers are written", () => {
    faulter.exception(BREAKPOINT);
    world.must(faulter.cap, TCB_WRITE_REGISTERS, [1, 1, PC + 4]);
    handler.wait(notification);
    expect([faulter.isRunning, faulter.register("pc")]).toEqual([true, BigInt(PC + 4)]);
  });

  it("may fault again", () => {
    faulter.exception(LOAD_PAGE, 0x5000);
    world.must(faulter.cap, TCB_RESUME);
    handler.wait(notification);
    faulter.exception(BREAKPOINT);
    expect([handler.register("a0"), readFault()[0]]).toEqual([BADGE, BigInt(FAULT_USER_EXCEPTION)]);
  });
});
