/** Refusals of untyped and CNode capabilities. */
import {
  ALL_RIGHTS,
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
  LOOKUP_MISSING_CAPABILITY,
  MAX_UNTYPED_BITS,
  NOT_ENOUGH_MEMORY,
  OBJECT_CNODE,
  OBJECT_ENDPOINT,
  OBJECT_PAGE_TABLE,
  OBJECT_TYPES,
  OBJECT_UNTYPED,
  RANGE_ERROR,
  RETYPE_FAN_OUT_LIMIT,
  REVOKE_FIRST,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_IRQ_CONTROL,
  TRUNCATED_MESSAGE,
  UNTYPED_RETYPE,
  WORD_BITS,
} from "@rel4/abi";
import type { World } from "../harness/world";
import {
  all,
  type Call,
  caps,
  type Defect,
  invoked,
  lookupDefects,
  type Refusals,
  word,
  words,
} from "./refusal-table";

const ROOT = ROOT_SLOT_CNODE;
/** A guard that leaves no room for any index. */
const TOO_LONG_A_GUARD = 63;

const truncated = (what: string, spoil: (call: Call) => void): Defect => ({
  what,
  error: TRUNCATED_MESSAGE,
  spoil,
});

/** An untyped of 16 bytes with an endpoint in it. */
function fullUntyped(world: World): number {
  const untyped = world.retype(OBJECT_UNTYPED, 4);
  world.retype(OBJECT_ENDPOINT, 0, 1, untyped);
  return untyped;
}

const RETYPE: Refusals = {
  name: "Untyped_Retype",
  label: UNTYPED_RETYPE,
  prepare(world) {
    const node = world.cnode(2);
    const endpoint = world.endpoint();
    const untyped = world.retype(OBJECT_UNTYPED, 8);
    world.must(node, CNODE_COPY, [1, 2, endpoint, WORD_BITS, ALL_RIGHTS], [ROOT]);
    const range = (what: string, details: number[], spoil: (call: Call) => void) => ({
      what,
      error: RANGE_ERROR,
      details,
      spoil,
    });
    return {
      call: { pointer: untyped, words: [OBJECT_ENDPOINT, 0, node, WORD_BITS, 0, 1], caps: [ROOT] },
      defects: [
        truncated("fewer than six words", words(5)),
        truncated("no destination", caps(0)),
        {
          what: "an unknown type",
          error: INVALID_ARGUMENT,
          details: [0],
          spoil: word(0, OBJECT_TYPES),
        },
        range("a size of 2^64 and more", [0, MAX_UNTYPED_BITS], word(1, WORD_BITS)),
        {
          what: "a CNode of one slot",
          error: INVALID_ARGUMENT,
          details: [1],
          spoil: all(word(0, OBJECT_CNODE), word(1, 0)),
        },
        {
          what: "an untyped of 8 bytes",
          error: INVALID_ARGUMENT,
          details: [1],
          spoil: all(word(0, OBJECT_UNTYPED), word(1, 3)),
        },
        // A depth of 0 means the root itself.
        ...lookupDefects({ index: 0, wrong: endpoint }, 3).filter(({ what }) => !what.endsWith("is 0")),
        {
          what: "a destination that is no CNode",
          error: FAILED_LOOKUP,
          details: [0, LOOKUP_MISSING_CAPABILITY, WORD_BITS],
          spoil: word(2, endpoint),
        },
        range("a first slot outside the CNode", [0, 3], word(4, 4)),
        range("no objects", [1, RETYPE_FAN_OUT_LIMIT], word(5, 0)),
        range(
          "too many objects",
          [1, RETYPE_FAN_OUT_LIMIT],
          all(word(4, 0), word(5, RETYPE_FAN_OUT_LIMIT + 1)),
        ),
        range("more objects than slots", [1, 4], all(word(4, 0), word(5, 5))),
        { what: "a slot in use", error: DELETE_FIRST, spoil: all(word(4, 1), word(5, 1)) },
        {
          what: "more than there is memory for",
          error: NOT_ENOUGH_MEMORY,
          details: [0],
          spoil: invoked(fullUntyped(world)),
        },
        {
          what: "an endpoint in device memory",
          error: INVALID_ARGUMENT,
          details: [1],
          spoil: invoked(world.deviceUntyped(12)),
        },
      ],
    };
  },
};

/** What every invocation of a CNode checks first: its target. */
const targetDefects = [truncated("fewer than two words", words(1)), ...lookupDefects(undefined, 1)];

const slotInUse = (endpoint: number): Defect => ({
  what: "a slot in use",
  error: DELETE_FIRST,
  spoil: word(0, endpoint),
});

const missing = (what: string, index: number, source: number, slot: number): Defect => ({
  what,
  error: FAILED_LOOKUP,
  details: [source, LOOKUP_MISSING_CAPABILITY, WORD_BITS],
  spoil: word(index, slot),
});

/** Copy, Mint, Move and Mutate, which take `count` words; what their sources may not be is in `last`. */
function transfer(
  name: string,
  label: number,
  count: number,
  source: (world: World) => number,
  last: (world: World) => Defect[],
): Refusals {
  return {
    name,
    label,
    prepare(world) {
      const endpoint = world.endpoint();
      const wrong = last(world);
      return {
        call: {
          pointer: ROOT,
          words: [world.slot(), WORD_BITS, source(world), WORD_BITS, ALL_RIGHTS, 0].slice(0, count),
          caps: [ROOT],
        },
        defects: [
          ...targetDefects,
          truncated("fewer than four words", words(3)),
          truncated("no source", caps(0)),
          slotInUse(endpoint),
          ...lookupDefects({ index: 0, wrong: endpoint }, 3, 1),
          missing("an empty source", 2, 1, world.slot()),
          ...(count > 4 ? [truncated("too few words for it", words(count - 1))] : []),
          ...wrong,
        ],
      };
    },
  };
}

/** Sources that cannot be copied. */
function uncopiable(world: World): Defect[] {
  const full = fullUntyped(world);
  return [
    { what: "an untyped with children", error: REVOKE_FIRST, spoil: word(2, full) },
    {
      what: "a page table that is not mapped",
      error: ILLEGAL_OPERATION,
      spoil: word(2, world.retype(OBJECT_PAGE_TABLE)),
    },
    { what: "interrupt control", error: ILLEGAL_OPERATION, spoil: word(2, ROOT_SLOT_IRQ_CONTROL) },
  ];
}

const ROTATE: Refusals = {
  name: "CNode_Rotate",
  label: CNODE_ROTATE,
  prepare(world) {
    const [source, pivot, endpoint] = [world.cnode(2), world.cnode(2), world.endpoint()];
    const target = world.slot();
    const illegal = (what: string, spoil: (call: Call) => void) => ({
      what,
      error: ILLEGAL_OPERATION,
      spoil,
    });
    const pivotDefects = lookupDefects({ index: 0, wrong: endpoint }, 4, 1);
    return {
      call: {
        pointer: ROOT,
        words: [target, WORD_BITS, 0, pivot, WORD_BITS, 0, source, WORD_BITS],
        caps: [ROOT, ROOT],
      },
      defects: [
        ...targetDefects,
        truncated("fewer than eight words", words(7)),
        truncated("no pivot", caps(0)),
        truncated("no source", caps(1)),
        ...lookupDefects({ index: 1, wrong: endpoint }, 7, 1),
        ...pivotDefects.map((defect) => ({ ...defect, what: defect.what.replace("source", "pivot") })),
        illegal("a pivot that is the source", all(word(3, source), word(6, source))),
        illegal("a pivot that is the target", all(word(0, pivot), word(3, pivot))),
        slotInUse(endpoint),
        missing("an empty source", 6, 1, world.slot()),
        missing("an empty pivot", 3, 0, world.slot()),
        illegal("too long a guard for the source", word(5, TOO_LONG_A_GUARD)),
        illegal("too long a guard for the pivot", word(2, TOO_LONG_A_GUARD)),
        illegal("a source that is an endpoint", word(6, endpoint)),
      ],
    };
  },
};

/** Revoke and Delete, which work on whatever there is. */
const onSlot = (name: string, label: number): Refusals => ({
  name,
  label,
  prepare: (world) => ({
    call: { pointer: ROOT, words: [world.endpoint(), WORD_BITS], caps: [] },
    defects: targetDefects,
  }),
});

export const MEMORY_REFUSALS: Refusals[] = [
  RETYPE,
  onSlot("CNode_Revoke", CNODE_REVOKE),
  onSlot("CNode_Delete", CNODE_DELETE),
  {
    name: "CNode_CancelBadgedSends",
    label: CNODE_CANCEL_BADGED_SENDS,
    prepare: (world) => ({
      call: { pointer: ROOT, words: [world.mint(world.endpoint(), 5), WORD_BITS], caps: [] },
      defects: [
        ...targetDefects,
        {
          what: "an endpoint without all rights",
          error: ILLEGAL_OPERATION,
          spoil: word(0, world.mint(world.endpoint(), 5, ALL_RIGHTS & ~RIGHT_WRITE)),
        },
        {
          what: "anything but endpoints",
          error: ILLEGAL_OPERATION,
          spoil: word(0, world.notification()),
        },
      ],
    }),
  },
  transfer(
    "CNode_Copy",
    CNODE_COPY,
    5,
    (world) => world.endpoint(),
    (world) => uncopiable(world),
  ),
  transfer(
    "CNode_Mint",
    CNODE_MINT,
    6,
    (world) => world.endpoint(),
    (world) => [
      ...uncopiable(world),
      {
        what: "an endpoint that has a badge",
        error: ILLEGAL_OPERATION,
        spoil: word(2, world.mint(world.endpoint(), 1)),
      },
      {
        what: "a CNode with too long a guard",
        error: ILLEGAL_OPERATION,
        spoil: all(word(2, world.cnode(2)), word(5, TOO_LONG_A_GUARD)),
      },
    ],
  ),
  transfer(
    "CNode_Move",
    CNODE_MOVE,
    4,
    (world) => world.endpoint(),
    () => [],
  ),
  transfer(
    "CNode_Mutate",
    CNODE_MUTATE,
    5,
    (world) => world.cnode(2),
    (world) => [
      { what: "an endpoint", error: ILLEGAL_OPERATION, spoil: word(2, world.endpoint()) },
      { what: "too long a guard", error: ILLEGAL_OPERATION, spoil: word(4, TOO_LONG_A_GUARD) },
    ],
  ),
  ROTATE,
  {
    name: "CNode_SaveCaller",
    label: CNODE_SAVE_CALLER,
    prepare: (world) => ({
      call: { pointer: ROOT, words: [world.slot(), WORD_BITS], caps: [] },
      defects: [...targetDefects, slotInUse(world.endpoint())],
    }),
  },
];
