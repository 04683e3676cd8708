// A boot loader nobody here wrote: U-Boot (Debian package u-boot-qemu), as a supervisor under the built-in firmware and in M mode.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ensureCore } from "../../tools/build-core";
import { Machine } from "../src/index";

const FOLDER = "/usr/lib/u-boot";
const installed = existsSync(`${FOLDER}/qemu-riscv64_smode/u-boot.bin`);
const LIMIT = 600_000_000;
const PROMPT = "=> ";

async function typeToPrompt(image: string, entry: bigint, firmware: "sbi" | "none", ...commands: string[]) {
  const machine = await Machine.create({ core: await ensureCore(), harts: 1, memory: 128 << 20, firmware });
  let output = "";
  machine.console.onOutput((bytes) => {
    output += String.fromCharCode(...bytes);
  });
  machine.memory.write(entry, new Uint8Array(readFileSync(`${FOLDER}/${image}/u-boot.bin`)));
  machine.boot(entry);
  await machine.run({ maxInstructions: LIMIT, until: () => output.includes("stop autoboot") });
  let result: Awaited<ReturnType<Machine["run"]>> | undefined;
  for (const command of ["", ...commands]) {
    const before = output.length;
    machine.console.input(`${command}\n`);
    const prompted = () => output.slice(before).includes(`\n${PROMPT}`);
    result = await machine.run({ maxInstructions: LIMIT, until: prompted });
  }
  return { output, result };
}

describe("U-Boot", () => {
  it.skipIf(!installed).each([
    ["under the built-in firmware", "qemu-riscv64_smode", 0x8020_0000n, "sbi"],
    ["in machine mode", "qemu-riscv64", 0x8000_0000n, "none"],
  ] as const)(
    `takes commands at the serial port and powers off, %s${installed ? "" : " (skipped: u-boot-qemu is not installed)"}`,
    async (_, image, entry, firmware) => {
      const { output, result } = await typeToPrompt(image, entry, firmware, "bdinfo", "poweroff");
      expect(output).toContain("DRAM:  128 MiB");
      expect(output).toContain("-> size     = 0x0000000008000000");
      expect(result).toEqual({ reason: "poweroff", exitCode: 0 });
    },
  );
});
