/** Refusals of interrupt capabilities and of address spaces: frames, page tables, ASID control and pools. */
import {
  ALIGNMENT_ERROR,
  ALL_RIGHTS,
  ASID_CONTROL_MAKE_POOL,
  ASID_POOL_ASSIGN,
  CNODE_COPY,
  CNODE_DELETE,
  DELETE_FIRST,
  FAILED_LOOKUP,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  IRQ_ACKNOWLEDGE,
  IRQ_CLEAR_HANDLER,
  IRQ_ISSUE_HANDLER,
  IRQ_ISSUE_HANDLER_TRIGGER,
  IRQ_SET_HANDLER,
  LOOKUP_INVALID_ROOT,
  LOOKUP_MISSING_CAPABILITY,
  NO_ERROR,
  OBJECT_ENDPOINT,
  OBJECT_PAGE_TABLE,
  OBJECT_UNTYPED,
  PAGE_GET_ADDRESS,
  PAGE_MAP,
  PAGE_TABLE_MAP,
  PAGE_TABLE_UNMAP,
  PAGE_UNMAP,
  RANGE_ERROR,
  REVOKE_FIRST,
  RIGHT_READ,
  ROOT_SLOT_ASID_CONTROL,
  ROOT_SLOT_ASID_POOL,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_IRQ_CONTROL,
  TRUNCATED_MESSAGE,
  USER_TOP,
  WORD_BITS,
} from "@rel4/abi";
import type { World } from "../harness/world";
import {
  all,
  type Call,
  cap,
  caps,
  type Defect,
  invoked,
  lookupDefects,
  nothing,
  type Refusals,
  word,
  words,
} from "./refusal-table";

const ROOT = ROOT_SLOT_CNODE;
/** Where the calls map: nothing is there. */
const FREE = 0x10_0000_0000;
/** Where all tables are, and one page. */
const TABLES = 0x20_0000_0000;
const READ_WRITE = 3;
const IRQ = 12;
const LAST_IRQ = 98;

type Spoil = (call: Call) => void;
const truncated = (what: string, spoil: Spoil): Defect => ({ what, error: TRUNCATED_MESSAGE, spoil });
const wrongCap = (what: string, index: number, spoil: Spoil): Defect => ({
  what,
  error: INVALID_CAPABILITY,
  details: [index],
  spoil,
});

const pageTable = (world: World): number => world.retype(OBJECT_PAGE_TABLE);

function newSpace(world: World, pool = ROOT_SLOT_ASID_POOL): number {
  const root = pageTable(world);
  world.must(pool, ASID_POOL_ASSIGN, [], [root]);
  return root;
}

/** An address space with all tables for TABLES, and the second of them. */
function spaceWithTables(world: World): { space: number; table: number } {
  const space = newSpace(world);
  const tables = [pageTable(world), pageTable(world)];
  for (const table of tables) world.must(table, PAGE_TABLE_MAP, [TABLES, 0], [space]);
  return { space, table: tables[1]! };
}

/** The root of an address space that is gone with its pool. */
function lostSpace(world: World): number {
  const [pool, untyped] = [world.slot(), world.retype(OBJECT_UNTYPED, 12)];
  world.must(ROOT_SLOT_ASID_CONTROL, ASID_CONTROL_MAKE_POOL, [pool, WORD_BITS], [untyped, ROOT]);
  const lost = newSpace(world, pool);
  world.must(ROOT, CNODE_DELETE, [pool, WORD_BITS]);
  return lost;
}

/** A frame that is mapped in a space. */
function mappedFrame(world: World, space: number, address: number): number {
  const frame = world.frame();
  world.must(frame, PAGE_MAP, [address, READ_WRITE, 0], [space]);
  return frame;
}

function makeAllPools(world: World): void {
  const make = () => {
    const [slot, untyped] = [world.slot(), world.retype(OBJECT_UNTYPED, 12)];
    return world.invoke(ROOT_SLOT_ASID_CONTROL, ASID_CONTROL_MAKE_POOL, [slot, WORD_BITS], [untyped, ROOT]);
  };
  while (make().error === NO_ERROR);
}

function useAllIds(world: World): void {
  while (world.invoke(ROOT_SLOT_ASID_POOL, ASID_POOL_ASSIGN, [], [pageTable(world)]).error === NO_ERROR);
}

const spaceGone = (lost: number): Defect => ({
  what: "an address space that is gone",
  error: FAILED_LOOKUP,
  details: [0, LOOKUP_INVALID_ROOT],
  spoil: cap(0, lost),
});

const outOfUserSpace: Defect = {
  what: "an address above user space",
  error: INVALID_ARGUMENT,
  details: [0],
  spoil: word(0, USER_TOP),
};

/** An IRQ handler. */
function handler(world: World): number {
  const slot = world.slot();
  world.must(ROOT_SLOT_IRQ_CONTROL, IRQ_ISSUE_HANDLER, [IRQ + 1, slot, WORD_BITS], [ROOT]);
  return slot;
}

/** An invocation that is never refused. */
const always = (name: string, label: number, pointer: (world: World) => number): Refusals => ({
  name,
  label,
  prepare: (world) => ({ call: { pointer: pointer(world), words: [], caps: [] }, defects: [] }),
});

const INTERRUPTS: Refusals[] = [
  {
    name: "IRQControl_Get",
    label: IRQ_ISSUE_HANDLER,
    prepare(world) {
      const endpoint = world.endpoint();
      handler(world);
      return {
        call: { pointer: ROOT_SLOT_IRQ_CONTROL, words: [IRQ, world.slot(), WORD_BITS], caps: [ROOT] },
        defects: [
          truncated("fewer than three words", words(2)),
          truncated("no destination", caps(0)),
          ...[0, LAST_IRQ + 1].map((irq) => ({
            what: `interrupt ${irq}`,
            error: RANGE_ERROR,
            details: [1, LAST_IRQ],
            spoil: word(0, irq),
          })),
          { what: "an interrupt with a handler", error: REVOKE_FIRST, spoil: word(0, IRQ + 1) },
          { what: "the timer's interrupt", error: REVOKE_FIRST, spoil: word(0, LAST_IRQ) },
          ...lookupDefects({ index: 0, wrong: endpoint }, 2),
          { what: "a slot in use", error: DELETE_FIRST, spoil: word(1, endpoint) },
        ],
      };
    },
  },
  {
    name: "IRQControl_GetTrigger",
    label: IRQ_ISSUE_HANDLER_TRIGGER,
    never: ILLEGAL_OPERATION,
    prepare: (world) => ({
      call: { pointer: ROOT_SLOT_IRQ_CONTROL, words: [IRQ, 1, world.slot(), WORD_BITS], caps: [ROOT] },
      defects: [truncated("fewer than four words", words(3)), truncated("no destination", caps(0))],
    }),
  },
  always("IRQHandler_Ack", IRQ_ACKNOWLEDGE, handler),
  {
    name: "IRQHandler_SetNotification",
    label: IRQ_SET_HANDLER,
    prepare: (world) => ({
      call: { pointer: handler(world), words: [], caps: [world.notification()] },
      defects: [
        truncated("no notification", caps(0)),
        wrongCap("anything but a notification", 0, cap(0, world.endpoint())),
        wrongCap(
          "a notification without the right to send",
          0,
          cap(0, world.mint(world.notification(), 0, RIGHT_READ)),
        ),
      ],
    }),
  },
  always("IRQHandler_Clear", IRQ_CLEAR_HANDLER, handler),
];

const ADDRESS_SPACES: Refusals[] = [
  {
    name: "PageTable_Map",
    label: PAGE_TABLE_MAP,
    prepare(world) {
      const { space, table } = spaceWithTables(world);
      return {
        call: { pointer: pageTable(world), words: [FREE, 0], caps: [space] },
        defects: [
          truncated("fewer than two words", words(1)),
          truncated("no address space", caps(0)),
          wrongCap("a table that is mapped", 0, invoked(table)),
          wrongCap("an address space that is no page table", 1, cap(0, ROOT)),
          wrongCap("an address space that is not mapped", 1, cap(0, pageTable(world))),
          outOfUserSpace,
          spaceGone(lostSpace(world)),
          wrongCap("an address space that is a table below its root", 1, cap(0, table)),
          { what: "an address that has all tables", error: DELETE_FIRST, spoil: word(0, TABLES) },
        ],
      };
    },
  },
  {
    name: "PageTable_Unmap",
    label: PAGE_TABLE_UNMAP,
    prepare(world) {
      const { space, table } = spaceWithTables(world);
      const copied = spaceWithTables(world).table;
      world.must(ROOT, CNODE_COPY, [world.slot(), WORD_BITS, copied, WORD_BITS, ALL_RIGHTS], [ROOT]);
      return {
        call: { pointer: table, words: [], caps: [] },
        defects: [
          { what: "a table with copies of its capability", error: REVOKE_FIRST, spoil: invoked(copied) },
          { what: "the root of an address space", error: REVOKE_FIRST, spoil: invoked(space) },
        ],
      };
    },
  },
  {
    name: "Page_Map",
    label: PAGE_MAP,
    prepare(world) {
      const { space, table } = spaceWithTables(world);
      const other = spaceWithTables(world).space;
      mappedFrame(world, space, TABLES);
      const elsewhere = mappedFrame(world, other, TABLES);
      const here = mappedFrame(world, space, TABLES + 0x2000);
      return {
        call: { pointer: world.frame(), words: [TABLES + 0x1000, READ_WRITE, 0], caps: [space] },
        defects: [
          truncated("fewer than three words", words(2)),
          truncated("no address space", caps(0)),
          wrongCap("an address space that is no page table", 1, cap(0, ROOT)),
          wrongCap("an address space that is not mapped", 1, cap(0, pageTable(world))),
          spaceGone(lostSpace(world)),
          wrongCap("an address space that is a table below its root", 1, cap(0, table)),
          outOfUserSpace,
          {
            what: "an address that is not aligned",
            error: ALIGNMENT_ERROR,
            spoil: word(0, TABLES + 0x1008),
          },
          {
            what: "an address without tables",
            error: FAILED_LOOKUP,
            details: [0, LOOKUP_MISSING_CAPABILITY, 30],
            spoil: word(0, FREE),
          },
          wrongCap(
            "a page that is mapped in another address space",
            1,
            all(word(0, TABLES), invoked(elsewhere)),
          ),
          {
            what: "a page that is mapped at another address",
            error: INVALID_ARGUMENT,
            details: [0],
            spoil: all(word(0, TABLES), invoked(here)),
          },
          { what: "an address in use", error: DELETE_FIRST, spoil: word(0, TABLES) },
        ],
      };
    },
  },
  always("Page_Unmap", PAGE_UNMAP, (world) => mappedFrame(world, spaceWithTables(world).space, TABLES)),
  always("Page_GetAddress", PAGE_GET_ADDRESS, (world) => world.frame()),
  {
    name: "ASIDControl_MakePool",
    label: ASID_CONTROL_MAKE_POOL,
    prepare(world) {
      const endpoint = world.endpoint();
      const used = world.retype(OBJECT_UNTYPED, 12);
      world.retype(OBJECT_ENDPOINT, 0, 1, used);
      const device = world.retype(OBJECT_UNTYPED, 12, 1, world.deviceUntyped(12));
      return {
        call: {
          pointer: ROOT_SLOT_ASID_CONTROL,
          words: [world.slot(), WORD_BITS],
          caps: [world.retype(OBJECT_UNTYPED, 12), ROOT],
        },
        defects: [
          truncated("fewer than two words", words(1)),
          truncated("no untyped", caps(0)),
          truncated("no destination", caps(1)),
          {
            what: "a pool when all have been made",
            error: DELETE_FIRST,
            spoil: nothing,
            exhaust: makeAllPools,
          },
          wrongCap("anything but an untyped", 1, cap(0, endpoint)),
          wrongCap("an untyped of another size", 1, cap(0, world.retype(OBJECT_UNTYPED, 13))),
          wrongCap("an untyped of device memory", 1, cap(0, device)),
          { what: "an untyped with children", error: REVOKE_FIRST, spoil: cap(0, used) },
          ...lookupDefects({ index: 1, wrong: endpoint }, 1),
          { what: "a slot in use", error: DELETE_FIRST, spoil: word(0, endpoint) },
        ],
      };
    },
  },
  {
    name: "ASIDPool_Assign",
    label: ASID_POOL_ASSIGN,
    prepare: (world) => ({
      call: { pointer: ROOT_SLOT_ASID_POOL, words: [], caps: [pageTable(world)] },
      defects: [
        truncated("no page table", caps(0)),
        wrongCap("anything but a page table", 1, cap(0, ROOT)),
        wrongCap("a page table that is mapped", 1, cap(0, newSpace(world))),
        { what: "a pool that is used up", error: DELETE_FIRST, spoil: nothing, exhaust: useAllIds },
      ],
    }),
  },
];

export const DEVICE_REFUSALS: Refusals[] = [...INTERRUPTS, ...ADDRESS_SPACES];
