/**
 * Asynchronous requests answer what the system call answers. Every case is made twice, in two equal worlds: by the root
 * task's system call, and by its asynchronous handler.
 */
import {
  ALIGNMENT_ERROR,
  ALL_RIGHTS,
  ASID_POOL_ASSIGN,
  ASYNC_PUT_CHAR,
  ASYNC_PUT_STRING,
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
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  NO_ERROR,
  NOT_ENOUGH_MEMORY,
  OBJECT_ENDPOINT,
  OBJECT_NOTIFICATION,
  OBJECT_PAGE,
  OBJECT_PAGE_TABLE,
  OBJECT_TCB,
  OBJECT_UNTYPED,
  PAGE_GET_ADDRESS,
  PAGE_MAP,
  PAGE_TABLE_MAP,
  PAGE_TABLE_UNMAP,
  PAGE_UNMAP,
  RANGE_ERROR,
  REVOKE_FIRST,
  RIGHT_READ,
  ROOT_SLOT_ASID_POOL,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_IRQ_CONTROL,
  ROOT_SLOT_TCB,
  ROOT_SLOT_VSPACE,
  TCB_BIND_NOTIFICATION,
  TCB_SET_PRIORITY,
  TCB_SUSPEND,
  TCB_UNBIND_NOTIFICATION,
  TRUNCATED_MESSAGE,
  UNTYPED_RETYPE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { AsyncCalls } from "./harness/async-calls";
import { type Answer, prepareKernel, World } from "./harness/world";

const CNODE = ROOT_SLOT_CNODE;
const D = WORD_BITS;
/** An address in the root task's page tables, and one far above bit 27, without tables. */
const PLACE = 0x50_0000;
const FAR = 0x3a_bcde_f000n;

type Words = readonly (number | bigint)[];
interface Request {
  cap: number;
  label: number;
  words?: Words;
  caps?: readonly number[];
}

interface Case {
  name: string;
  /** The error both must answer. */
  error: number;
  /** Prepares, and says what to ask. */
  request(world: World): Request;
  /** What must be true afterwards. */
  afterwards?(world: World, answer: Answer, request: Request): void;
}

const MOST_WORDS = 12;

beforeAll(prepareKernel);

function make(asynchronous: boolean, each: Case): Answer {
  const world = new World();
  const calls = AsyncCalls.register(world, world.root);
  const request = each.request(world);
  const { cap, label, words = [], caps = [] } = request;
  const answer = asynchronous ? calls.invoke(cap, label, words, caps) : world.invoke(cap, label, words, caps);
  expect(words.length).toBeLessThanOrEqual(MOST_WORDS);
  each.afterwards?.(world, answer, request);
  return { error: answer.error, words: answer.words };
}

function compare(each: Case): void {
  const synchronous = make(false, each);
  expect(synchronous.error).toBe(each.error);
  expect(make(true, each)).toEqual(synchronous);
}

/** A capability to a CNode whose guard no plain index matches. */
const guarded = (world: World) => world.mint(world.cnode(4), (5n << 6n) | 60n);

const retype = (world: World, words: Words, caps: number[] = [CNODE]): Request => ({
  cap: world.untyped,
  label: UNTYPED_RETYPE,
  words,
  caps,
});
const cnode = (label: number, words: Words, caps: number[] = [CNODE]): Request => ({
  cap: CNODE,
  label,
  words,
  caps,
});

const UNTYPED: Case[] = [
  {
    name: "makes objects of every type",
    error: NO_ERROR,
    request: (world) => retype(world, [OBJECT_ENDPOINT, 0, 0, 0, world.slot(3), 3]),
    afterwards: (world, _, { words }) => expect(world.look(Number(words![4]) + 2).object).not.toBe(0),
  },
  ...[OBJECT_TCB, OBJECT_NOTIFICATION, OBJECT_PAGE, OBJECT_PAGE_TABLE].map((type) => ({
    name: `makes an object of type ${type}`,
    error: NO_ERROR,
    request: (world: World) => retype(world, [type, 0, 0, 0, world.slot(), 1]),
  })),
  {
    name: "a new thread belongs to the hart of the thread that asked",
    error: NO_ERROR,
    request: (world) => retype(world, [OBJECT_TCB, 0, 0, 0, world.slot(), 1]),
    afterwards: (world, _, { words }) => {
      const { memory, layout } = world.kernel;
      const thread = world.look(Number(words![4])).object;
      expect(memory.read32(thread + layout.field("Tcb_hart"))).toBe(layout.hart(0));
    },
  },
  { name: "needs its words", error: TRUNCATED_MESSAGE, request: (w) => retype(w, [1, 2, 3, 4, 5]) },
  { name: "needs a CNode", error: TRUNCATED_MESSAGE, request: (w) => retype(w, [0, 4, 0, 0, 1, 1], []) },
  { name: "knows no such type", error: INVALID_ARGUMENT, request: (w) => retype(w, [99, 0, 0, 0, 1, 1]) },
  {
    name: "refuses a type of 64 bits that looks right in 16",
    error: INVALID_ARGUMENT,
    request: (w) => retype(w, [2n ** 48n + 4n, 0, 0, 0, w.slot(), 1]),
  },
  {
    name: "tells the range of sizes",
    error: RANGE_ERROR,
    request: (w) => retype(w, [OBJECT_UNTYPED, 2n ** 32n + 4n, 0, 0, w.slot(), 1]),
  },
  {
    name: "tells how much memory is left",
    error: NOT_ENOUGH_MEMORY,
    request: (w) => retype(w, [OBJECT_UNTYPED, 30, 0, 0, w.slot(), 1]),
  },
  {
    name: "tells the range of offsets",
    error: RANGE_ERROR,
    request: (w) => retype(w, [OBJECT_ENDPOINT, 0, 0, 0, 2n ** 40n, 1]),
  },
  {
    name: "tells the range of counts",
    error: RANGE_ERROR,
    request: (w) => retype(w, [OBJECT_ENDPOINT, 0, 0, 0, w.slot(), 2n ** 33n]),
  },
  {
    name: "refuses taken slots",
    error: DELETE_FIRST,
    request: (w) => retype(w, [OBJECT_ENDPOINT, 0, 0, 0, ROOT_SLOT_TCB, 1]),
  },
  {
    name: "tells why its destination was not found: no CNode",
    error: FAILED_LOOKUP,
    request: (w) => retype(w, [OBJECT_ENDPOINT, 0, ROOT_SLOT_TCB, D, 0, 1]),
  },
  {
    name: "tells why its destination was not found: guard, with all words",
    error: FAILED_LOOKUP,
    request: (w) => retype(w, [OBJECT_ENDPOINT, 0, 3, D, 0, 1], [guarded(w)]),
    afterwards: (_, { words }) => expect(words).toHaveLength(5),
  },
  {
    name: "knows no other operation",
    error: ILLEGAL_OPERATION,
    request: (w) => ({ cap: w.untyped, label: PAGE_MAP }),
  },
];

const NODES: Case[] = [
  {
    name: "Copy",
    error: NO_ERROR,
    request: (w) => cnode(CNODE_COPY, [w.slot(), D, w.endpoint(), D, RIGHT_READ]),
    afterwards: (world, _, { words }) => expect(world.look(Number(words![0])).rights).toBe(RIGHT_READ),
  },
  {
    name: "Mint, with a badge of 64 bits",
    error: NO_ERROR,
    request: (w) => cnode(CNODE_MINT, [w.slot(), D, w.endpoint(), D, ALL_RIGHTS, 2n ** 64n - 2n]),
    afterwards: (world, _, { words }) => expect(world.look(Number(words![0])).data).toBe(2n ** 64n - 2n),
  },
  {
    name: "Move",
    error: NO_ERROR,
    request: (w) => cnode(CNODE_MOVE, [w.slot(), D, w.endpoint(), D]),
  },
  {
    name: "Mutate",
    error: NO_ERROR,
    request: (w) => cnode(CNODE_MUTATE, [w.slot(), D, w.cnode(4), D, (5n << 6n) | 3n]),
    afterwards: (world, _, { words }) => expect(world.look(Number(words![0])).data).toBe(5n),
  },
  {
    name: "Rotate",
    error: NO_ERROR,
    request: (w) => {
      const [pivot, source] = [w.frame(), w.frame()];
      return cnode(CNODE_ROTATE, [w.slot(), D, 0, pivot, D, 0, source, D], [CNODE, CNODE]);
    },
    afterwards: (world, _, { words }) => {
      expect(world.look(Number(words![6])).type).toBe(0);
      expect(world.look(Number(words![3])).type).not.toBe(0);
    },
  },
  {
    name: "Delete",
    error: NO_ERROR,
    request: (w) => cnode(CNODE_DELETE, [w.endpoint(), D], []),
    afterwards: (world, _, { words }) => expect(world.look(Number(words![0])).type).toBe(0),
  },
  {
    name: "Revoke",
    error: NO_ERROR,
    request: (w) => {
      const endpoint = w.endpoint();
      w.mint(endpoint, 1);
      return cnode(CNODE_REVOKE, [endpoint, D], []);
    },
    afterwards: (world, _, { words }) => expect(world.look(Number(words![0]) + 1).type).toBe(0),
  },
  {
    name: "CancelBadgedSends",
    error: NO_ERROR,
    request: (w) => cnode(CNODE_CANCEL_BADGED_SENDS, [w.mint(w.endpoint(), 7), D], []),
  },
  ...[CNODE_REVOKE, CNODE_DELETE, CNODE_COPY, CNODE_MINT, CNODE_MOVE, CNODE_MUTATE, CNODE_ROTATE].flatMap(
    (label): Case[] => [
      { name: `${label} needs its words`, error: TRUNCATED_MESSAGE, request: () => cnode(label, [1]) },
      {
        name: `${label} tells the range of depths`,
        error: RANGE_ERROR,
        request: () => cnode(label, [1, 65, 1, D, 0, 0, 0, 0], [CNODE, CNODE]),
      },
      {
        name: `${label} tells what is wrong with its destination`,
        error: FAILED_LOOKUP,
        request: (w) => ({ ...cnode(label, [3, D, 1, D, 0, 0, 0, 0], [CNODE, CNODE]), cap: guarded(w) }),
      },
    ],
  ),
  {
    name: "Copy tells what is wrong with its source: guard, with all words",
    error: FAILED_LOOKUP,
    request: (w) => cnode(CNODE_COPY, [w.slot(), D, 3, D, ALL_RIGHTS], [guarded(w)]),
    afterwards: (_, { words }) => expect(words).toHaveLength(5),
  },
  {
    name: "Copy of nothing",
    error: FAILED_LOOKUP,
    request: (w) => cnode(CNODE_COPY, [w.slot(), D, w.slot(), D, ALL_RIGHTS]),
  },
  {
    name: "Copy to a taken slot",
    error: DELETE_FIRST,
    request: (w) => cnode(CNODE_COPY, [ROOT_SLOT_TCB, D, w.endpoint(), D, ALL_RIGHTS]),
  },
  {
    name: "Copy of what cannot be copied",
    error: ILLEGAL_OPERATION,
    request: (w) => cnode(CNODE_COPY, [w.slot(), D, ROOT_SLOT_IRQ_CONTROL, D, ALL_RIGHTS]),
  },
  {
    name: "Copy of an untyped with children",
    error: REVOKE_FIRST,
    request: (w) => cnode(CNODE_COPY, [w.slot(), D, w.untyped, D, ALL_RIGHTS]),
  },
  {
    name: "CancelBadgedSends on something else",
    error: ILLEGAL_OPERATION,
    request: (w) => cnode(CNODE_CANCEL_BADGED_SENDS, [w.notification(), D], []),
  },
];

const map = (frame: number, words: Words, caps: number[] = [ROOT_SLOT_VSPACE]): Request => ({
  cap: frame,
  label: PAGE_MAP,
  words,
  caps,
});

function mapped(world: World): number {
  const frame = world.frame();
  world.must(frame, PAGE_MAP, [PLACE, ALL_RIGHTS, 0], [ROOT_SLOT_VSPACE]);
  return frame;
}

/** A page table mapped at FAR, below which pages can be. */
function farTables(world: World): number {
  const tables = [0, 1].map(() => world.retype(OBJECT_PAGE_TABLE));
  for (const table of tables) world.must(table, PAGE_TABLE_MAP, [FAR, 0], [ROOT_SLOT_VSPACE]);
  return tables[1]!;
}

const PAGES: Case[] = [
  { name: "Map", error: NO_ERROR, request: (w) => map(w.frame(), [PLACE, ALL_RIGHTS, 0]) },
  {
    name: "Map at an address above bit 27",
    error: NO_ERROR,
    request: (w) => {
      farTables(w);
      return map(w.frame(), [FAR, ALL_RIGHTS, 0]);
    },
    afterwards: (world, _, { cap }) => expect(world.look(cap).object).toBe(Number(FAR >> 12n)),
  },
  {
    name: "Map again, to change rights",
    error: NO_ERROR,
    request: (w) => map(mapped(w), [PLACE, RIGHT_READ, 0]),
  },
  { name: "Map needs its words", error: TRUNCATED_MESSAGE, request: (w) => map(w.frame(), [PLACE, 3]) },
  {
    name: "Map needs an address space",
    error: TRUNCATED_MESSAGE,
    request: (w) => map(w.frame(), [PLACE, 3, 0], []),
  },
  {
    name: "Map into something else",
    error: INVALID_CAPABILITY,
    request: (w) => map(w.frame(), [PLACE, 3, 0], [ROOT_SLOT_TCB]),
  },
  {
    name: "Map at an odd address",
    error: ALIGNMENT_ERROR,
    request: (w) => map(w.frame(), [PLACE + 8, 3, 0]),
  },
  {
    name: "Map into the kernel",
    error: INVALID_ARGUMENT,
    request: (w) => map(w.frame(), [0xffff_ffff_8020_0000n, 3, 0]),
  },
  {
    name: "Map where tables are missing, with the level",
    error: FAILED_LOOKUP,
    request: (w) => map(w.frame(), [FAR, 3, 0]),
    afterwards: (_, { words }) => expect(words).toEqual([0n, 2n, 30n]),
  },
  {
    name: "Map where something is mapped",
    error: DELETE_FIRST,
    request: (w) => {
      mapped(w);
      return map(w.frame(), [PLACE, 3, 0]);
    },
  },
  { name: "Map elsewhere", error: INVALID_ARGUMENT, request: (w) => map(mapped(w), [PLACE + 4096, 3, 0]) },
  {
    name: "Unmap (not decoded as that of a page table)",
    error: NO_ERROR,
    request: (w) => ({ cap: mapped(w), label: PAGE_UNMAP }),
    afterwards: (world, _, { cap }) => expect(world.look(cap).object).toBe(0),
  },
  {
    name: "Unmap of what is not mapped",
    error: NO_ERROR,
    request: (w) => ({ cap: w.frame(), label: PAGE_UNMAP }),
  },
  {
    name: "GetAddress, 64 bits",
    error: NO_ERROR,
    request: (w) => ({ cap: w.retype(OBJECT_PAGE, 0, 1, w.deviceUntyped(12)), label: PAGE_GET_ADDRESS }),
    afterwards: (_, { words }) => expect(words).toHaveLength(1),
  },
  {
    name: "page tables: Unmap of a page on a table",
    error: ILLEGAL_OPERATION,
    request: (w) => ({ cap: farTables(w), label: PAGE_UNMAP }),
  },
  {
    name: "page tables: Map",
    error: NO_ERROR,
    request: (w) => ({
      cap: w.retype(OBJECT_PAGE_TABLE),
      label: PAGE_TABLE_MAP,
      words: [FAR, 0],
      caps: [ROOT_SLOT_VSPACE],
    }),
  },
  {
    name: "page tables: Map where no table fits",
    error: DELETE_FIRST,
    request: (w) => ({
      cap: w.retype(OBJECT_PAGE_TABLE),
      label: PAGE_TABLE_MAP,
      words: [PLACE, 0],
      caps: [ROOT_SLOT_VSPACE],
    }),
  },
  {
    name: "page tables: Unmap",
    error: NO_ERROR,
    request: (w) => ({ cap: farTables(w), label: PAGE_TABLE_UNMAP }),
  },
  {
    name: "page tables: Unmap of a root",
    error: REVOKE_FIRST,
    request: () => ({ cap: ROOT_SLOT_VSPACE, label: PAGE_TABLE_UNMAP }),
  },
];

function bound(world: World): number {
  const thread = world.thread({ start: false });
  world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [world.notification()]);
  return thread.cap;
}

const THREADS: Case[] = [
  {
    name: "BindNotification",
    error: NO_ERROR,
    request: (w) => ({
      cap: w.thread({ start: false }).cap,
      label: TCB_BIND_NOTIFICATION,
      caps: [w.notification()],
    }),
  },
  {
    name: "BindNotification needs one",
    error: TRUNCATED_MESSAGE,
    request: (w) => ({ cap: w.thread({ start: false }).cap, label: TCB_BIND_NOTIFICATION }),
  },
  {
    name: "BindNotification to a thread that has one",
    error: ILLEGAL_OPERATION,
    request: (w) => ({ cap: bound(w), label: TCB_BIND_NOTIFICATION, caps: [w.notification()] }),
  },
  {
    name: "UnbindNotification",
    error: NO_ERROR,
    request: (w) => ({ cap: bound(w), label: TCB_UNBIND_NOTIFICATION }),
  },
  {
    name: "UnbindNotification without one",
    error: ILLEGAL_OPERATION,
    request: (w) => ({ cap: w.thread({ start: false }).cap, label: TCB_UNBIND_NOTIFICATION }),
  },
  {
    name: "an empty slot",
    error: INVALID_CAPABILITY,
    request: (w) => ({ cap: w.slot(), label: PAGE_MAP, words: [1, 2, 3] }),
  },
];

describe("asynchronous requests answer as system calls do:", () => {
  it.each(UNTYPED)("Retype: $name", compare);
  it.each(NODES)("CNodes: $name", compare);
  it.each(PAGES)("frames: $name", compare);
  it.each(THREADS)("threads: $name", compare);
});

describe("asynchronous requests", () => {
  let world: World;
  let calls: AsyncCalls;
  const start = () => {
    world = new World();
    calls = AsyncCalls.register(world, world.root);
  };

  it("are refused for everything that is not asynchronous", () => {
    start();
    const thread = world.thread();
    const refused: [number, number, Words, number[]][] = [
      [CNODE, CNODE_SAVE_CALLER, [world.slot(), D], []],
      [thread.cap, TCB_SUSPEND, [], []],
      [thread.cap, TCB_SET_PRIORITY, [1], [ROOT_SLOT_TCB]],
      [world.endpoint(), 0, [], []],
      [world.notification(), 0, [], []],
      [ROOT_SLOT_IRQ_CONTROL, 26, [], []],
      [world.frame(), 0xf_ffff, [], []],
    ];
    for (const [cap, label, words, caps] of refused)
      expect(calls.invoke(cap, label, words, caps).error, `label ${label}`).toBe(ILLEGAL_OPERATION);
    expect(thread.state).not.toBe("inactive");
  });

  it("whose capability is not found are told why, instead of a fault", () => {
    start();
    const { error, words } = calls.invoke(2n ** 40n, PAGE_GET_ADDRESS);
    expect([error, words[0]]).toEqual([FAILED_LOOKUP, 0n]);
    expect(words).toHaveLength(5);
    expect(calls.invoke(CNODE, CNODE_COPY, [1, D, 1, D, 1], [2 ** 41]).error).toBe(FAILED_LOOKUP);
    expect(world.root.state).toBe("running");
  });

  it("with more capabilities and words than there is room for are served with what there is", () => {
    start();
    const frame = world.frame();
    const { error } = calls.invokeRaw(frame, {
      label: PAGE_GET_ADDRESS,
      caps: [CNODE, CNODE, CNODE],
      length: 127,
    });
    expect(error).toBe(NO_ERROR);
    const slot = world.slot();
    const words = [slot, D, world.endpoint(), D, ALL_RIGHTS];
    expect(calls.invokeRaw(CNODE, { label: CNODE_COPY, words, caps: [CNODE], length: 127 }).error).toBe(
      NO_ERROR,
    );
    expect(world.look(slot).type).not.toBe(0);
  });

  it("write to the debug console", () => {
    start();
    expect(calls.invoke(0, ASYNC_PUT_CHAR, [0x141]).error).toBe(NO_ERROR);
    const text = Buffer.from("two words, and a bit\n".padEnd(24, "\0"));
    const words = [21n, ...[0, 8, 16].map((at) => text.readBigUInt64LE(at))];
    expect(calls.invoke(2n ** 50n, ASYNC_PUT_STRING, words).error).toBe(NO_ERROR);
    expect(world.kernel.hardware.console).toBe("Atwo words, and a bit\n");
    expect(calls.invoke(0, ASYNC_PUT_CHAR)).toMatchObject({ error: TRUNCATED_MESSAGE });
    expect(calls.invoke(0, ASYNC_PUT_STRING, [9, 0])).toMatchObject({ error: TRUNCATED_MESSAGE });
    expect(calls.invoke(0, ASYNC_PUT_STRING, [81, 0])).toMatchObject({
      error: RANGE_ERROR,
      words: [0n, 80n],
    });
    expect(calls.invoke(0, ASYNC_PUT_STRING, [2n ** 64n - 1n]).error).toBe(RANGE_ERROR);
  });

  it("use the capabilities of the thread that registered, whoever runs", () => {
    start();
    const cspace = world.cnode(4);
    const frame = world.frame();
    world.must(cspace, CNODE_COPY, [5, 4, frame, D, ALL_RIGHTS], [CNODE]);
    const guardedSpace = world.mint(cspace, 60n);
    const other = world.thread({ cspace: guardedSpace });
    const notification = world.mint(world.notification(), 2);
    world.must(cspace, CNODE_COPY, [6, 4, notification, D, ALL_RIGHTS], [CNODE]);
    world.must(cspace, CNODE_COPY, [7, 4, world.frame(), D, ALL_RIGHTS], [CNODE]);
    world.letOthersRun();
    const theirs = AsyncCalls.registerIn(world, other, {
      replies: 6,
      frame: 7,
      cspace: world.look(cspace).object,
    });
    expect(theirs.invoke(5, PAGE_GET_ADDRESS).words).toEqual([BigInt(world.frameAddress(frame))]);
    expect(theirs.invoke(CNODE, PAGE_GET_ADDRESS).error).toBe(INVALID_CAPABILITY);
  });

  it("find their capabilities in a CSpace of several CNodes, and nothing where it has nothing", () => {
    start();
    const [outer, inner] = [world.cnode(2), world.cnode(4)];
    const frame = world.frame();
    const put = (node: number, index: number, depth: number, source: number) =>
      world.must(node, CNODE_COPY, [index, depth, source, D, ALL_RIGHTS], [CNODE]);
    put(outer, 1, 2, inner);
    put(outer, 0, 2, frame);
    const [replies, buffer] = [world.mint(world.notification(), 2), world.frame()];
    [frame, replies, buffer].forEach((source, index) => {
      put(inner, index + 3, 4, source);
    });
    const cspace = world.mint(outer, 58n);
    const other = world.thread({ cspace });
    const pointer = (index: number) => 16 + index;
    world.letOthersRun();
    const theirs = AsyncCalls.registerIn(world, other, {
      replies: pointer(4),
      frame: pointer(5),
      buffer: world.frameAddress(buffer),
    });
    expect(theirs.invoke(pointer(3), PAGE_GET_ADDRESS).words).toEqual([BigInt(world.frameAddress(frame))]);
    // All ones is no name of the first slot's frame.
    for (const nothing of [2n ** 64n - 1n, 2n ** 32n])
      expect(theirs.invoke(nothing, PAGE_GET_ADDRESS).error).toBe(FAILED_LOOKUP);
  });

  it("find nothing after one has taken the CSpace away", () => {
    start();
    const cspace = world.cnode(3);
    const [frame, buffer] = [world.frame(), world.frame()];
    const replies = world.mint(world.notification(), 2);
    const space = world.mint(cspace, 61n);
    [space, frame, buffer, replies].forEach((source, index) => {
      world.must(cspace, CNODE_COPY, [index + 1, 3, source, D, ALL_RIGHTS], [CNODE]);
    });
    // The CNode holds its own first capability: revoking that takes all others, its thread's too.
    world.must(cspace, CNODE_MOVE, [5, 3, cspace, D], [CNODE]);
    const address = world.look(space).object;
    const other = world.thread({ cspace: space });
    world.letOthersRun();
    const theirs = AsyncCalls.registerIn(world, other, { replies: 4, frame: 3, cspace: address });
    theirs.push(1, { label: CNODE_REVOKE, words: [5, D] });
    theirs.push(2, { label: PAGE_GET_ADDRESS });
    theirs.wake();
    other.yield();
    world.kernel.tick();
    expect(theirs.take().map(({ error }) => error)).toEqual([NO_ERROR, FAILED_LOOKUP]);
  });

  it("of a batch see what became of the tables in between", () => {
    start();
    const table = farTables(world);
    const pages = [world.frame(), world.frame()] as const;
    const map = (page: number) =>
      calls.push(page, { label: PAGE_MAP, words: [FAR, ALL_RIGHTS, 0], caps: [ROOT_SLOT_VSPACE] });
    map(pages[0]);
    calls.push(pages[0], { label: PAGE_UNMAP });
    calls.push(table, { label: PAGE_TABLE_UNMAP });
    map(pages[1]);
    calls.awaitResponses();
    expect(calls.take().map(({ error }) => error)).toEqual([NO_ERROR, NO_ERROR, NO_ERROR, FAILED_LOOKUP]);
  });

  it("of a batch that map into different address spaces go where they are told", () => {
    start();
    const [other, table, middle] = [0, 1, 2].map(() => world.retype(OBJECT_PAGE_TABLE)) as [
      number,
      number,
      number,
    ];
    world.must(ROOT_SLOT_ASID_POOL, ASID_POOL_ASSIGN, [], [other]);
    for (const each of [middle, table]) world.must(each, PAGE_TABLE_MAP, [PLACE, 0], [other]);
    const pages = [world.frame(), world.frame()] as const;
    const map = (page: number, root: number) =>
      calls.push(page, { label: PAGE_MAP, words: [PLACE, ALL_RIGHTS, 0], caps: [root] });
    map(pages[0], ROOT_SLOT_VSPACE);
    map(pages[1], other);
    calls.push(pages[0], { label: PAGE_UNMAP });
    map(pages[0], ROOT_SLOT_VSPACE);
    calls.awaitResponses();
    expect(calls.take().map(({ error }) => error)).toEqual([NO_ERROR, NO_ERROR, NO_ERROR, NO_ERROR]);
    const asids = pages.map((page) => world.look(page).data >> 44n);
    expect(new Set(asids).size).toBe(2);
  });
});
