// Our machine for tests in Node: runs an ELF and gives back what it printed.
import { ensureCore } from "../../tools/build-core";
import { Machine } from "../src/index";

type MachineOptions = Parameters<typeof Machine.create>[0];

export interface TestRun {
  output: string;
  reason: string;
  exitCode: number | undefined;
  machine: Machine;
}

/** Runs `elf` on a machine with `options`, with everything typed at its console before it starts. */
export async function runElf(
  elf: Uint8Array,
  options: Omit<MachineOptions, "core">,
  { input = "", maxInstructions = 500_000_000 }: { input?: string; maxInstructions?: number } = {},
): Promise<TestRun> {
  const machine = await Machine.create({ core: await ensureCore(), ...options });
  const characters: string[] = [];
  machine.console.onOutput((bytes) => {
    for (const byte of bytes) characters.push(String.fromCharCode(byte));
  });
  machine.loadElf(elf);
  if (input !== "") machine.console.input(input);
  const result = await machine.run({ maxInstructions });
  return {
    output: characters.join(""),
    reason: result.reason,
    exitCode: "exitCode" in result ? result.exitCode : undefined,
    machine,
  };
}

/** Runs a machine-mode program on one hart without user interrupts, as QEMU's virt is. */
export function runBare(elf: Uint8Array): Promise<TestRun> {
  return runElf(elf, { harts: 1, memory: 64 << 20, firmware: "none", uintc: false });
}
