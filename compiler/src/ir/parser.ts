/** Reads the textual form that `printer.ts` writes. Used by tests and by the run-time helpers, which are written as IR. */
import type { FunctionType, ValueType } from "../wasm/module";
import { parseFloatBits } from "./float-bits";
import {
  Block,
  type FloatType,
  IRFunction,
  type Terminator,
  type TerminatorKind,
  type Type,
  Value,
} from "./ir";
import { OPERATIONS, type Operation } from "./operations";

const HEADER = /^function\s+("(?:[^"\\]|\\.)*"|[\w./~$]+)\(([\w,]*)\)->([\w,]*)\s*\{$/;
const BLOCK = /^b(\d+)(?:\s*\(([^)]*)\))?(\s+cold)?:$/;
const VALUE = /^(?:v(\d+):\s*(i32|i64|f32|f64)\s*=\s*)?(\w+)(?:\s*\[(.*?)\])?(?:\s+(.*))?$/;
const CONSTANT = /^(-?(?:0x[0-9a-f]+|\d+)):(i32|i64)$/;
const FLOAT_CONSTANT = /^(-?(?:[\d.]+(?:e[+-]?\d+)?|inf)|nan(?::0x[0-9a-f]+)?):(f32|f64)$/;
const TERMINATORS: ReadonlySet<string> = new Set(["jump", "branch", "switch", "table", "return", "trap"]);

const list = (text: string | undefined): string[] =>
  (text ?? "")
    .split(",")
    .map((s) => s.trim())
    .filter(Boolean);

/** Parses `i32,i64->i32`. */
export function parseSignature(text: string): FunctionType {
  const [params, results] = text.split("->");
  return { params: list(params) as ValueType[], results: list(results) as ValueType[] };
}

class Parser {
  private readonly values = new Map<string, Value>();
  private readonly blocks = new Map<string, Block>();
  private readonly operands: { args: Value[]; names: string[] }[] = [];
  private fn!: IRFunction;
  private block: Block | null = null;

  private readonly defined = new Set<Block>();

  constructor(private readonly text: string) {}

  parse(): IRFunction {
    const { text } = this;
    for (const [index, raw] of text.split("\n").entries()) {
      const line = raw.trim();
      if (!line || line.startsWith(";") || line === "}") continue;
      try {
        this.line(line);
      } catch (error) {
        throw new SyntaxError(`line ${index + 1}: ${(error as Error).message}: ${line}`);
      }
    }
    for (const { args, names } of this.operands) args.push(...names.map((name) => this.operand(name)));
    this.fn.blocks = [...this.defined];
    return this.fn;
  }

  /** One past the largest number used with this letter anywhere in the text. */
  private used(letter: string): number {
    const numbers = [...this.text.matchAll(new RegExp(`\\b${letter}(\\d+)\\b`, "g"))].map((match) =>
      Number(match[1]),
    );
    return numbers.reduce((a, b) => Math.max(a, b), -1) + 1;
  }

  private line(line: string): void {
    const header = HEADER.exec(line);
    if (header) {
      const name = header[1]!.startsWith('"') ? (JSON.parse(header[1]!) as string) : header[1]!;
      this.fn = new IRFunction(name, parseSignature(`${header[2]}->${header[3]}`));
      this.fn.reserve(this.used("v"), this.used("b"));
      return;
    }
    const start = BLOCK.exec(line);
    if (start) {
      this.block = this.blockNamed(`b${start[1]}`);
      this.defined.add(this.block);
      this.block.cold = start[3] !== undefined;
      this.block.predecessors = list(start[2]).map((name) => this.blockNamed(name));
      return;
    }
    if (!this.block) throw new Error("value outside a block");
    const word = /^\w+/.exec(line)![0];
    if (TERMINATORS.has(word))
      this.block.terminator = this.terminator(word as TerminatorKind, line.slice(word.length));
    else this.value(line, this.block);
  }

  private blockNamed(name: string): Block {
    let block = this.blocks.get(name);
    if (!block) {
      block = new Block(Number(name.slice(1)));
      this.blocks.set(name, block);
    }
    return block;
  }

  private terminator(kind: TerminatorKind, rest: string): Terminator {
    const parts = list(rest);
    const names = parts.filter((part) => !/^b\d+$/.test(part));
    const destinations = parts.filter((part) => /^b\d+$/.test(part)).map((name) => this.blockNamed(name));
    const targets = [...new Set(destinations)];
    const cases =
      kind === "switch" || kind === "table" ? destinations.map((block) => targets.indexOf(block)) : [];
    const args: Value[] = [];
    this.operands.push({ args, names });
    return { kind, args, targets, cases };
  }

  private value(line: string, block: Block): void {
    const match = VALUE.exec(line);
    if (!match || !Object.hasOwn(OPERATIONS, match[3]!)) throw new Error("unknown operation");
    const op = match[3] as Operation;
    const type = (match[2] as Type | undefined) ?? null;
    const value = match[1] ? new Value(Number(match[1]), op, type, []) : this.fn.value(op, type, []);
    this.attributes(value, match[4] ?? "");
    this.operands.push({ args: value.args, names: list(match[5]) });
    if (match[1] !== undefined) this.values.set(`v${match[1]}`, value);
    value.block = block;
    (value.op === "phi" ? block.phis : block.instructions).push(value);
  }

  private attributes(value: Value, text: string): void {
    for (const [, name, content] of text.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|\S+)/g)) {
      if (name === "symbol") value.symbol = JSON.parse(content!) as string;
      else if (name === "signature") value.signature = parseSignature(content!);
      else if (name === "signed") value.signed = content === "1";
      else if (name === "suspends") value.suspends = content === "1";
      else if (name === "index" || name === "offset" || name === "size" || name === "order")
        value[name] = Number(content);
      else throw new Error(`unknown attribute ${name}`);
    }
  }

  private operand(name: string): Value {
    const constant = CONSTANT.exec(name);
    if (constant)
      return this.fn.constant(
        constant[2] as Type,
        BigInt(constant[1]!.replace(/^-/, "")) * (name.startsWith("-") ? -1n : 1n),
      );
    const float = FLOAT_CONSTANT.exec(name);
    if (float) {
      const type = float[2] as FloatType;
      return this.fn.constant(type, parseFloatBits(type, float[1]!));
    }
    const value = this.values.get(name);
    if (!value) throw new SyntaxError(`undefined value ${name}`);
    return value;
  }
}

/**
 * Parses one function.
 * @throws SyntaxError with the line's number
 */
export function parseFunction(text: string): IRFunction {
  return new Parser(text).parse();
}
