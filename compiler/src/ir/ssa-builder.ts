/**
 * On-the-fly SSA construction (Braun et al., “Simple and Efficient Construction of Static Single Assignment Form”).
 * Variables are numbers; reading one in a block finds its definition or makes the phis that are needed. A block is
 * *sealed* when all its predecessors are known.
 */
import { applyReplacements, type Block, type IRFunction, resolve, type Type, type Value } from "./ir";

export class SsaBuilder {
  private readonly types: Type[] = [];
  private readonly definitions = new Map<Block, Map<number, Value>>();
  private readonly incomplete = new Map<Block, [number, Value][]>();
  private readonly sealed = new Set<Block>();

  constructor(private readonly fn: IRFunction) {}

  /** Makes a variable of this type. Reading it where it was never written gives 0. */
  variable(type: Type): number {
    return this.types.push(type) - 1;
  }

  write(block: Block, variable: number, value: Value): void {
    let known = this.definitions.get(block);
    if (!known) {
      known = new Map();
      this.definitions.set(block, known);
    }
    known.set(variable, value);
  }

  read(block: Block, variable: number): Value {
    const known = this.definitions.get(block)?.get(variable);
    if (known) return resolve(known);
    const value = this.readFromPredecessors(block, variable);
    this.write(block, variable, value);
    return value;
  }

  private readFromPredecessors(block: Block, variable: number): Value {
    if (!this.sealed.has(block)) {
      const phi = this.addPhi(block, variable);
      const waiting = this.incomplete.get(block);
      if (waiting) waiting.push([variable, phi]);
      else this.incomplete.set(block, [[variable, phi]]);
      return phi;
    }
    if (block.predecessors.length === 0) return this.fn.constant(this.types[variable]!, 0);
    if (block.predecessors.length === 1) return this.read(block.predecessors[0]!, variable);
    const phi = this.addPhi(block, variable);
    this.write(block, variable, phi);
    this.completePhi(variable, phi);
    return phi;
  }

  private addPhi(block: Block, variable: number): Value {
    const phi = this.fn.value("phi", this.types[variable]!, []);
    phi.block = block;
    block.phis.push(phi);
    return phi;
  }

  private completePhi(variable: number, phi: Value): void {
    for (const predecessor of phi.block!.predecessors) phi.args.push(this.read(predecessor, variable));
  }

  /** Declares that no more predecessors will be added to a block. */
  seal(block: Block): void {
    this.sealed.add(block);
    for (const [variable, phi] of this.incomplete.get(block) ?? []) this.completePhi(variable, phi);
    this.incomplete.delete(block);
  }
}

/** Removes phis whose arguments are all the same value (or the phi itself), until there are none. */
export function removeTrivialPhis(fn: IRFunction): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of fn.blocks) {
      block.phis = block.phis.filter((phi) => {
        const same = onlyArgument(phi);
        if (!same) return true;
        phi.replacement = same;
        phi.block = null;
        changed = true;
        return false;
      });
    }
  }
  applyReplacements(fn);
}

function onlyArgument(phi: Value): Value | null {
  let same: Value | null = null;
  for (const arg of phi.args) {
    const value = resolve(arg);
    if (value === phi || value === same) continue;
    if (same) return null;
    same = value;
  }
  return same;
}
