// Operating systems nobody here wrote. GUEST_IMAGES names a folder with their images; what is missing there is skipped, and said so.
// docs/booting.md says where they come from and how they were built:
//   xv6/kernel, xv6/fs.img                    xv6-riscv
//   linux/Image, linux/initramfs.cpio.gz      Linux, and a root file system whose /init ends in a shell on the console (busybox)
//   sel4test/<name>-<harts>.elf               seL4's test suite, for so many harts
//   rel4/async.elf                            the ReL4 project's kernel, and its test of asynchronous IPC
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensureCore } from "../../tools/build-core";
import { type BootOptions, boot, MemoryDisk, virtioBlock } from "../src/index";
import { cpioArchive, joinArchives } from "./cpio";
import { hasTool } from "./external-tools";
import { GuestConsole } from "./guest-console";

const folder = process.env.GUEST_IMAGES;
const OPENSBI = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin";
const GCC = "riscv64-linux-gnu-gcc";
const PROGRAMS = join(import.meta.dirname, "linux-programs");
/** Milliseconds; a whole test suite of another system takes its time. */
const HOUR = 3_600_000;

const pathOf = (name: string) => join(folder ?? "", name);
const isThere = (...names: string[]) =>
  folder !== undefined && names.every((name) => existsSync(pathOf(name)));
const image = (name: string) => new Uint8Array(readFileSync(pathOf(name)));

/** What to add to the name of a test whose images are not there. */
function unlessThere(...names: string[]): string {
  if (folder === undefined) return " (skipped: GUEST_IMAGES names no folder)";
  const missing = names.filter((name) => !existsSync(pathOf(name)));
  return missing.length === 0 ? "" : ` (skipped: no ${missing.join(", ")} in GUEST_IMAGES)`;
}

async function bootGuest(options: Omit<BootOptions, "core">): Promise<GuestConsole> {
  return new GuestConsole(await boot({ core: await ensureCore(), ...options }));
}

describe("xv6", () => {
  const IMAGES = ["xv6/kernel", "xv6/fs.img"];
  const PROMPT = /\n\$ $/;

  const bootXv6 = (harts: number) =>
    bootGuest({
      harts,
      bios: "none",
      kernel: image("xv6/kernel"),
      virtio: [virtioBlock(new MemoryDisk(image("xv6/fs.img")))],
    });

  it.skipIf(!isThere(...IMAGES)).each([1, 3])(
    `runs its shell on %i harts${unlessThere(...IMAGES)}`,
    async (harts) => {
      const guest = await bootXv6(harts);
      await guest.waitFor(PROMPT);
      expect(await guest.command("ls", PROMPT)).toMatch(/usertests +2 /);
      expect(await guest.command("echo hello | cat | wc", PROMPT)).toContain("1 1 6");
    },
    HOUR,
  );

  it.skipIf(!isThere(...IMAGES))(
    `passes its usertests${unlessThere(...IMAGES)}`,
    async () => {
      const guest = await bootXv6(1);
      await guest.waitFor(PROMPT);
      expect(await guest.command("usertests", /(ALL|SOME) TESTS .*\n|FAILED.*\n|panic.*\n/)).toContain(
        "ALL TESTS PASSED",
      );
    },
    HOUR,
  );
});

describe("Linux", () => {
  const IMAGES = ["linux/Image", "linux/initramfs.cpio.gz"];
  const PROMPT = /\n[^\n]*[#$] $/;
  const compiles = hasTool(GCC);

  /** The user's root file system with the programs of linux-programs/ in it. */
  function rootFileSystem(): Uint8Array {
    if (!compiles) return image("linux/initramfs.cpio.gz");
    const built = mkdtempSync(join(tmpdir(), "rel4-linux-programs-"));
    try {
      const files = ["forks", "floats"].map((name) => {
        const program = join(built, name);
        execFileSync(GCC, ["-O2", "-static", join(PROGRAMS, `${name}.c`), "-o", program, "-lm", "-lpthread"]);
        return { name: `bin/${name}`, bytes: new Uint8Array(readFileSync(program)) };
      });
      return joinArchives(image("linux/initramfs.cpio.gz"), cpioArchive(files));
    } finally {
      rmSync(built, { recursive: true });
    }
  }

  async function bootLinux(options: Pick<BootOptions, "harts" | "bios">): Promise<GuestConsole> {
    const guest = await bootGuest({
      memory: 256 << 20,
      kernel: image("linux/Image"),
      initrd: rootFileSystem(),
      append: "console=ttyS0",
      ...options,
    });
    await guest.waitFor(PROMPT);
    return guest;
  }

  async function useShell(guest: GuestConsole, harts: number): Promise<void> {
    expect(await guest.command("nproc", PROMPT)).toContain(`\n${harts}\n`);
    expect(await guest.command("ls /proc/self", PROMPT)).toContain("cmdline");
    expect(await guest.command("seq 1 1000 | sort -rn | head -500 | wc -l", PROMPT)).toContain("\n500\n");
    const loop = "i=0; while [ $i -lt 20 ]; do /bin/busybox true || break; i=$((i+1)); done; echo ran $i";
    expect(await guest.command(loop, PROMPT)).toContain("\nran 20\n");
    expect(await guest.command("ip link set lo up; ping -c 1 127.0.0.1", PROMPT)).toContain(
      "1 packets received",
    );
    if (!compiles) return;
    expect(await guest.command("forks 50", PROMPT)).toContain("forks: 0 of 50 wrong");
    expect(await guest.command("floats", PROMPT)).toContain(
      "floats: 0 wrong, 0.41260944606263356 0x1.6a09e667f3bcdp+0",
    );
  }

  async function powerOff(guest: GuestConsole): Promise<void> {
    guest.machine.console.input("poweroff -f\n");
    expect(await guest.machine.run({ maxInstructions: 10e9 })).toEqual({ reason: "poweroff", exitCode: 0 });
  }

  it.skipIf(!isThere(...IMAGES)).each([1, 2, 3, 4])(
    `runs a shell, programs and floating point on %i harts${unlessThere(...IMAGES)}`,
    async (harts) => {
      const guest = await bootLinux({ harts });
      await useShell(guest, harts);
      await powerOff(guest);
    },
    HOUR,
  );

  it.skipIf(!isThere(...IMAGES))(
    `takes harts away and gives them back${unlessThere(...IMAGES)}`,
    async () => {
      const guest = await bootLinux({ harts: 2 });
      const online = "/sys/devices/system/cpu/cpu1/online";
      expect(await guest.command(`echo 0 > ${online}; nproc`, PROMPT)).toContain("\n1\n");
      expect(await guest.command(`echo 1 > ${online}; nproc`, PROMPT)).toContain("\n2\n");
    },
    HOUR,
  );

  it.skipIf(!isThere(...IMAGES) || !existsSync(OPENSBI))(
    `runs under OpenSBI${existsSync(OPENSBI) ? unlessThere(...IMAGES) : ` (skipped: ${OPENSBI} is missing)`}`,
    async () => {
      const guest = await bootLinux({ harts: 2, bios: new Uint8Array(readFileSync(OPENSBI)) });
      expect(guest.output).toContain("OpenSBI v");
      await useShell(guest, 2);
      await powerOff(guest);
    },
    HOUR,
  );
});

describe("seL4's test suite", () => {
  const NAME = /-(\d)\.elf$/;
  const programs = isThere("sel4test")
    ? readdirSync(pathOf("sel4test")).filter((name) => NAME.test(name))
    : [];

  if (programs.length === 0) it.skip(`passes${unlessThere("sel4test/<name>-<harts>.elf")}`);
  for (const program of programs)
    it(
      `passes: ${program}`,
      async () => {
        const kernel = image(join("sel4test", program));
        const guest = await bootGuest({ harts: Number(NAME.exec(program)![1]), memory: 3 * 2 ** 30, kernel });
        expect(await guest.waitFor(/All is well in the universe|halting\.\.\.|FAILED/)).toContain(
          "All is well",
        );
      },
      HOUR,
    );
});

describe("ReL4", () => {
  const IMAGES = ["rel4/async.elf"];

  it.skipIf(!isThere(...IMAGES))(
    `answers a request by user interrupts there and back${unlessThere(...IMAGES)}`,
    async () => {
      const kernel = image("rel4/async.elf");
      const guest = await bootGuest({ harts: 4, memory: 3840 * 2 ** 20, kernel });
      await guest.waitFor(/-- Server User Interrupt handler --/);
      await guest.waitFor(/client recv coroutine waked/);
      expect(await guest.waitFor(/ipc_item: .*\n/)).toContain(", 101"); // the request is 100
      const [server, client] = guest.machine.harts.map((hart) => hart.counters);
      expect([server!.uipiSends, client!.uipiSends]).toEqual([1n, 1n]);
      expect([server!.userInterrupts, client!.userInterrupts]).toEqual([1n, 1n]);
    },
    HOUR,
  );
});
