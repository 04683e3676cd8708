// Vitest's global set-up: what every test may assume has been built.
import { ensureCore } from "./build-core";

export default async function setup(): Promise<void> {
  await ensureCore();
}
