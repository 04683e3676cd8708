// The programs in docs/user-level.md are compiled and run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSystem } from "../src/index";
import { repositoryPath } from "../src/repository";
import { runImage } from "./run-system";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rel4-docs-"));
  const page = readFileSync(repositoryPath("docs/user-level.md"), "utf8");
  for (const [, name, text] of page.matchAll(/```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)```/g))
    writeFileSync(join(folder, name!), text!);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(system: string) {
  const { image } = await buildSystem(join(folder, system));
  return runImage(image);
}

describe("the programs of docs/user-level.md", () => {
  it("call asynchronously", async () => {
    expect(await run("system.ts")).toMatchObject({ output: "sum of squares: 285\n", end: 0 });
  });

  it("wait in a handler for another server", async () => {
    writeFileSync(
      join(folder, "asker.ts"),
      `import { AsyncClient } from "rel4";
export function main(): void {
  const front = AsyncClient.to("front");
  console.log(front.call(2, 1, 10).word0.toString());
  console.log(front.call(2, 0x1_0000_0000, 0x1_0000_0000).code.toString());
}
`,
    );
    writeFileSync(
      join(folder, "front-system.ts"),
      `import { defineSystem } from "rel4/system";
export default defineSystem({
  programs: {
    server: { source: "./server.ts", background: true },
    front: { source: "./front.ts", background: true },
    asker: { source: "./asker.ts" },
  },
  channels: [
    { from: "front", to: "server", kind: "async" },
    { from: "asker", to: "front", kind: "async" },
  ],
});
`,
    );
    expect(await run("front-system.ts")).toMatchObject({ output: "385\n1\n", end: 0 });
  });
});
