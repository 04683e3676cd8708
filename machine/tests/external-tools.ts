// Programs some tests compare with. A test whose tool is missing is skipped, and its name says why.
import { spawnSync } from "node:child_process";

/** True when `program` can be started. */
export function hasTool(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}

/** What to add to the name of a test that is skipped without `program`. */
export function unlessMissing(program: string, present: boolean): string {
  return present ? "" : ` (skipped: ${program} is not installed)`;
}

/** Tries until it works, for five seconds: a program that was just started takes a while. */
export async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
