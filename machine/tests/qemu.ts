// Runs a bare-metal ELF on QEMU's virt board and gives back what it printed.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
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
  /** Processor, default rv64 with the bit-manipulation extensions our machine has. */
  cpu?: string;
  /**
   * One thread for all harts, the default: else which of them OpenSBI boots on depends on the host's load. With one thread, AMOs are
   * a load and a store, and a fault is that of a load.
   */
  threads?: "single" | "multi";
  /** Looks at interrupts between any two instructions, as our machine does, and not only at jumps. */
  singleStep?: boolean;
  /** Bytes at the beginning of RAM to give back as they are in the end. */
  memoryBytes?: number;
}

const CPU = "rv64,zba=true,zbb=true,zbs=true,zbc=false";
const MEMORY = "64M";

/** @returns output of the serial port, QEMU's exit code (the guest's, by the test device), and memory if asked for */
export function runOnQemu(
  elf: Uint8Array,
  options: QemuOptions,
): { output: string; exitCode: number | null; memory: Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), "rel4-qemu-"));
  try {
    const file = join(folder, "program.elf");
    writeFileSync(file, elf);
    // a file takes every byte at once; into a pipe that is read too slowly, QEMU's serial port loses some
    const output = join(folder, "output");
    const outputFile = openSync(output, "w");
    const ram = join(folder, "ram");
    const result = spawnSync(
      QEMU,
      [
        ...["-M", "virt,memory-backend=ram", "-cpu", options.cpu ?? CPU, "-m", MEMORY],
        ...["-object", `memory-backend-file,id=ram,size=${MEMORY},mem-path=${ram},share=on`],
        ...(options.singleStep ? ["-singlestep"] : []),
        ...["-accel", `tcg,thread=${options.threads ?? "single"}`, "-smp", String(options.harts ?? 1)],
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
    return {
      output: readFileSync(output, "latin1"),
      exitCode: result.status,
      memory: readBeginning(ram, options.memoryBytes ?? 0),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readBeginning(path: string, bytes: number): Uint8Array {
  const beginning = new Uint8Array(bytes);
  const file = openSync(path, "r");
  readSync(file, beginning);
  closeSync(file);
  return beginning;
}
