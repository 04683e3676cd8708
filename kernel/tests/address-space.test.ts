import {
  ALIGNMENT_ERROR,
  ALL_RIGHTS,
  ASID_CONTROL_MAKE_POOL,
  ASID_POOL_ASSIGN,
  CAP_ASID_POOL,
  CNODE_COPY,
  CNODE_DELETE,
  CNODE_REVOKE,
  DELETE_FIRST,
  FAILED_LOOKUP,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  LOOKUP_INVALID_ROOT,
  LOOKUP_MISSING_CAPABILITY,
  NO_ERROR,
  OBJECT_MEGA_PAGE,
  OBJECT_PAGE_TABLE,
  OBJECT_UNTYPED,
  PAGE_GET_ADDRESS,
  PAGE_MAP,
  PAGE_TABLE_MAP,
  PAGE_TABLE_UNMAP,
  PAGE_UNMAP,
  REVOKE_FIRST,
  RIGHT_READ,
  RIGHT_WRITE,
  ROOT_SLOT_ASID_CONTROL,
  ROOT_SLOT_ASID_POOL,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_IPC_BUFFER,
  ROOT_SLOT_VSPACE,
  TCB_CONFIGURE,
  TCB_RESUME,
  TCB_SUSPEND,
  TRUNCATED_MESSAGE,
  USER_TOP,
  VM_EXECUTE_NEVER,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { kernelSatp } from "../inspection/view";
import { CSR_SATP } from "../src/riscv/csr";
import { expectRefusal } from "./harness/refusal";
import { prepareKernel, World } from "./harness/world";

const VALID = 1n;
const READ = 2n;
const WRITE = 4n;
const EXECUTE = 8n;
const USER = 16n;
const PPN_SHIFT = 10n;
/** Somewhere in user space where nothing is. */
const ADDRESS = 0x10_4000_3000;
const MEGABYTE = 2 ** 20;

let world: World;
/** Root's capability to the root table of a new address space. */
let space: number;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World({ harts: 2 });
  space = newSpace();
});

type Words = (number | bigint)[];
const READ_WRITE = RIGHT_READ | RIGHT_WRITE;

function newSpace(pool = ROOT_SLOT_ASID_POOL): number {
  const table = world.retype(OBJECT_PAGE_TABLE);
  world.must(pool, ASID_POOL_ASSIGN, [], [table]);
  return table;
}

/** Maps tables until a 4 KiB page can be mapped at an address; their capabilities. */
function tablesFor(address: number, root = space): [number, number] {
  const tables: [number, number] = [world.retype(OBJECT_PAGE_TABLE), world.retype(OBJECT_PAGE_TABLE)];
  for (const table of tables) world.must(table, PAGE_TABLE_MAP, [address, 0], [root]);
  return tables;
}

const mapPage = (frame: number, address = ADDRESS, rights = READ_WRITE, attributes = 0, root = space) =>
  world.invoke(frame, PAGE_MAP, [address, rights, attributes], [root]);

/** The page-table entries on the way to an address. */
function walk(root: number, address: number): bigint[] {
  const entries: bigint[] = [];
  let table = world.frameAddress(root);
  for (const shift of [30n, 21n, 12n]) {
    const index = Number((BigInt(address) >> shift) & 511n);
    const entry = world.kernel.memory.read64(table + 8 * index);
    entries.push(entry);
    if ((entry & (VALID | READ | WRITE | EXECUTE)) !== VALID) break;
    table = Number((entry >> PPN_SHIFT) << 12n);
  }
  return entries;
}

const pageAt = (address: number, root = space) => walk(root, address).at(-1)!;
const frameOf = (entry: bigint) => Number((entry >> PPN_SHIFT) << 12n);
const asidOf = (slot: number) => (world.look(slot).data >> 44n) & 0xffffn;

describe("PageTable_Map", () => {
  it("hooks tables in from the root down", () => {
    const [first, second] = tablesFor(ADDRESS);
    const entries = walk(space, ADDRESS);
    expect(entries).toHaveLength(3);
    expect(entries.slice(0, 2).map(frameOf)).toEqual([world.frameAddress(first), world.frameAddress(second)]);
    expect(entries[2]).toBe(0n);
    expect(asidOf(second)).toBe(asidOf(space));
  });

  it("is refused in seL4's order", () => {
    const table = world.retype(OBJECT_PAGE_TABLE);
    const unmapped = world.retype(OBJECT_PAGE_TABLE);
    const refuse = (words: Words, caps: number[], error: number, details: Words = [], pointer = table) =>
      expectRefusal(world, () => world.invoke(pointer, PAGE_TABLE_MAP, words, caps), error, details);
    refuse([ADDRESS], [space], TRUNCATED_MESSAGE);
    refuse([ADDRESS, 0], [], TRUNCATED_MESSAGE);
    refuse([ADDRESS, 0], [space], INVALID_CAPABILITY, [0], space);
    refuse([ADDRESS, 0], [ROOT_SLOT_CNODE], INVALID_CAPABILITY, [1]);
    refuse([ADDRESS, 0], [unmapped], INVALID_CAPABILITY, [1]);
    refuse([USER_TOP, 0], [space], INVALID_ARGUMENT, [0]);
    const [first] = tablesFor(ADDRESS);
    refuse([ADDRESS, 0], [first], INVALID_CAPABILITY, [1]);
    refuse([ADDRESS, 0], [space], DELETE_FIRST);
  });

  it("is refused where a large page is", () => {
    const table = world.retype(OBJECT_PAGE_TABLE);
    world.must(table, PAGE_TABLE_MAP, [ADDRESS, 0], [space]);
    // RAM has no free 2 MiB block to spare in this machine: the large page is a device's.
    const frame = world.retype(OBJECT_MEGA_PAGE, 0, 1, world.deviceUntyped(21));
    world.must(frame, PAGE_MAP, [0x10_4000_0000, READ_WRITE, 0], [space]);
    const other = world.retype(OBJECT_PAGE_TABLE);
    expectRefusal(world, () => world.invoke(other, PAGE_TABLE_MAP, [ADDRESS, 0], [space]), DELETE_FIRST);
  });

  it("is refused when the address space is gone", () => {
    const pool = world.slot();
    world.must(
      ROOT_SLOT_ASID_CONTROL,
      ASID_CONTROL_MAKE_POOL,
      [pool, WORD_BITS],
      [world.retype(OBJECT_UNTYPED, 12), ROOT_SLOT_CNODE],
    );
    const lost = newSpace(pool);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [pool, WORD_BITS]);
    const table = world.retype(OBJECT_PAGE_TABLE);
    // Whatever did not resolve before, the answer tells of this lookup.
    expect(mapPage(world.frame()).error).toBe(FAILED_LOOKUP);
    const gone = [0, LOOKUP_INVALID_ROOT];
    expectRefusal(
      world,
      () => world.invoke(table, PAGE_TABLE_MAP, [ADDRESS, 0], [lost]),
      FAILED_LOOKUP,
      gone,
    );
    const frame = world.frame();
    expectRefusal(world, () => mapPage(frame, ADDRESS, READ_WRITE, 0, lost), FAILED_LOOKUP, gone);
  });
});

describe("PageTable_Unmap", () => {
  it("unhooks a table and clears it", () => {
    const [first, second] = tablesFor(ADDRESS);
    mapPage(world.frame());
    expect(world.invoke(second, PAGE_TABLE_UNMAP).error).toBe(NO_ERROR);
    expect(walk(space, ADDRESS)).toHaveLength(2);
    expect(pageAt(ADDRESS)).toBe(0n);
    const table = world.frameAddress(second);
    expect(world.kernel.memory.bytes.subarray(table, table + 4096).every((byte) => byte === 0)).toBe(true);
    expect(frameOf(walk(space, ADDRESS)[0]!)).toBe(world.frameAddress(first));
    expect(world.invoke(second, PAGE_TABLE_MAP, [ADDRESS, 0], [space]).error).toBe(NO_ERROR);
  });

  it("of a table that is not mapped does nothing", () => {
    expect(world.invoke(world.retype(OBJECT_PAGE_TABLE), PAGE_TABLE_UNMAP).error).toBe(NO_ERROR);
  });

  it("is refused for a root, and while there are copies", () => {
    expectRefusal(world, () => world.invoke(space, PAGE_TABLE_UNMAP), REVOKE_FIRST);
    const [first] = tablesFor(ADDRESS);
    world.must(
      ROOT_SLOT_CNODE,
      CNODE_COPY,
      [world.slot(), WORD_BITS, first, WORD_BITS, ALL_RIGHTS],
      [ROOT_SLOT_CNODE],
    );
    expectRefusal(world, () => world.invoke(first, PAGE_TABLE_UNMAP), REVOKE_FIRST);
  });

  it("refuses labels of other objects", () => {
    expectRefusal(world, () => world.invoke(space, PAGE_MAP, [0, 0, 0], [space]), ILLEGAL_OPERATION);
  });
});

describe("Page_Map", () => {
  it.each([
    ["read and write", READ_WRITE, 0, READ | WRITE | EXECUTE],
    ["read only", RIGHT_READ, 0, READ | EXECUTE],
    ["no execution", READ_WRITE, VM_EXECUTE_NEVER, READ | WRITE],
  ])("maps a page with the rights asked for (%s)", (_, rights, attributes, bits) => {
    tablesFor(ADDRESS);
    const frame = world.frame();
    expect(mapPage(frame, ADDRESS, rights, attributes).error).toBe(NO_ERROR);
    const entry = pageAt(ADDRESS);
    expect(frameOf(entry)).toBe(world.frameAddress(frame));
    expect(entry & (VALID | USER | READ | WRITE | EXECUTE)).toBe(VALID | USER | bits);
  });

  it("never gives more rights than the capability has", () => {
    tablesFor(ADDRESS);
    const weak = world.mint(world.frame(), 0, RIGHT_READ);
    mapPage(weak, ADDRESS, READ_WRITE);
    expect(pageAt(ADDRESS) & WRITE).toBe(0n);
  });

  it("knows nothing of the mapping of the capability it was copied from", () => {
    tablesFor(ADDRESS);
    const frame = world.frame();
    mapPage(frame);
    const copy = world.mint(frame, 0);
    world.must(copy, PAGE_UNMAP);
    expect(pageAt(ADDRESS) & VALID).toBe(VALID);
    expect(mapPage(copy, ADDRESS + 4096).error).toBe(NO_ERROR);
  });

  it("changes the rights of a page that is mapped, at its own address", () => {
    tablesFor(ADDRESS);
    const frame = world.frame();
    mapPage(frame);
    expect(mapPage(frame, ADDRESS, RIGHT_READ).error).toBe(NO_ERROR);
    expect(pageAt(ADDRESS) & WRITE).toBe(0n);
  });

  it("is refused in seL4's order", () => {
    const frame = world.frame();
    const refuse = (words: Words, caps: number[], error: number, details: Words = [], pointer = frame) =>
      expectRefusal(world, () => world.invoke(pointer, PAGE_MAP, words, caps), error, details);
    refuse([ADDRESS, READ_WRITE], [space], TRUNCATED_MESSAGE);
    refuse([ADDRESS, READ_WRITE, 0], [], TRUNCATED_MESSAGE);
    refuse([ADDRESS, READ_WRITE, 0], [ROOT_SLOT_CNODE], INVALID_CAPABILITY, [1]);
    refuse([ADDRESS, READ_WRITE, 0], [world.retype(OBJECT_PAGE_TABLE)], INVALID_CAPABILITY, [1]);
    refuse([USER_TOP, READ_WRITE, 0], [space], INVALID_ARGUMENT, [0]);
    refuse([2n ** 64n - 4096n, READ_WRITE, 0], [space], INVALID_ARGUMENT, [0]);
    refuse([ADDRESS + 8, READ_WRITE, 0], [space], ALIGNMENT_ERROR);
    // A page that would reach beyond the last address is misaligned above all, as its end is a small number.
    refuse([2n ** 64n - 8n, READ_WRITE, 0], [space], ALIGNMENT_ERROR);
    refuse([ADDRESS, READ_WRITE, 0], [space], FAILED_LOOKUP, [0, LOOKUP_MISSING_CAPABILITY, 30]);
    const [first] = tablesFor(ADDRESS);
    refuse([ADDRESS, READ_WRITE, 0], [first], INVALID_CAPABILITY, [1]);
    const mapped = world.frame();
    mapPage(mapped);
    refuse([ADDRESS, READ_WRITE, 0], [space], DELETE_FIRST);
    refuse([ADDRESS + 4096, READ_WRITE, 0], [space], INVALID_ARGUMENT, [0], mapped);
    const other = newSpace();
    tablesFor(ADDRESS, other);
    refuse([ADDRESS, READ_WRITE, 0], [other], INVALID_CAPABILITY, [1], mapped);
  });
});

describe("Page_Unmap", () => {
  /** Maps a page, takes it away, and returns what was flushed meanwhile. */
  const flushesOfUnmapping = () => {
    tablesFor(ADDRESS);
    const frame = world.frame();
    mapPage(frame);
    const { flushes } = world.kernel.hardware;
    flushes.length = 0;
    expect(world.invoke(frame, PAGE_UNMAP).error).toBe(NO_ERROR);
    expect(pageAt(ADDRESS)).toBe(0n);
    const seen = flushes.map(({ hart, asid, address }) => ({ hart, asid, address }));
    expect(mapPage(frame, ADDRESS + 4096).error).toBe(NO_ERROR);
    return seen;
  };

  it("takes the page away, on every hart that runs a thread", () => {
    world.thread({ hart: 1 });
    world.letOthersRun();
    const page = { asid: asidOf(space), address: BigInt(ADDRESS) };
    expect(flushesOfUnmapping()).toEqual([
      { hart: 0, ...page },
      { hart: 1, ...page },
    ]);
  });

  it("lets a hart sleep that idles: it forgets all translations before it runs a thread", () => {
    const thread = world.thread({ start: false, hart: 1 });
    expect(flushesOfUnmapping().map(({ hart }) => hart)).toEqual([0]);
    const { flushes } = world.kernel.hardware;
    flushes.length = 0;
    world.must(thread.cap, TCB_RESUME);
    expect(thread.runningOn).toBe(1);
    expect(flushes).toEqual([{ hart: 1, inUserMode: false, satp: kernelSatp(world.kernel) }]);
    // once
    flushes.length = 0;
    world.must(thread.cap, TCB_SUSPEND);
    world.must(thread.cap, TCB_RESUME);
    expect(thread.runningOn).toBe(1);
    expect(flushes).toEqual([]);
  });

  it("of a page that is not mapped does nothing", () => {
    expect(world.invoke(world.frame(), PAGE_UNMAP).error).toBe(NO_ERROR);
  });

  it("happens when the capability is deleted, and not when another copy is", () => {
    tablesFor(ADDRESS);
    const frame = world.frame();
    const copy = world.mint(frame, 0);
    mapPage(copy);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [frame, WORD_BITS]);
    expect(pageAt(ADDRESS) & VALID).toBe(VALID);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [copy, WORD_BITS]);
    expect(pageAt(ADDRESS)).toBe(0n);
  });

  it("leaves a page alone that another frame has got meanwhile", () => {
    const [, second] = tablesFor(ADDRESS);
    const [first, other] = [world.frame(), world.frame()];
    mapPage(first);
    world.must(second, PAGE_TABLE_UNMAP);
    world.must(second, PAGE_TABLE_MAP, [ADDRESS, 0], [space]);
    mapPage(other);
    expect(world.invoke(first, PAGE_UNMAP).error).toBe(NO_ERROR);
    expect(frameOf(pageAt(ADDRESS))).toBe(world.frameAddress(other));
  });

  it("leaves the next owner of the ASID alone", () => {
    tablesFor(ADDRESS);
    const frame = world.frame();
    mapPage(frame);
    const asid = asidOf(space);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [space, WORD_BITS]);
    const next = newSpace();
    expect(asidOf(next)).toBe(asid);
    tablesFor(ADDRESS, next);
    const other = world.frame();
    mapPage(other, ADDRESS, READ_WRITE, 0, next);
    world.must(frame, PAGE_UNMAP);
    expect(frameOf(pageAt(ADDRESS, next))).toBe(world.frameAddress(other));
  });
});

describe("Page_GetAddress", () => {
  it("answers with the physical address", () => {
    const frame = world.frame();
    expect(world.invoke(frame, PAGE_GET_ADDRESS)).toEqual({
      error: NO_ERROR,
      words: [BigInt(world.frameAddress(frame))],
    });
  });

  it("knows addresses of more than 32 bits", () => {
    const untyped = world.deviceUntyped(36);
    const frame = world.retype(OBJECT_MEGA_PAGE, 0, 1, untyped);
    const [address] = world.must(frame, PAGE_GET_ADDRESS);
    expect(address).toBeGreaterThanOrEqual(2n ** 32n);
    expect(Number(address) % (2 * MEGABYTE)).toBe(0);
  });

  it("is the last label a frame knows", () => {
    const frame = world.frame();
    expectRefusal(world, () => world.invoke(frame, ASID_POOL_ASSIGN, [], [space]), ILLEGAL_OPERATION);
  });
});

describe("ASIDControl_MakePool", () => {
  const make = (words: Words, caps: number[]) => () =>
    world.invoke(ROOT_SLOT_ASID_CONTROL, ASID_CONTROL_MAKE_POOL, words, caps);

  it("makes a pool out of an untyped page", () => {
    const [slot, untyped] = [world.slot(), world.retype(OBJECT_UNTYPED, 12)];
    expect(make([slot, WORD_BITS], [untyped, ROOT_SLOT_CNODE])().error).toBe(NO_ERROR);
    expect(world.look(slot)).toMatchObject({ type: CAP_ASID_POOL, object: world.look(untyped).object });
    const other = newSpace(slot);
    expect(asidOf(other)).toBe(512n);
  });

  it("is refused in seL4's order", () => {
    const [slot, untyped, endpoint] = [world.slot(), world.retype(OBJECT_UNTYPED, 12), world.endpoint()];
    const good = [slot, WORD_BITS];
    expectRefusal(world, () => world.invoke(ROOT_SLOT_ASID_CONTROL, ASID_POOL_ASSIGN), ILLEGAL_OPERATION);
    expectRefusal(world, make([slot], [untyped, ROOT_SLOT_CNODE]), TRUNCATED_MESSAGE);
    expectRefusal(world, make(good, [untyped]), TRUNCATED_MESSAGE);
    expectRefusal(world, make(good, [endpoint, ROOT_SLOT_CNODE]), INVALID_CAPABILITY, [1]);
    expectRefusal(
      world,
      make(good, [world.retype(OBJECT_UNTYPED, 13), ROOT_SLOT_CNODE]),
      INVALID_CAPABILITY,
      [1],
    );
    expectRefusal(world, make(good, [untyped, endpoint]), FAILED_LOOKUP, [0, LOOKUP_INVALID_ROOT]);
    expectRefusal(world, make([endpoint, WORD_BITS], [untyped, ROOT_SLOT_CNODE]), DELETE_FIRST);
    world.retype(OBJECT_PAGE_TABLE, 0, 1, untyped);
    expectRefusal(world, make(good, [untyped, ROOT_SLOT_CNODE]), REVOKE_FIRST);
  });
});

describe("ASIDPool_Assign", () => {
  it("makes an unmapped table the root of an address space, with the kernel in it", () => {
    const kernelEntries = [509, 510, 511].map((index) => index * 8);
    const [table, root] = [world.frameAddress(space), world.frameAddress(ROOT_SLOT_VSPACE)];
    const entries = (base: number) =>
      kernelEntries.map((offset) => world.kernel.memory.read64(base + offset));
    expect(entries(table)).toEqual(entries(root));
    expect(entries(table).every((entry) => (entry & VALID) !== 0n)).toBe(true);
    expect(asidOf(space)).not.toBe(asidOf(ROOT_SLOT_VSPACE));
  });

  it("is refused in seL4's order", () => {
    const assign =
      (caps: number[], pool = ROOT_SLOT_ASID_POOL) =>
      () =>
        world.invoke(pool, ASID_POOL_ASSIGN, [], caps);
    expectRefusal(world, () => world.invoke(ROOT_SLOT_ASID_POOL, PAGE_MAP), ILLEGAL_OPERATION);
    expectRefusal(world, assign([]), TRUNCATED_MESSAGE);
    expectRefusal(world, assign([world.endpoint()]), INVALID_CAPABILITY, [1]);
    expectRefusal(world, assign([space]), INVALID_CAPABILITY, [1]);
  });
});

describe("an address space", () => {
  it("is what its threads run in", () => {
    const thread = world.thread({ start: false });
    const caps = [ROOT_SLOT_CNODE, space, ROOT_SLOT_IPC_BUFFER];
    world.must(thread.cap, TCB_CONFIGURE, [0, 0, 0, 0], caps);
    world.must(thread.cap, TCB_RESUME);
    world.letOthersRun();
    expect(thread.isRunning).toBe(true);
    expect(world.kernel.hardware.harts[0]!.readCsr(CSR_SATP)).toBe(world.look(space).data);
    expect(world.look(space).data >> 60n).toBe(8n);
  });

  const runOnOtherHart = (root: number) => {
    const thread = world.thread({ start: false, hart: 1 });
    world.must(thread.cap, TCB_CONFIGURE, [0, 0, 0, 0], [ROOT_SLOT_CNODE, root, ROOT_SLOT_IPC_BUFFER]);
    world.must(thread.cap, TCB_RESUME);
    expect(thread.runningOn).toBe(1);
    const satp = world.look(root).data;
    expect(world.kernel.hardware.harts[1]!.readCsr(CSR_SATP)).toBe(satp);
    return { thread, satp };
  };

  it("that ends while a thread runs in it on another hart is left by that thread, before its hart forgets all translations", () => {
    const { thread, satp } = runOnOtherHart(space);
    world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [space, WORD_BITS]);
    expect(world.kernel.hardware.harts[1]!.readCsr(CSR_SATP), "the space lives on").toBe(satp);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [space, WORD_BITS]);
    expect(thread.runningOn).toBe(1);
    expect(world.kernel.hardware.harts[1]!.readCsr(CSR_SATP)).not.toBe(satp);
    // while it still waits for the lock, it uses the kernel's own tables
    const flush = world.kernel.hardware.flushes.findLast((each) => each.hart === 1);
    expect(flush).toEqual({ hart: 1, inUserMode: false, satp: kernelSatp(world.kernel) });
  });

  it("whose pool is deleted is left in the same way", () => {
    const pool = world.slot();
    const page = world.retype(OBJECT_UNTYPED, 12);
    world.must(ROOT_SLOT_ASID_CONTROL, ASID_CONTROL_MAKE_POOL, [pool, WORD_BITS], [page, ROOT_SLOT_CNODE]);
    const { satp } = runOnOtherHart(newSpace(pool));
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [pool, WORD_BITS]);
    expect(world.kernel.hardware.harts[1]!.readCsr(CSR_SATP)).not.toBe(satp);
  });
});
