/**
 * What each invocation is refused for, as data: a call that succeeds, and in the order in which the kernel checks them the
 * defects with which it does not. The test makes each call with one defect, which must change nothing, and with that and all
 * later ones, which must be refused for the same reason: so the order is tested too.
 */
import { FAILED_LOOKUP, LOOKUP_DEPTH_MISMATCH, LOOKUP_INVALID_ROOT, RANGE_ERROR, WORD_BITS } from "@rel4/abi";
import type { World } from "../harness/world";

/** An invocation by the root task. */
export interface Call {
  pointer: number;
  label: number;
  words: (number | bigint)[];
  caps: number[];
}

/** Something that makes a call be refused. */
export interface Defect {
  /** Completes the sentence “is refused for …”. */
  what: string;
  error: number;
  /** First message registers of the answer. */
  details?: (number | bigint)[];
  /** Gives the call this defect, whatever later ones it has. */
  spoil: (call: Call) => void;
  /** Uses up what the call needs, as root: such a defect is tested in a world of its own. */
  exhaust?: (world: World) => void;
}

export interface Refusals {
  /** The invocation's name in seL4's manual. */
  name: string;
  label: number;
  /** Makes what the call needs. */
  prepare: (world: World) => { call: Omit<Call, "label">; defects: Defect[] };
  /** The error of every call, for an invocation that this platform lacks. */
  never?: number;
}

export const nothing = () => {};

export const word = (index: number, value: number | bigint) => (call: Call) => {
  call.words[index] = value;
};

export const cap = (index: number, slot: number) => (call: Call) => {
  call.caps[index] = slot;
};

export const invoked = (pointer: number) => (call: Call) => {
  call.pointer = pointer;
};

export const words = (count: number) => (call: Call) => {
  call.words.length = Math.min(call.words.length, count);
};

export const caps = (count: number) => (call: Call) => {
  call.caps.length = Math.min(call.caps.length, count);
};

export const all =
  (...spoils: ((call: Call) => void)[]) =>
  (call: Call) => {
    for (const spoil of spoils) spoil(call);
  };

/**
 * The defects of a slot's address: its root is no CNode, its depth no number of bits, its bits lead nowhere. The root CNode
 * resolves 64 bits, so 63 are too few.
 * @param root index of the extra capability that is the root; undefined: the capability that is invoked
 * @param depth index of the argument
 */
export function lookupDefects(
  root: { index: number; wrong: number } | undefined,
  depth: number,
  source = 0,
): Defect[] {
  const name = source === 0 ? "slot" : "source";
  const defects: Defect[] = [
    {
      what: `a ${name} whose depth is 0`,
      error: RANGE_ERROR,
      details: [1, WORD_BITS],
      spoil: word(depth, 0),
    },
    {
      what: `a ${name} whose depth is 65`,
      error: RANGE_ERROR,
      details: [1, WORD_BITS],
      spoil: word(depth, WORD_BITS + 1),
    },
    {
      what: `a ${name} that does not resolve`,
      error: FAILED_LOOKUP,
      details: [source, LOOKUP_DEPTH_MISMATCH, WORD_BITS - 1, WORD_BITS],
      spoil: word(depth, WORD_BITS - 1),
    },
  ];
  if (root === undefined) return defects;
  const noRoot = {
    what: `a ${name} whose root is no CNode`,
    error: FAILED_LOOKUP,
    details: [source, LOOKUP_INVALID_ROOT],
    spoil: cap(root.index, root.wrong),
  };
  return [noRoot, ...defects];
}
