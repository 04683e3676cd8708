import {
  CNODE_COPY,
  CNODE_SAVE_CALLER,
  FAULT_CAPABILITY,
  FAULT_UNKNOWN_SYSCALL,
  FAULT_USER_EXCEPTION,
  FAULT_VM,
  LOOKUP_DEPTH_MISMATCH,
  LOOKUP_GUARD_MISMATCH,
  LOOKUP_INVALID_ROOT,
  LOOKUP_MISSING_CAPABILITY,
  RIGHT_GRANT,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_TCB,
  ROOT_SLOT_VSPACE,
  TCB_RESUME,
  TCB_SET_SPACE,
  TCB_SUSPEND,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

const ILLEGAL_INSTRUCTION = 2;
const BREAKPOINT = 3;
const LOAD_ACCESS = 5;
const STORE_ACCESS = 7;
const FETCH_ACCESS = 1;
const FETCH_PAGE = 12;
const LOAD_PAGE = 13;
const STORE_PAGE = 15;
const BADGE = 17n;
const GUARD = 51;

let world: World;
let endpoint: number;
let handler: Thread;
let faulter: Thread;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World({ fastpath: false });
  endpoint = world.endpoint();
  handler = world.thread({ priority: 120, name: "handler" });
  faulter = world.thread({ faultEndpoint: world.mint(endpoint, BADGE), name: "faulter" });
  handler.receive(endpoint);
});

describe("a page fault", () => {
  it.each([
    ["fetch", FETCH_PAGE, 1n, FETCH_ACCESS],
    ["load", LOAD_PAGE, 0n, LOAD_ACCESS],
    ["store", STORE_PAGE, 0n, STORE_ACCESS],
    ["fetch from nothing", FETCH_ACCESS, 1n, FETCH_ACCESS],
    ["load from nothing", LOAD_ACCESS, 0n, LOAD_ACCESS],
    ["store to nothing", STORE_ACCESS, 0n, STORE_ACCESS],
  ])("tells pc, address, whether it was a fetch, and the status (%s)", (_, cause, prefetch, status) => {
    faulter.setRegister("pc", 0x1_0100);
    faulter.exception(cause, 0xdead_b000);
    expect(faulter.state).toBe("blocked on reply");
    expect(handler.received).toEqual({
      badge: BADGE,
      label: FAULT_VM,
      words: [0x1_0100n, 0xdead_b000n, prefetch, BigInt(status)],
      extraCaps: 0,
      capsUnwrapped: 0,
    });
  });

  it("is repeated at the same instruction when it is answered", () => {
    faulter.setRegister("pc", 0x1_0100);
    faulter.exception(LOAD_PAGE, 0x5000);
    handler.reply();
    expect(faulter.state).toBe("restart");
    handler.receive(endpoint);
    expect(faulter.isRunning).toBe(true);
    expect(faulter.register("pc")).toBe(0x1_0100n);
  });

  it("keeps all registers", () => {
    faulter.setRegister("a0", 77);
    faulter.setRegister("t6", 78);
    faulter.exception(STORE_PAGE, 0x5000);
    handler.reply({ words: [1, 2, 3, 4] });
    expect([faulter.register("a0"), faulter.register("t6")]).toEqual([77n, 78n]);
  });
});

describe("a user exception", () => {
  it("tells pc, sp, number and code", () => {
    faulter.setRegister("pc", 0x1_0200);
    faulter.setRegister("sp", 0x9000);
    faulter.exception(ILLEGAL_INSTRUCTION, 0xffff);
    expect(handler.received).toMatchObject({ label: FAULT_USER_EXCEPTION, badge: BADGE });
    expect(handler.received.words.slice(0, 3)).toEqual([0x1_0200n, 0x9000n, BigInt(ILLEGAL_INSTRUCTION)]);
    expect(handler.received.words).toHaveLength(4);
  });

  it("goes on where the answer says, with the sp it says", () => {
    faulter.exception(BREAKPOINT);
    handler.reply({ words: [0x1_0300, 0xa000] });
    handler.receive(endpoint);
    expect([faulter.register("pc"), faulter.register("sp")]).toEqual([0x1_0300n, 0xa000n]);
    expect(faulter.isRunning).toBe(true);
  });

  it("with a shorter answer keeps the rest", () => {
    faulter.setRegister("sp", 0x9000);
    faulter.exception(BREAKPOINT);
    handler.reply({ words: [0x1_0300] });
    handler.receive(endpoint);
    expect([faulter.register("pc"), faulter.register("sp")]).toEqual([0x1_0300n, 0x9000n]);
  });

  it("with a longer answer takes no more than pc and sp", () => {
    faulter.setRegister("ra", 0x77);
    faulter.setRegister("a0", 0x88);
    faulter.exception(BREAKPOINT);
    handler.reply({ words: [0x1_0300, 0xa000, 1, 2, 3] });
    expect([faulter.register("ra"), faulter.register("a0")]).toEqual([0x77n, 0x88n]);
  });

  it("stops the thread when the answer's label is not 0", () => {
    faulter.exception(BREAKPOINT);
    handler.reply({ label: 1, words: [0x1_0300] });
    expect(faulter.state).toBe("inactive");
  });
});

describe("an unknown system call", () => {
  const NUMBER = 1234;

  it("tells pc, sp, ra, a0 to a6 and the number", () => {
    const names = ["sp", "ra", "a2", "a3", "a4", "a5", "a6"] as const;
    names.forEach((name, index) => {
      faulter.setRegister(name, 0x100 + index);
    });
    faulter.setRegister("pc", 0x1_0400);
    faulter.systemCall(NUMBER, 0x200, 0x201n);
    expect(handler.received).toMatchObject({ label: FAULT_UNKNOWN_SYSCALL, badge: BADGE });
    const words = [0x1_0400, 0x100, 0x101, 0x200, 0x201, 0x102, 0x103, 0x104, 0x105, 0x106, NUMBER];
    expect(handler.received.words).toEqual(words.map(BigInt));
  });

  it("takes registers from the answer and goes on at the pc it gives", () => {
    faulter.systemCall(NUMBER);
    handler.reply({ words: [0x1_0500, 0x900, 0x901, 10, 11, 12, 13, 14, 15, 16] });
    handler.receive(endpoint);
    const names = ["pc", "sp", "ra", "a0", "a1", "a2", "a3", "a4", "a5", "a6"] as const;
    const values = [0x1_0500, 0x900, 0x901, 10, 11, 12, 13, 14, 15, 16].map(BigInt);
    expect(names.map((name) => faulter.register(name))).toEqual(values);
  });
});

describe("an answer to an unknown system call", () => {
  it("that is longer than the registers it may set sets no others", () => {
    faulter.setRegister("s2", 0x99);
    faulter.systemCall(1234);
    handler.reply({ words: Array.from({ length: 14 }, (_, index) => index) });
    expect([faulter.register("a7"), faulter.register("s2")]).toEqual([1234n, 0x99n]);
  });

  it("stops the thread when its label is not 0", () => {
    faulter.systemCall(1234);
    handler.reply({ label: 5 });
    expect(faulter.state).toBe("inactive");
  });
});

describe("a capability fault", () => {
  it("tells pc, pointer, phase and a missing capability", () => {
    faulter.setRegister("pc", 0x1_0600);
    const empty = world.slot();
    faulter.receive(empty);
    expect(handler.received).toMatchObject({
      label: FAULT_CAPABILITY,
      badge: BADGE,
      words: [0x1_0600n, BigInt(empty), 1n, BigInt(LOOKUP_MISSING_CAPABILITY), 0n],
    });
  });

  it("repeats the system call when it is answered", () => {
    faulter.setRegister("pc", 0x1_0600);
    faulter.receive(world.slot());
    handler.reply();
    handler.receive(endpoint);
    expect(faulter.register("pc")).toBe(0x1_0600n);
  });

  it("of a Send tells the guard that does not match", () => {
    const node = world.mint(world.cnode(4), (0x5n << 6n) | 8n);
    world.must(node, CNODE_COPY, [0x57, 12, endpoint, WORD_BITS, 15], [ROOT_SLOT_CNODE]);
    world.must(faulter.cap, TCB_SET_SPACE, [0x57n << 52n, 0, 0], [node, ROOT_SLOT_VSPACE]);
    const pointer = 0x67n << 52n;
    faulter.send(pointer);
    // The fault handler's pointer resolves, with bits left over.
    expect(handler.received.words.slice(1)).toEqual([
      pointer,
      0n,
      BigInt(LOOKUP_GUARD_MISMATCH),
      64n,
      5n,
      8n,
    ]);
  });

  it("of a Send tells bits that are left over and bits that are too few", () => {
    const outer = world.cnode(4);
    const inner = world.mint(world.cnode(4), (0n << 6n) | BigInt(GUARD));
    world.must(outer, CNODE_COPY, [1, 4, inner, WORD_BITS, 15], [ROOT_SLOT_CNODE]);
    world.must(outer, CNODE_COPY, [2, 4, world.mint(endpoint, BADGE), WORD_BITS, 15], [ROOT_SLOT_CNODE]);
    const wide = world.mint(world.cnode(8), BigInt(56));
    world.must(outer, CNODE_COPY, [3, 4, wide, WORD_BITS, 15], [ROOT_SLOT_CNODE]);
    world.must(faulter.cap, TCB_SET_SPACE, [2n << 60n, 0, 0], [outer, ROOT_SLOT_VSPACE]);
    const pointer = 3n << 60n;
    faulter.send(pointer);
    expect(handler.received.words.slice(1)).toEqual([pointer, 0n, BigInt(LOOKUP_DEPTH_MISMATCH), 60n, 64n]);
  });

  it("of a non-blocking Send does not happen", () => {
    faulter.nonBlockingSend(2 ** 40);
    expect([faulter.state, handler.state]).toEqual(["running", "blocked on receive"]);
  });

  it("of a Recv on something that cannot receive tells a missing capability", () => {
    faulter.receive(ROOT_SLOT_TCB);
    expect(handler.received.words.slice(2)).toEqual([1n, BigInt(LOOKUP_MISSING_CAPABILITY), 0n]);
    expect(LOOKUP_INVALID_ROOT).toBe(1);
  });

  it("of a Recv without the read right tells a missing capability", () => {
    faulter.receive(world.mint(endpoint, 1, RIGHT_WRITE));
    expect(handler.received).toMatchObject({ label: FAULT_CAPABILITY });
  });
});

describe("a thread that faults", () => {
  it("stops for good without a fault endpoint", () => {
    const alone = world.thread({ priority: 200 });
    alone.exception(LOAD_PAGE, 0x1000);
    expect(alone.state).toBe("inactive");
  });

  it.each([
    ["to be answered", RIGHT_WRITE | RIGHT_READ],
    ["to send", RIGHT_READ | RIGHT_GRANT],
  ])("stops for good when the fault endpoint lacks the right %s", (_, rights) => {
    const weak = world.thread({ priority: 200, faultEndpoint: world.mint(endpoint, 1, rights) });
    weak.exception(LOAD_PAGE, 0x1000);
    expect(weak.state).toBe("inactive");
    expect(handler.state).toBe("blocked on receive");
  });

  it("waits until its handler receives", () => {
    world.must(handler.cap, TCB_SUSPEND);
    faulter.exception(LOAD_PAGE, 0x1000);
    expect(faulter.state).toBe("blocked on send");
    world.must(handler.cap, TCB_RESUME);
    handler.receive(endpoint);
    expect(handler.received).toMatchObject({ label: FAULT_VM, badge: BADGE });
    expect(faulter.state).toBe("blocked on reply");
  });

  it("can be resumed without an answer", () => {
    faulter.exception(LOAD_PAGE, 0x1000);
    world.must(faulter.cap, TCB_RESUME);
    expect(faulter.state).toBe("restart");
    handler.reply({ label: 1 });
    expect(faulter.state).toBe("restart");
  });

  it("can be answered through a saved capability", () => {
    faulter.exception(BREAKPOINT);
    const saved = world.slot();
    handler.call(ROOT_SLOT_CNODE, { label: CNODE_SAVE_CALLER, words: [saved, WORD_BITS] });
    handler.send(saved, { words: [0x1_0700] });
    expect(faulter.state).toBe("restart");
    handler.receive(endpoint);
    expect(faulter.register("pc")).toBe(0x1_0700n);
  });
});
