/**
 * Atomic instructions of the threads proposal. RISC-V has read-modify-write instructions for 4 and 8 bytes; narrower
 * ones become a compare-exchange loop on the word around them. All of wasm's atomics are sequentially consistent.
 */
import { branch, type Type, type Value } from "../ir/ir";
import type { Operation } from "../ir/operations";
import type { FunctionEmitter } from "./emitter";
import type { AtomicInstruction } from "./opcodes";

const SEQUENTIAL = 3;

/**
 * Emits an atomic access.
 * @param address i32 address without `offset`
 * @param operands value(s): none for a load, expected and replacement for a compare-exchange
 * @returns the value loaded, or null for a store
 */
export function translateAtomic(
  emitter: FunctionEmitter,
  atomic: AtomicInstruction,
  address: Value,
  operands: Value[],
  offset: number,
): Value | null {
  const { kind, type, size } = atomic;
  const attributes = { offset, size, order: SEQUENTIAL };
  if (kind === "load")
    return emitter.emit("atomicLoad", type, [address], { ...attributes, signed: size === typeSize(type) });
  if (kind === "store") {
    emitter.emit("atomicStore", null, [address, operands[0]!], attributes);
    return null;
  }
  const access: Type = size === 8 ? "i64" : "i32";
  const narrow = operands.map((value) =>
    value.type === access ? value : emitter.emit("wrap", "i32", [value]),
  );
  const old =
    size < 4
      ? subwordUpdate(emitter, atomic, address, narrow, offset)
      : wordUpdate(emitter, atomic, address, narrow, offset);
  return type === access ? old : emitter.emit("extu", "i64", [old]);
}

const typeSize = (type: Type): number => (type === "i32" ? 4 : 8);

function wordUpdate(
  emitter: FunctionEmitter,
  { kind, symbol, size }: AtomicInstruction,
  address: Value,
  operands: Value[],
  offset: number,
): Value {
  const type: Type = size === 8 ? "i64" : "i32";
  const attributes = { offset, size, order: SEQUENTIAL };
  if (kind === "exchange")
    return emitter.emit("atomicCompareExchange", type, [address, ...operands], attributes);
  if (symbol !== "sub")
    return emitter.emit("atomicUpdate", type, [address, operands[0]!], { ...attributes, symbol });
  const negated = emitter.emit("sub", type, [emitter.constant(type, 0), operands[0]!]);
  return emitter.emit("atomicUpdate", type, [address, negated], { ...attributes, symbol: "add" });
}

/** old = word; until compare-exchange(word, old, old with the field replaced) succeeds. */
function subwordUpdate(
  emitter: FunctionEmitter,
  { kind, symbol, size }: AtomicInstruction,
  address: Value,
  operands: Value[],
  offset: number,
): Value {
  const { fn } = emitter;
  const i32 = (op: Operation, a: Value, b: Value): Value => emitter.emit(op, "i32", [a, b]);
  const literal = (value: number): Value => emitter.constant("i32", value);
  const mask = literal(size === 1 ? 0xff : 0xffff);
  const place = i32("add", address, literal(offset));
  const word = i32("and", place, literal(-4));
  const shift = i32("shl", i32("and", place, literal(3)), literal(3));
  const fieldMask = i32("xor", i32("shl", mask, shift), literal(-1));
  const wanted = kind === "exchange" ? i32("and", operands[0]!, mask) : null;

  const loop = fn.addBlock();
  const done = fn.addBlock();
  emitter.jumpTo(loop);
  emitter.current = loop;
  const old = emitter.emit("atomicLoad", "i32", [word], { size: 4, signed: true });
  const field = i32("and", i32("shru", old, shift), mask);
  if (wanted) {
    const attempt = fn.addBlock();
    branch(loop, i32("eq", field, wanted), attempt, done);
    emitter.builder.seal(attempt);
    emitter.current = attempt;
  }
  const replacement = i32(
    "and",
    wanted ? operands[1]! : replacementField(symbol, field, operands[0]!, i32),
    mask,
  );
  const next = i32("or", i32("and", old, fieldMask), i32("shl", replacement, shift));
  const attributes = { size: 4, order: SEQUENTIAL };
  const seen = emitter.emit("atomicCompareExchange", "i32", [word, old, next], attributes);
  branch(emitter.current, i32("eq", seen, old), done, loop);
  emitter.builder.seal(loop);
  emitter.builder.seal(done);
  emitter.current = done;
  return field;
}

function replacementField(
  symbol: string,
  field: Value,
  operand: Value,
  i32: (op: Operation, a: Value, b: Value) => Value,
): Value {
  return symbol === "swap" ? operand : i32(symbol as Operation, field, operand);
}
