/**
 * Where arguments are passed: the psABI's lp64d. Floating-point arguments take fa0–fa7, integers a0–a7; a float that finds no
 * register of its own class takes the next integer register; what is left lies on the stack, 8 bytes each, in order.
 */
import { reg } from "../assembler/registers";
import type { ValueType } from "../wasm/module";
import { ARGUMENT_REGISTERS, FLOAT_ARGUMENT_REGISTERS, FLOAT_RESULT_REGISTER } from "./registers";

/** A register, or a place on the stack: the slot's number. */
export type ArgumentPlace = { register: number } | { slot: number };

const isFloat = (type: ValueType | null): boolean => type === "f32" || type === "f64";

/** The places of arguments of these types. */
export function argumentPlaces(types: readonly ValueType[]): ArgumentPlace[] {
  const floats = [...FLOAT_ARGUMENT_REGISTERS];
  const integers = [...ARGUMENT_REGISTERS];
  let slots = 0;
  return types.map((type) => {
    const register = (isFloat(type) ? floats.shift() : undefined) ?? integers.shift();
    return register === undefined ? { slot: slots++ } : { register };
  });
}

/** How many arguments of these types lie on the stack. */
export function stackArguments(types: readonly ValueType[]): number {
  return argumentPlaces(types).filter((place) => "slot" in place).length;
}

/** Where a result of this type is. */
export const resultRegister = (type: ValueType): number => (isFloat(type) ? FLOAT_RESULT_REGISTER : reg.a0);
