/** The errors of an invocation, as the documentation names them. */
import * as errors from "../../../abi/src/errors";
import type { World } from "../harness/world";
import type { Defect, Refusals } from "./refusal-table";

const NAMES = new Map(
  Object.entries(errors)
    .filter(([name]) => !name.startsWith("LOOKUP_"))
    .map(([name, code]) => [code as number, camelCase(name)]),
);
/** Errors that say which argument or capability is wrong. */
const NUMBERED: number[] = [errors.INVALID_ARGUMENT, errors.INVALID_CAPABILITY];

/** The errors in the order in which they are checked, each once in a row: `TruncatedMessage, InvalidCapability 1`. */
export function errorsOf({ prepare, never }: Refusals, world: World): string {
  const names = prepare(world).defects.map(nameOf);
  if (never !== undefined) names.push(nameOf({ error: never }));
  return names.filter((name, index) => name !== names[index - 1]).join(", ");
}

function nameOf({ error, details }: Pick<Defect, "error" | "details">): string {
  const name = NAMES.get(error)!;
  return NUMBERED.includes(error) ? `${name} ${details![0]}` : name;
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}
