// Runs a bare-metal ELF on QEMU's virt board and gives back what it printed.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const QEMU = "qemu-system-riscv64";

export interface QemuOptions {
  /** Machine-mode program without firmware, or supervisor program under OpenSBI. */
  firmware: "none" | "opensbi";
  harts?: number;
  /** Standard input of the guest's serial port. */
  input?: string;
  timeoutSeconds?: number;
}

/** @returns output of the serial port and QEMU's exit code (the guest's, by the test device) */
export function runOnQemu(
  elf: Uint8Array,
  options: QemuOptions,
): { output: string; exitCode: number | null } {
  const folder = mkdtempSync(join(tmpdir(), "rel4-qemu-"));
  try {
    const file = join(folder, "program.elf");
    writeFileSync(file, elf);
    // a file takes every byte at once; into a pipe that is read too slowly, QEMU's serial port loses some
    const output = join(folder, "output");
    const outputFile = openSync(output, "w");
    const result = spawnSync(
      QEMU,
      [
        ...["-M", "virt", "-cpu", "rv64,zba=true,zbb=true,zbs=true,zbc=false", "-m", "64M"],
        // one thread for all harts: else which of them OpenSBI boots on depends on the host's load
        ...["-accel", "tcg,thread=single", "-smp", String(options.harts ?? 1)],
        ...["-display", "none", "-serial", "stdio", "-monitor", "none"],
        ...(options.firmware === "none" ? ["-bios", "none"] : []),
        ...["-kernel", file],
      ],
      {
        input: options.input ?? "",
        stdio: ["pipe", outputFile, "ignore"],
        timeout: (options.timeoutSeconds ?? 60) * 1000,
      },
    );
    closeSync(outputFile);
    return { output: readFileSync(output, "latin1"), exitCode: result.status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
