/**
 * Which functions may suspend: run `switchStack`, so that other stacks run before they return. Calls of these lose all
 * registers, so the whole program has to agree on the answer.
 */
import { type CallGraph, isIntrinsic, type Reach } from "./call-graph";
import type { WasmFunction, WasmModule } from "./module";

/** The functions, and the signatures of indirect calls, that may suspend. */
export type Suspension = Reach;

/** Finds what may suspend; nothing, at no cost, in a module that does not import `switchStack`. */
export function findSuspension(module: WasmModule, callGraph: () => CallGraph): Suspension {
  const start = module.functions.find((target) => isIntrinsic(target, "switchStack"));
  if (!start) return { functions: new Set(), signatures: new Set() };
  return callGraph().callersOf([start]);
}

/**
 * Functions that may suspend and that something besides compiled code can call: through an export, the start function, or
 * an address from `functionAddress` or `handlerAddress`. They need an entry that preserves s0–s11, and fs0–fs11 where the
 * program uses floating point.
 */
export function outsideEntries(module: WasmModule, { functions }: Suspension): Set<WasmFunction> {
  const known = new Set<number | null>(module.exports.values());
  known.add(module.start);
  const givesAddresses = (target: WasmFunction): boolean =>
    isIntrinsic(target, "functionAddress") || isIntrinsic(target, "handlerAddress");
  if (module.functions.some(givesAddresses)) for (const index of module.table) known.add(index);
  return new Set([...functions].filter(({ index }) => known.has(index)));
}
