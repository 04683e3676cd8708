/** Instruction selection for the ends of blocks: branches fused with comparisons, jump tables, phi copies. */

import { fitsImmediate, lowMask, powerOfTwo } from "../ir/bits";
import type { Block, Value } from "../ir/ir";
import { type BranchCondition, invert } from "./machine";
import { NONE } from "./registers";
import type { Selector } from "./selector";

const CONDITIONS: Record<string, BranchCondition> = {
  eq: "beq",
  ne: "bne",
  lts: "blt",
  ltu: "bltu",
  ges: "bge",
  geu: "bgeu",
};

export class ControlSelector {
  constructor(private readonly s: Selector) {}

  branch(condition: Value, ifTrue: Block, ifFalse: Block): void {
    const { s } = this;
    let value = condition;
    let inverted = false;
    while (value.op === "eqz") {
      inverted = !inverted;
      value = value.args[0]!;
    }
    const emit = (on: BranchCondition, left: number, right: number): void => {
      const targets = [s.machineBlock(ifTrue), s.machineBlock(ifFalse)];
      s.emit("branch", NONE, [left, right], 0, { condition: inverted ? invert(on) : on, targets });
    };
    const compared = CONDITIONS[value.op];
    if (compared) emit(compared, s.register(value.args[0]!), s.register(value.args[1]!));
    else if (!this.bitTest(value, emit)) emit("bne", s.register(value), 0);
  }

  /** Tests of bits that `andi` cannot reach: shift them to the top. */
  private bitTest(value: Value, emit: (on: BranchCondition, left: number, right: number) => void): boolean {
    const { s } = this;
    const mask = value.op === "and" && value.args[1]!.op === "const" ? value.args[1]!.constant : null;
    if (mask === null) return false;
    const source = value.args[0]!;
    const bit = powerOfTwo(BigInt.asUintN(value.type === "i32" ? 32 : 64, mask));
    const ones = lowMask(mask);
    const shifted = source.op === "shru" && source.args[1]!.op === "const" && !s.isNeeded(source);
    if (bit >= 0 && shifted) {
      const width = source.type === "i32" ? 32 : 64;
      const place = bit + Number(source.args[1]!.constant & BigInt(width - 1));
      if (place < width) {
        emit("blt", s.emitTo("slli", [s.lowBitsOrRegister(source.args[0]!, place)], 63 - place), 0);
        return true;
      }
    }
    if (fitsImmediate(mask)) return false;
    if (bit >= 0) emit("blt", s.emitTo("slli", [s.lowBitsOrRegister(source, bit)], 63 - bit), 0);
    else if (ones > 0) emit("bne", s.emitTo("slli", [s.lowBitsOrRegister(source, ones - 1)], 64 - ones), 0);
    else return false;
    return true;
  }

  /** Copies for the phis of the only successor, as if done all at once. */
  phiCopies(block: Block): void {
    const { s } = this;
    const successor = block.successors[0]!;
    const edge = successor.predecessors.indexOf(block);
    const copies: { to: number; from: number }[] = [];
    const constants: { to: number; value: Value }[] = [];
    for (const phi of successor.phis) {
      const source = s.strip(phi.args[edge]!);
      if (source === phi) continue;
      const to = s.resultRegister(phi);
      if (source.op === "const") constants.push({ to, value: source });
      else copies.push({ to, from: s.register(source) });
    }
    this.sequentialize(copies.filter(({ to, from }) => to !== from));
    for (const { to, value } of constants) s.emitConstant(to, value);
  }

  /** Orders parallel copies so that no source is overwritten before it is read; cycles go through a new register. */
  private sequentialize(copies: { to: number; from: number }[]): void {
    const { s } = this;
    const pending = [...copies];
    while (pending.length > 0) {
      const free = pending.findIndex(({ to }) => !pending.some(({ from }) => from === to));
      if (free >= 0) {
        const [{ to, from }] = pending.splice(free, 1) as [{ to: number; from: number }];
        s.emit("mv", to, [from]);
        continue;
      }
      const blocked = pending[0]!.from;
      const saved = s.copy(blocked);
      for (const copy of pending) if (copy.from === blocked) copy.from = saved;
    }
  }
}
