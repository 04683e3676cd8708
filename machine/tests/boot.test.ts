// boot(): images as QEMU's virt board lays them out, on a machine that can be reset; and idle time at the host's pace.
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Assembler } from "../../compiler/src/assembler/assembler";
import { reg } from "../../compiler/src/assembler/registers";
import { ensureCore } from "../../tools/build-core";
import { type BootOptions, boot, ImageError, type Machine } from "../src/index";
import { bareElf, layOut } from "./flat-program";
import { INTERRUPTS_GUEST_INPUT, INTERRUPTS_GUEST_OUTPUT, interruptsGuest } from "./interrupts-guest";
import { powerOff, SBI, SUPERVISOR_BASE, sbiCall } from "./supervisor-guest";

const OPENSBI = "/usr/lib/riscv64-linux-gnu/opensbi/generic";
const U_BOOT = "/usr/lib/u-boot";
const installed =
  existsSync(`${OPENSBI}/fw_dynamic.bin`) && existsSync(`${U_BOOT}/qemu-riscv64_smode/u-boot.bin`);
const LIMIT = 600_000_000;
const FIRMWARE_INFO = 0x1028;

async function bootWithOutput(
  options: Omit<BootOptions, "core">,
): Promise<{ machine: Machine; output: () => string }> {
  const machine = await boot({ core: await ensureCore(), ...options });
  let output = "";
  machine.console.onOutput((bytes) => {
    output += String.fromCharCode(...bytes);
  });
  return { machine, output: () => output.replaceAll("\r", "") };
}

/** Writes what it was given into RAM and powers off through the test device. */
function registerReporter(base: number): Uint8Array {
  const a = new Assembler("start");
  a.la(reg.s0, "report");
  a.sd(reg.a0, reg.s0, 0);
  a.sd(reg.a1, reg.s0, 8);
  a.sd(reg.a2, reg.s0, 16);
  a.li(reg.t0, 0x10_0000);
  a.li(reg.t1, 0x5555);
  a.sw(reg.t1, reg.t0, 0);
  a.label("end");
  a.j("end");
  a.align(8);
  a.label("report");
  return layOut(a.finish(), base);
}

describe("boot", () => {
  it("tells firmware in M mode hart, device tree and what to start next, as virt's boot ROM does", async () => {
    const bios = registerReporter(0x8000_0000);
    const { machine } = await bootWithOutput({ bios, kernel: Uint8Array.of(0x13, 0, 0, 0), memory: 8 << 20 });
    const [hart] = machine.harts;
    const [a0, a1, a2] = [hart!.x(10), hart!.x(11), hart!.x(12)];
    expect([hart!.pc, hart!.x(5), a0, a2]).toEqual([0x8000_0000n, 0x8000_0000n, 0n, BigInt(FIRMWARE_INFO)]);
    expect(machine.memory.read(a1, 4)).toEqual(Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed));
    const rom = machine.devices.find(({ base }) => base === 0x1000)!;
    const words = Array.from({ length: 6 }, (_, index) => rom.read(0x28 + index * 8, 8));
    expect(words).toEqual([0x4942_534fn, 2n, 0x8020_0000n, 1n, 0n, 0n]);
    expect([rom.read(0x18, 8), rom.read(0x20, 8)]).toEqual([0x8000_0000n, a1]);
    expect(await machine.run({ maxInstructions: 100 })).toEqual({ reason: "poweroff", exitCode: 0 });
  });

  it("starts kernels under the built-in firmware in S mode: ELF, plain and compressed", async () => {
    const program = () => {
      const a = new Assembler("start");
      a.li(reg.a0, "k".charCodeAt(0));
      a.li(reg.a7, SBI.putCharacter);
      a.ecall();
      powerOff(a);
      return a.finish();
    };
    const elf = bareElf(program(), SUPERVISOR_BASE);
    const plain = layOut(program(), SUPERVISOR_BASE);
    for (const kernel of [elf, plain, gzipSync(elf), gzipSync(plain)]) {
      const { machine, output } = await bootWithOutput({ kernel: new Uint8Array(kernel) });
      expect(await machine.run({ maxInstructions: 1000 })).toEqual({ reason: "poweroff", exitCode: 0 });
      expect(output()).toBe("k");
    }
  });

  it("has one hart and 128 MiB unless told otherwise", async () => {
    const { machine } = await bootWithOutput({ kernel: Uint8Array.of(0x13, 0, 0, 0) });
    expect([machine.harts.length, machine.memory.size]).toEqual([1, 128 << 20]);
  });

  it("refuses a device tree that is none, and a kernel that reaches into the device tree", async () => {
    const core = await ensureCore();
    const kernel = Uint8Array.of(0x13, 0, 0, 0);
    await expect(boot({ core, kernel, dtb: new Uint8Array(100) })).rejects.toThrow(ImageError);
    const large = new Uint8Array((6 << 20) - 0x4000);
    await expect(boot({ core, kernel: large, memory: 8 << 20 })).rejects.toThrow(
      /device tree .* overlaps the kernel/,
    );
  });

  it.skipIf(!installed)(
    `runs OpenSBI's dynamic firmware and U-Boot behind it, which sees command line and RAM disk${installed ? "" : " (skipped: opensbi or u-boot-qemu is missing)"}`,
    async () => {
      const { machine, output } = await bootWithOutput({
        bios: new Uint8Array(readFileSync(`${OPENSBI}/fw_dynamic.bin`)),
        kernel: new Uint8Array(readFileSync(`${U_BOOT}/qemu-riscv64_smode/u-boot.bin`)),
        initrd: new Uint8Array(0x1234),
        append: "root=/dev/ram",
      });
      const type = async (text: string, awaited: string) => {
        machine.console.input(text);
        const start = output().length;
        return machine.run({ maxInstructions: LIMIT, until: () => output().slice(start).includes(awaited) });
      };
      await type("", "stop autoboot");
      await type("\n", "=> ");
      await type("fdt addr $fdtcontroladdr; fdt print /chosen\n", "};");
      expect(output()).toMatch(/Domain0 Next Address +: 0x0000000080200000/);
      expect(output()).toContain('bootargs = "root=/dev/ram"');
      expect(output()).toContain("linux,initrd-start = <0x00000000 0x84200000>");
      expect(output()).toContain("linux,initrd-end = <0x00000000 0x84201234>");
      expect(await type("poweroff\n", "never")).toEqual({ reason: "poweroff", exitCode: 0 });
    },
  );
});

describe("a reset", () => {
  /** Counts its starts at RAM's beginning, which a reset clears, and in what is typed: "a" resets, anything else powers off. */
  function resetter(): Uint8Array {
    const a = new Assembler("start");
    a.li(reg.t0, 0x8000_0000);
    a.ld(reg.t1, reg.t0, 0);
    a.addi(reg.t1, reg.t1, 0x31);
    a.sd(reg.t1, reg.t0, 0);
    a.mv(reg.a0, reg.t1);
    a.li(reg.a7, SBI.putCharacter);
    a.ecall();
    a.li(reg.a7, 2);
    a.ecall();
    a.li(reg.t0, "a".charCodeAt(0));
    a.bne(reg.a0, reg.t0, "off");
    a.li(reg.a0, 1);
    a.li(reg.a1, 0);
    sbiCall(a, SBI.systemReset, 0);
    a.label("off");
    powerOff(a);
    return bareElf(a.finish(), SUPERVISOR_BASE);
  }

  it("starts the program again with clean memory, and what was typed ahead is still there", async () => {
    const { machine, output } = await bootWithOutput({ kernel: resetter() });
    machine.console.input("aab");
    for (let round = 0; round < 2; round++) {
      expect(await machine.run({ maxInstructions: 1000 })).toEqual({ reason: "reset" });
      machine.reset();
    }
    expect(await machine.run({ maxInstructions: 1000 })).toEqual({ reason: "poweroff", exitCode: 0 });
    expect(output()).toBe("111");
  });
});

describe("idle time", () => {
  it("follows the host's clock when paced, and never runs ahead of it; input ends it early", async () => {
    const { machine, output } = await bootWithOutput({ kernel: interruptsGuest() });
    machine.console.openInput();
    const since = performance.now();
    const typeOnceTimeHasPassed = async () => {
      const present = () => {
        machine.fromHost(() => {});
        return machine.now();
      };
      while (!output().includes("ready")) await sleep(1);
      const then = present();
      while (present() === then) await sleep(5);
      machine.console.input(INTERRUPTS_GUEST_INPUT);
    };
    const [result] = await Promise.all([
      machine.run({ maxInstructions: LIMIT, paced: () => true }),
      typeOnceTimeHasPassed(),
    ]);
    expect(result).toEqual({ reason: "poweroff", exitCode: 0 });
    expect(output()).toBe(INTERRUPTS_GUEST_OUTPUT);
    // 100,000 cycles in a millisecond; a few are gone through without waiting
    const milliseconds = Number(machine.harts[0]!.counters.cycles) / 100_000;
    expect(milliseconds).toBeLessThan(performance.now() - since + 5);
  });

  it("is skipped otherwise, with the same run for the guest", async () => {
    const runOnce = async (paced?: () => boolean) => {
      const { machine, output } = await bootWithOutput({ kernel: interruptsGuest() });
      machine.console.input(INTERRUPTS_GUEST_INPUT);
      await machine.run({ maxInstructions: LIMIT, paced });
      return [output(), machine.harts[0]!.counters];
    };
    expect(await runOnce(() => false)).toEqual(await runOnce());
  });
});
