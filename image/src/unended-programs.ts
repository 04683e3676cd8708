/**
 * What to say of a system that can never go on: which programs have not ended, as the root server notes in their start-info
 * pages, and whether it only waits for servers that should have been described as background programs.
 */
import { PEER_RUNS, START_INFO_PRESENCE_AT } from "@rel4/abi";
import type { BuiltSystem } from "./build-system";
import type { CheckedProgram } from "./check-program";

/** What is read of a machine; `Machine` of @rel4/machine is one. */
interface ReadableMachine {
  memory: { readU32(address: bigint): number };
}

/** One line with the names of the programs that have not ended, and a hint if there is one; undefined when none was started. */
export function describeUnended(
  system: Pick<BuiltSystem, "description" | "startInfo">,
  machine: ReadableMachine,
): { names: string; hint?: string } | undefined {
  const { programs } = system.description;
  const unended = programs.filter(
    (_, index) =>
      machine.memory.readU32(BigInt(system.startInfo[index]! + START_INFO_PRESENCE_AT)) === PEER_RUNS,
  );
  if (unended.length === 0) return undefined;
  const names = unended.map(({ name, background }) => (background ? `${name} (background)` : name));
  const awaited = unended.filter(({ background }) => !background);
  const onlyServers = awaited.length > 0 && awaited.every((program) => isServer(system, program));
  return { names: names.join(", "), ...(onlyServers && { hint: hintFor(awaited) }) };
}

/** Do others call it? */
function isServer({ description }: Pick<BuiltSystem, "description">, program: CheckedProgram): boolean {
  const index = description.programs.indexOf(program);
  return description.channels.some(({ to, kind }) => to === index && kind !== "notification");
}

function hintFor(servers: readonly CheckedProgram[]): string {
  const names = servers.map(({ name }) => name).join(" and ");
  const [serve, them] = servers.length === 1 ? ["serves", "it"] : ["serve", "them"];
  return `${names} ${serve} other programs: with background: true in the description the system ends without ${them}`;
}
