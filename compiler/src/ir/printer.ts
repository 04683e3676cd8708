/**
 * Textual form of the IR. `parser.ts` reads it back; the two round-trip.
 *
 * ```
 * function sum(i32)->i64 {
 * b0:
 *   v0: i32 = param [index=0]
 *   jump b1
 * b1 (b0, b1):
 *   v1: i64 = phi 0:i64, v2
 *   v2: i64 = add v1, 3:i64
 *   branch v0, b1, b2
 * b2 (b1):
 *   return v2
 * }
 * ```
 */
import { signatureText } from "../wasm/module";
import { printFloat } from "./float-bits";
import { type Block, type IRFunction, isFloat, type Terminator, type Value } from "./ir";
import { type Attribute, OPERATIONS } from "./operations";

/** A value as an operand: `v3`, or a constant with its type. */
export function printOperand(value: Value): string {
  const { op, type, constant } = value;
  if (op !== "const") return `v${value.id}`;
  return `${isFloat(type) ? printFloat(type, constant) : constant}:${type}`;
}

function printAttribute(value: Value, attribute: Attribute): string {
  switch (attribute) {
    case "symbol":
      return `symbol=${JSON.stringify(value.symbol)}`;
    case "signature":
      return `signature=${signatureText(value.signature!)}`;
    case "signed":
      return value.signed ? "signed=1" : "signed=0";
    case "suspends":
      return "suspends=1";
    default:
      return `${attribute}=${value[attribute]}`;
  }
}

/** One value as a line of text, without indentation. */
export function printValue(value: Value): string {
  const result = value.type ? `v${value.id}: ${value.type} = ` : "";
  const all: readonly Attribute[] = OPERATIONS[value.op].attributes;
  const names = all.filter((name) => name !== "suspends" || value.suspends);
  const attributes =
    names.length > 0 ? ` [${names.map((name) => printAttribute(value, name)).join(" ")}]` : "";
  const operands = value.args.length > 0 ? ` ${value.args.map(printOperand).join(", ")}` : "";
  return `${result}${value.op}${attributes}${operands}`;
}

function printTerminator({ kind, args, targets, cases }: Terminator): string {
  const operands = args.map(printOperand);
  const blocks = targets.map((target) => `b${target.id}`);
  if (kind === "switch" || kind === "table")
    return `${kind} ${operands[0]}, ${cases.map((index) => blocks[index]).join(", ")}`;
  const rest = [...operands, ...blocks].join(", ");
  return rest ? `${kind} ${rest}` : kind;
}

function printBlock(block: Block): string {
  const from = block.predecessors.map((p) => `b${p.id}`).join(", ");
  const lines = [...block.phis, ...block.instructions].map(printValue);
  lines.push(printTerminator(block.terminator));
  const cold = block.cold ? " cold" : "";
  return [`b${block.id}${from ? ` (${from})` : ""}${cold}:`, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** The whole function as text. */
export function printFunction(fn: IRFunction): string {
  const { params, results } = fn.type;
  const header = `function ${JSON.stringify(fn.name)}(${params.join(",")})->${results.join(",")} {`;
  return [header, ...fn.blocks.map(printBlock), "}", ""].join("\n");
}
