/** Runs a bootable ELF file and returns what it printed: on this project's machine, or on QEMU. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Machine } from "../../machine/src";
import { ensureCore } from "../../tools/build-core";

/** Console output of a program that powers the machine off. */
export type Runner = (elf: Uint8Array) => Promise<string>;

const MEMORY = 48 << 20;
/** Far more than any test needs; a program that loops ends here. */
const MAX_INSTRUCTIONS = 200_000_000;

let core: Promise<WebAssembly.Module> | undefined;

/** Runs an image on our machine, without firmware. */
export async function runOnMachine(elf: Uint8Array): Promise<string> {
  core ??= ensureCore().then((bytes) => WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>));
  const machine = await Machine.create({ harts: 1, memory: MEMORY, firmware: "none", core: await core });
  const output: number[] = [];
  machine.console.onOutput((bytes) => {
    for (const byte of bytes) output.push(byte);
  });
  machine.loadElf(elf);
  const result = await machine.run({ maxInstructions: MAX_INSTRUCTIONS });
  const text = new TextDecoder().decode(new Uint8Array(output));
  if (result.reason !== "poweroff")
    throw new Error(`the program ended by ${result.reason}; it printed ${text.slice(-500)}`);
  return text;
}

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

/** Runs an image on QEMU's virt board, one virtual nanosecond an instruction, so that counters are exact. */
export async function runOnQemu(elf: Uint8Array): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "rel4-run-"));
  const file = join(directory, "image.elf");
  writeFileSync(file, elf);
  // a file takes every byte at once; into a pipe that is read too slowly, QEMU's serial port loses some
  const output = join(directory, "output");
  const machine = ["-M", "virt", "-m", "128M", "-bios", "none", "-icount", "shift=0"];
  const console = ["-display", "none", "-monitor", "none", "-serial", `file:${output}`];
  try {
    return await new Promise((resolve, reject) => {
      execFile(QEMU, [...machine, ...console, "-kernel", file], { timeout: TIMEOUT_MS }, (error) => {
        const text = existsSync(output) ? readFileSync(output, "utf8") : "";
        if (error) reject(new Error(`${QEMU} failed: ${error.message}; it printed ${text.slice(-500)}`));
        else resolve(text);
      });
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const hasQemu = (): boolean => hasCommand(QEMU);
