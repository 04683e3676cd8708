/** Runs a bootable ELF file on a machine and returns what it printed: on QEMU, or on this project's machine. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Runner = (elf: Uint8Array) => Promise<string>;

/** Whether a command can be run here. */
export function hasCommand(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const QEMU = "qemu-system-riscv64";
const TIMEOUT_MS = 60_000;

/** Runs an image on QEMU's virt board, one instruction a virtual nanosecond so that counters are exact. */
export async function runOnQemu(elf: Uint8Array): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "rel4-run-"));
  const file = join(directory, "image.elf");
  writeFileSync(file, elf);
  const machine = ["-M", "virt", "-m", "128M", "-bios", "none", "-icount", "shift=0"];
  const console = ["-display", "none", "-monitor", "none", "-serial", "stdio"];
  try {
    return await new Promise((resolve, reject) => {
      const options = { timeout: TIMEOUT_MS, maxBuffer: 1 << 26 };
      execFile(QEMU, [...machine, ...console, "-kernel", file], options, (error, stdout) => {
        if (error)
          reject(
            new Error(`${QEMU} failed: ${error.message}; it printed ${JSON.stringify(stdout.slice(-500))}`),
          );
        else resolve(stdout);
      });
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const hasQemu = (): boolean => hasCommand(QEMU);
