/**
 * Load elimination: a load whose bytes are known from an earlier load or store, or a global known from an earlier get or
 * set, takes the value from there. What is known ends at anything that may change it; barriers (calls, atomics, fences,
 * volatile accesses, ecall, CSR writes) end everything.
 *
 * Facts flow down the dominator tree: a block starts with what its immediate dominator knew at its end, less what any block
 * on a path between the two may change.
 */
import { analyseControlFlow, type ControlFlow } from "../ir/control-flow";
import {
  applyReplacements,
  type Block,
  type IRFunction,
  isFloat,
  resolve,
  sizeOfType,
  type Type,
  type Value,
} from "../ir/ir";
import { effectOf, type Operation } from "../ir/operations";
import { isDisjoint, isSameLocation, type Location, locationOf } from "./memory-location";

/** "The bytes at `location` are those of `value`", which a load or store showed. */
interface MemoryFact {
  location: Location;
  value: Value;
  /** How a load extended the bytes; null for a store. */
  load: { signed: boolean } | null;
}

/** "Global `index` (or tp) has this value." */
interface GlobalFact {
  key: string;
  value: Value;
}

interface Facts {
  memory: MemoryFact[];
  globals: GlobalFact[];
}

/** What a block may change. */
interface Changes {
  everything: boolean;
  stores: Location[];
  globals: Set<string>;
}

/** Paths with more blocks than this between a block and its dominator are not searched. */
const MAX_BETWEEN = 100;

const globalKey = (value: Value): string => (value.op === "threadPointer" ? "tp" : String(value.index));

function changesOf(block: Block): Changes {
  const changes: Changes = { everything: false, stores: [], globals: new Set() };
  for (const value of block.instructions) {
    const effect = effectOf(value.op);
    if (effect === "barrier") changes.everything = true;
    else if (effect === "write") changes.stores.push(locationOf(value));
    else if (effect === "globalWrite") changes.globals.add(globalKey(value));
  }
  return changes;
}

/** Whether a value of this type fills the accessed bytes exactly. */
const isWhole = ({ size }: Location, type: Type): boolean => size === sizeOfType(type);

/** Whether a fact about the same bytes gives the result of a load, perhaps in a register of the other class. */
function tells(fact: MemoryFact, load: Value): boolean {
  const type = fact.value.type!;
  if (isFloat(type) !== isFloat(load.type))
    return isWhole(fact.location, type) && isWhole(fact.location, load.type!);
  if (type !== load.type) return false;
  if (fact.load) return fact.load.signed === load.signed;
  return !(load.signed && load.size === 4 && load.type === "i64");
}

class MemoryForwarder {
  private readonly changes: Changes[];

  constructor(
    private readonly fn: IRFunction,
    private readonly flow: ControlFlow,
  ) {
    this.changes = fn.blocks.map(changesOf);
  }

  run(): void {
    this.visit(this.fn.entry, { memory: [], globals: [] });
    applyReplacements(this.fn);
  }

  private visit(block: Block, inherited: Facts): void {
    const facts = { memory: [...inherited.memory], globals: [...inherited.globals] };
    block.instructions = block.instructions.filter((value) => !this.process(value, facts));
    for (const child of this.flow.dominated[block.order]!)
      this.visit(child, this.factsAtStart(child, block, facts));
  }

  /** What of the dominator's facts still holds at the start of `block`. */
  private factsAtStart(block: Block, dominator: Block, facts: Facts): Facts {
    const between = this.blocksBetween(dominator, block);
    if (!between) return { memory: [], globals: [] };
    let { memory, globals } = facts;
    for (const middle of between) {
      const { everything, stores, globals: written } = this.changes[middle.order]!;
      if (everything) return { memory: [], globals: [] };
      if (stores.length > 0)
        memory = memory.filter((fact) => stores.every((store) => isDisjoint(fact.location, store)));
      if (written.size > 0) globals = globals.filter((fact) => !written.has(fact.key));
    }
    return { memory, globals };
  }

  /** Blocks on paths from the end of `dominator` to the start of `block`; undefined if there are too many. */
  private blocksBetween(dominator: Block, block: Block): Set<Block> | undefined {
    const found = new Set<Block>();
    const pending = [...block.predecessors];
    for (let next = pending.pop(); next; next = pending.pop()) {
      if (next === dominator || found.has(next)) continue;
      found.add(next);
      if (found.size > MAX_BETWEEN) return undefined;
      pending.push(...next.predecessors);
    }
    return found;
  }

  /** Updates the facts; returns true if the value was replaced and is to be removed. */
  private process(value: Value, facts: Facts): boolean {
    for (let i = 0; i < value.args.length; i++) value.args[i] = resolve(value.args[i]!);
    switch (effectOf(value.op)) {
      case "read":
        return this.load(value, facts);
      case "write":
        this.store(value, facts);
        return false;
      case "globalRead":
        return this.globalGet(value, facts);
      case "globalWrite":
        this.setGlobal(facts, globalKey(value), value.args[0]!);
        return false;
      case "barrier":
        facts.memory = [];
        facts.globals = [];
        return false;
      default:
        return false;
    }
  }

  private replace(value: Value, by: Value): true {
    value.replacement = by;
    value.block = null;
    return true;
  }

  private load(value: Value, facts: Facts): boolean {
    const location = locationOf(value);
    const fact = facts.memory.find(
      (known) => isSameLocation(known.location, location) && tells(known, value),
    );
    if (!fact) {
      facts.memory.push({ location, value, load: { signed: value.signed } });
      return false;
    }
    if (isFloat(fact.value.type) !== isFloat(value.type)) this.become(value, "reinterpret", [fact.value]);
    else if (fact.load !== null || isWhole(location, value.type!)) return this.replace(value, fact.value);
    else this.extendStored(value, fact.value);
    return false;
  }

  /** Turns a load into an operation on what is known, in place. */
  private become(load: Value, op: Operation, args: Value[]): void {
    load.op = op;
    load.args = args;
    load.offset = 0;
    load.size = 0;
    load.signed = false;
  }

  /** Turns a load of what a narrower store wrote into an extension of the stored value's low bits, in place. */
  private extendStored(load: Value, stored: Value): void {
    const bits = load.size * 8;
    if (load.signed) this.become(load, bits === 8 ? "sx8" : "sx16", [stored]);
    else this.become(load, "and", [stored, this.fn.constant(load.type!, (1n << BigInt(bits)) - 1n)]);
  }

  private store(value: Value, facts: Facts): void {
    const location = locationOf(value);
    const stored = value.args[1]!;
    facts.memory = facts.memory.filter((fact) => isDisjoint(fact.location, location));
    facts.memory.push({ location, value: stored, load: null });
  }

  private globalGet(value: Value, facts: Facts): boolean {
    const key = globalKey(value);
    const known = facts.globals.find((fact) => fact.key === key);
    if (known) return this.replace(value, known.value);
    facts.globals.push({ key, value });
    return false;
  }

  private setGlobal(facts: Facts, key: string, value: Value): void {
    facts.globals = facts.globals.filter((fact) => fact.key !== key);
    facts.globals.push({ key, value });
  }
}

/** Replaces loads and global reads whose results are known. */
export function forwardMemory(fn: IRFunction): void {
  const flow = analyseControlFlow(fn);
  new MemoryForwarder(fn, flow).run();
}
