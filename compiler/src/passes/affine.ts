/**
 * Values that are linear in a loop's counter: `counter × multiplier + terms`, where multiplier and terms do not change in
 * the loop. All arithmetic is modulo the type's width, so nothing has to be assumed about overflow.
 */
import type { Loop } from "../ir/control-flow";
import { type Block, isConstant, type Value } from "../ir/ir";

/** A loop variable that grows by the same amount in every iteration. */
export interface Counter {
  phi: Value;
  initial: Value;
  /** Invariant. */
  step: Value;
}

/** counter × factor × scale + Σ terms[t] × t + constant. */
export interface AffineForm {
  counter: Counter;
  factor: bigint;
  /** An invariant factor that is no constant, if there is one. */
  scale: Value | null;
  terms: Map<Value, bigint>;
  constant: bigint;
}

const MAX_TERMS = 3;

/** Whether a value does not change in a loop. */
export function isInvariant(value: Value, loop: Loop): boolean {
  return isConstant(value) || !loop.body.has(value.block!);
}

/** The counters of a loop with one latch: phis whose next value is the phi plus something invariant. */
export function countersOf(loop: Loop, latch: Block): Counter[] {
  const { header, preheader } = loop;
  const inside = header.predecessors.indexOf(latch);
  const outside = header.predecessors.indexOf(preheader!);
  return header.phis.flatMap((phi) => {
    const next = phi.args[inside]!;
    const step = next.op === "add" && next.args[0] === phi ? next.args[1]! : null;
    if (!step || !isInvariant(step, loop)) return [];
    return [{ phi, initial: phi.args[outside]!, step }];
  });
}

/** Finds affine forms of a loop's values. */
export class AffineAnalysis {
  private readonly known = new Map<Value, AffineForm | null>();

  constructor(
    private readonly loop: Loop,
    counters: Counter[],
  ) {
    for (const counter of counters)
      this.known.set(counter.phi, { counter, factor: 1n, scale: null, terms: new Map(), constant: 0n });
  }

  /** The form of a value inside the loop, or null. */
  form(value: Value): AffineForm | null {
    const known = this.known.get(value);
    if (known !== undefined) return known;
    const result = value.op === "phi" || isInvariant(value, this.loop) ? null : this.derive(value);
    this.known.set(value, result);
    return result;
  }

  private derive({ op, args }: Value): AffineForm | null {
    const [a, b] = args;
    if (!a || !b) return null;
    if (op === "add") return this.sum(a, b) ?? this.sum(b, a);
    if (op === "shl" && isConstant(b))
      return this.scaled(a, 1n << (b.constant & (a.type === "i32" ? 31n : 63n)));
    if (op === "mul" && isConstant(b)) return this.scaled(a, b.constant);
    if (op === "mul") return this.multiplied(a, b) ?? this.multiplied(b, a);
    return null;
  }

  private sum(variable: Value, invariant: Value): AffineForm | null {
    const form = isInvariant(invariant, this.loop) ? this.form(variable) : null;
    if (!form) return null;
    if (isConstant(invariant)) return { ...form, constant: form.constant + invariant.constant };
    const terms = new Map(form.terms);
    terms.set(invariant, (terms.get(invariant) ?? 0n) + 1n);
    return terms.size > MAX_TERMS ? null : { ...form, terms };
  }

  private scaled(variable: Value, factor: bigint): AffineForm | null {
    const form = this.form(variable);
    if (!form) return null;
    const terms = new Map([...form.terms].map(([term, count]) => [term, count * factor]));
    return { ...form, factor: form.factor * factor, terms, constant: form.constant * factor };
  }

  private multiplied(variable: Value, invariant: Value): AffineForm | null {
    const form = isInvariant(invariant, this.loop) ? this.form(variable) : null;
    if (!form || form.scale || form.terms.size > 0) return null;
    const terms = new Map(form.constant === 0n ? [] : [[invariant, form.constant]]);
    return { ...form, scale: invariant, terms, constant: 0n };
  }
}

/** Forms with the same key differ by a constant only. */
export function formKey({ counter, factor, scale, terms }: AffineForm, type: string | null): string {
  const parts = [...terms].map(([term, count]) => `${term.id}*${count}`).sort();
  return `${type} ${counter.phi.id}*${factor}*${scale?.id ?? ""} ${parts.join(" ")}`;
}
