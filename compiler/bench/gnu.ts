/** Builds the C program with gcc, driven by the same assembly as ours. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Fragment, fragmentText } from "../src";

export const GCC = "riscv64-linux-gnu-gcc";

/** Assembly text of fragments for GNU as; `boot` becomes the first thing in the image. */
function assemblyText(fragments: Fragment[]): string {
  const sections = { code: ".text", rodata: ".rodata", data: ".data" };
  return fragments
    .map((fragment) => {
      const section = fragment.name === "boot" ? '.section .text.start, "ax"' : sections[fragment.section];
      return `${section}\n.balign ${fragment.alignment}\n.globl ${fragment.name}\n${fragmentText(fragment)}`;
    })
    .join("\n");
}

/**
 * Compiles the C program with gcc -O2 and links it with the fragments.
 * @param march for example rv64imafdc_zicsr_zifencei_zba_zbb_zbs
 * @returns the ELF file
 */
export function buildWithGcc(fragments: Fragment[], march: string): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), "rel4-bench-"));
  const sources = fileURLToPath(new URL("./c/", import.meta.url));
  try {
    const assembly = join(directory, "harness.s");
    const output = join(directory, "peer.elf");
    writeFileSync(assembly, assemblyText(fragments));
    const target = [`-march=${march}`, "-mabi=lp64d", "-mcmodel=medany"];
    const freestanding = [
      "-ffreestanding",
      "-nostdlib",
      "-static",
      "-fno-pic",
      "-fno-tree-loop-distribute-patterns",
      // the same results: nothing is fused, as wasm has it; and nobody asks for errno
      "-ffp-contract=off",
      "-fno-math-errno",
    ];
    // the harness's assembly, which passes no floating-point numbers, is built for the ABI without them
    const harnessAbi = "-Wl,--no-warn-mismatch";
    const files = [
      join(sources, "kernel.c"),
      join(sources, "setup.c"),
      assembly,
      "-T",
      join(sources, "link.ld"),
      "-o",
      output,
    ];
    execFileSync(GCC, ["-O2", ...target, ...freestanding, harnessAbi, ...files, "-lgcc"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    return readFileSync(output);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
