// Real firmware on our machine: OpenSBI's generic image (Debian package opensbi) in M mode, with a supervisor program behind it.
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readElf } from "../src/elf";
import { makeElf } from "../src/test-support/make-elf";
import { runElf } from "./our-machine";
import { SBI_GUEST_OUTPUT, sbiGuest } from "./sbi-guest";

const FIRMWARE = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.bin";
const RAM = { base: 0x8000_0000, size: 64 << 20 };
/** OpenSBI keeps data behind its image. */
const FIRMWARE_MEMORY = 0x8_0000n;
const installed = existsSync(FIRMWARE);

function withPayload(firmware: Uint8Array, payload: Uint8Array): Uint8Array {
  const { segments } = readElf(payload, RAM);
  return makeElf({
    segments: [
      { address: BigInt(RAM.base), bytes: firmware, memorySize: FIRMWARE_MEMORY, flags: 7 },
      ...segments.map(({ address, bytes }) => ({ address: BigInt(address), bytes })),
    ],
  });
}

it.skipIf(!installed)(
  `OpenSBI boots, finds the devices in the device tree and serves two harts${installed ? "" : ` (skipped: ${FIRMWARE} is missing)`}`,
  async () => {
    const elf = withPayload(new Uint8Array(readFileSync(FIRMWARE)), sbiGuest());
    const { output, reason, exitCode } = await runElf(elf, { harts: 2, memory: RAM.size, firmware: "none" });
    const text = output.replaceAll("\r", "");
    expect(text).toContain("OpenSBI v");
    for (const line of [
      /Platform HART Count +: 2/,
      /Platform Console Device +: uart8250/,
      /Platform Timer Device +: aclint-mtimer @ 10000000Hz/,
      /Platform Shutdown Device +: sifive_test/,
    ])
      expect(text).toMatch(line);
    expect(text.endsWith(SBI_GUEST_OUTPUT)).toBe(true);
    expect([reason, exitCode]).toEqual(["poweroff", 0]);
  },
);
