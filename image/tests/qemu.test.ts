// The same images boot on stock QEMU, which has no user interrupts.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSystem } from "../src/index";
import { repositoryPath } from "../src/repository";

const QEMU = "qemu-system-riscv64";
const hasQemu = spawnSync(QEMU, ["--version"]).status === 0;
if (!hasQemu) console.warn(`skipped: ${QEMU} is not installed`);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rel4-qemu-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Builds a system and boots it on QEMU with `harts` harts. */
async function bootOnQemu(
  system: Parameters<typeof buildSystem>[0],
  harts: number,
  args?: Record<string, string[]>,
): Promise<{ output: string; exitCode: number | null }> {
  const image = join(folder, "image.elf");
  writeFileSync(image, (await buildSystem(system, { arguments: args })).image);
  // One host thread for all harts: with one each, harts that wait for each other crawl on a busy host.
  const options = [
    "-M",
    "virt",
    "-accel",
    "tcg,thread=single",
    "-smp",
    String(harts),
    "-m",
    "64M",
    "-nographic",
    "-kernel",
    image,
  ];
  // A file, not a pipe: QEMU drops what a full pipe does not take at once.
  const outputFile = join(folder, "output");
  const handle = openSync(outputFile, "w");
  const { status } = spawnSync(QEMU, options, {
    input: "",
    stdio: ["pipe", handle, "ignore"],
    timeout: 90_000,
  });
  closeSync(handle);
  return { output: readFileSync(outputFile, "utf8"), exitCode: status };
}

describe.skipIf(!hasQemu)("on QEMU", () => {
  it.each([
    [1, ["endpoint-local"]],
    [2, ["endpoint-local", "endpoint-remote", "notification"]],
    [4, ["endpoint-local", "endpoint-remote", "notification"]],
  ])("the tour prints the rows that %i harts allow, and cannot count traps", async (harts, modes) => {
    const tour = repositoryPath("programs/tour/system.ts");
    const { output, exitCode } = await bootOnQemu(tour, harts, { client: ["--json"] });
    const { rows } = JSON.parse(/^\{"rows".*$/m.exec(output)?.[0] ?? output);
    expect(rows.map(({ mode }: { mode: string }) => mode)).toEqual(modes);
    expect(rows[0].trapsPerRoundTrip).toBeNull();
    expect(exitCode).toBe(0);
  });

  it("async channels fall back to the kernel's signals", async () => {
    const { output, exitCode } = await bootOnQemu(repositoryPath("programs/mailbox/system.ts"), 2);
    expect(output).toMatch(/^writer: all 3 letters were read\r?$/m);
    expect(exitCode).toBe(0);
  });

  it("asynchronous calls are carried by a kernel without synchronous IPC", async () => {
    const directory = repositoryPath("programs/checks");
    const programs = {
      sums: { source: "./sums.ts", arguments: ["adder", "40", "25"] },
      adder: { source: "./adder.ts", hart: 1, background: true },
    };
    const channels = [{ from: "sums", to: "adder", kind: "async" }];
    const description = { kernel: { syncIpc: false }, programs, channels };
    const { output, exitCode } = await bootOnQemu({ description, directory }, 2);
    expect(output).toMatch(/^sums: 1000 of 1000 are right\r?$/m);
    expect(exitCode).toBe(0);
  });

  it("exit codes and fault reports arrive", async () => {
    const directory = repositoryPath("programs/checks");
    const exit = { programs: { code: { source: "./exit-code.ts", arguments: ["42"] } } };
    expect((await bootOnQemu({ description: exit, directory }, 1)).exitCode).toBe(42);
    const fault = { programs: { "null-pointer": { source: "./null-pointer.ts" } } };
    const { output, exitCode } = await bootOnQemu({ description: fault, directory }, 1);
    expect(output).toMatch(
      /program "null-pointer" stopped: it read from address 0x4, through a null pointer/,
    );
    expect(exitCode).toBe(139);
  });
});
