// `rel4 machine` as a user runs it: images, console in pipes and at a terminal, logs, and what goes wrong.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { interruptsGuest } from "../../machine/tests/interrupts-guest";
import { atTerminal, type Conversation, hasTerminals } from "./conversation";
import { exitingGuest, pollingGuest, wildGuest } from "./guests";
import { inThisProcess, Workbench } from "./rel4";

const bench = new Workbench();
afterAll(() => bench.remove());

const machine = (...args: string[]) => bench.rel4("machine", ...args);
const exits = bench.write("exits.elf", exitingGuest("hello\n", 7));
const polls = bench.write("polls.elf", pollingGuest());
const sleeps = bench.write("sleeps.elf", interruptsGuest());
const wild = bench.write("wild.elf", wildGuest());

describe("rel4 machine", () => {
  it("passes the guest's output and exit code on", () => {
    expect(machine("--kernel", exits)).toEqual({ code: 7, stdout: "hello\n", stderr: "" });
  });

  it("understands QEMU's spelling, and kernels compressed by gzip", () => {
    bench.write("exits.gz", gzipSync(exitingGuest("hello\n", 3)));
    const { code, stdout } = machine(
      "-nographic",
      "-m",
      "256",
      "-smp",
      "2",
      "-kernel",
      "exits.gz",
      "-append",
      "-quiet",
    );
    expect([code, stdout]).toEqual([3, "hello\n"]);
  });

  it("gives a pipe's bytes to the guest as they are, across resets, and loses none", () => {
    const input = `${"x".repeat(5000)}\x01xr${"y".repeat(5000)}q`;
    const { code, stdout } = bench.rel4With(input, "machine", "--kernel", polls);
    expect(code).toBe(0);
    expect(stdout === `>${input.replace("r", "r>")}`).toBe(true);
  });

  it("ends at a reset when asked not to start again", () => {
    const { code, stdout, stderr } = bench.rel4With("arb", "machine", "--no-reboot", "--kernel", polls);
    expect([code, stdout]).toEqual([125, ">ar"]);
    expect(stderr).toMatch(/asked for a reset/);
  });

  it("stops when the input has ended and nothing can ever happen again, with the last events and counters", () => {
    const { code, stdout, stderr } = machine("--kernel", sleeps, "--log-last", "3", "--stats");
    expect(stdout).toBe("timer\nsoftware\nalarm\nready\n");
    expect(stderr).toMatch(/The last events:\n( +\d+ hart 0 S 0x8020[0-9a-f]+ .*\n){3}/);
    expect(stderr).toMatch(/interrupt 9 \(supervisor external\) to S/);
    expect(stderr).toMatch(/hart +cycles/);
    expect(stderr).toMatch(/nothing can ever run again/);
    expect(code).toBe(125);
  });

  it("logs traps and device accesses into a file", () => {
    const { code, stderr } = machine("--kernel", exits, "--log", "traps,devices:events.log");
    expect([code, stderr]).toEqual([7, ""]);
    const log = readFileSync(join(bench.folder, "events.log"), "utf8");
    expect(log).toMatch(/hart 0 S 0x8020[0-9a-f]+ {2}write 4 at 0x100000 \(test\): 0x73333\n$/);
  });

  it("shows a guest that runs off into nothing its fault, and a reader why", () => {
    const { code, stderr } = machine("--kernel", wild, "--max-instructions", "3000000", "--log-last", "2");
    expect(code).toBe(125);
    expect(
      stderr.match(/hint: hart 0 takes the same exception over and over: .*access fault.* at 0x40000000/g),
    ).toHaveLength(1);
    expect(stderr).toMatch(/exception 1 \(instruction access fault\) to S, value 0x40000000/);
    expect(stderr).toMatch(/instruction limit/);
  });

  it("writes the device tree a guest would get", () => {
    expect(machine("--kernel", exits, "--append", "quiet", "--dump-dtb", "tree.dtb").code).toBe(0);
    const tree = readFileSync(join(bench.folder, "tree.dtb"));
    expect(tree.readUInt32BE(0)).toBe(0xd00d_feed);
    expect(tree.includes("bootargs")).toBe(true);
    const again = machine(
      "--kernel",
      exits,
      "--dtb",
      "tree.dtb",
      "--append",
      "loud",
      "--dump-dtb",
      "again.dtb",
    );
    expect(again.code).toBe(0);
    expect(readFileSync(join(bench.folder, "again.dtb")).includes("loud\0")).toBe(true);
  });

  it("puts the PLIC's contexts for user mode where it is told to", () => {
    const USER = 8;
    const SUPERVISOR = 9;
    const MACHINE = 11;
    /** The interrupts of the first six contexts, in their order. */
    const contexts = (...options: string[]) => {
      expect(machine("--kernel", exits, "--harts", "2", ...options, "--dump-dtb", "plic.dtb").code).toBe(0);
      const tree = readFileSync(join(bench.folder, "plic.dtb"));
      const words = Array.from({ length: tree.length / 4 }, (_, index) => tree.readUInt32BE(4 * index));
      const first = words.findIndex((word, at) => word === MACHINE && words[at + 2] === SUPERVISOR);
      return words.slice(first).filter((_, at) => at % 2 === 0 && at < 12);
    };
    const everyHart = [MACHINE, SUPERVISOR, USER];
    expect(contexts("--plic-user-contexts", "interleaved")).toEqual([...everyHart, ...everyHart]);
    expect(machine("--kernel", exits, "--plic-user-contexts", "before").stderr).toContain("interleaved");
  });

  it("teaches by its help", () => {
    const { stdout, code } = machine("--help");
    expect(code).toBe(0);
    expect(stdout.match(/^ {2}\$ .*rel4 machine/gm)!.length).toBeGreaterThanOrEqual(5);
    for (const option of ["bios", "kernel", "initrd", "append", "dtb", "harts", "memory", "log"])
      expect(stdout).toContain(`--${option}`);
  });
});

describe("bad input to rel4 machine", () => {
  const at = (name: string) => join(bench.folder, name);
  const good = ["--kernel", at(exits)];
  bench.write("empty", "");
  bench.write("large", "x".repeat(70_000));
  const header = exitingGuest("", 0).slice(0, 64);
  header[18] = 62;
  bench.write("x86.elf", header);

  it.each<[string, string[], ...RegExp[]]>([
    ["a file that is missing", ["--kernel", "gone"], /--kernel gone: no such file/],
    ["a directory", ["--kernel", "."], /--kernel \.: is a directory/],
    ["a device", [...good, "--initrd", "/dev/zero"], /--initrd \/dev\/zero: is a device/],
    ["an empty file", ["--bios", at("empty")], /--bios .*empty: the file is empty/],
    ["more than fits", ["--memory", "64K", "--kernel", at("large")], /large: has 70000 bytes.*64K of memory/],
    [
      "a program for another processor",
      ["--kernel", at("x86.elf")],
      /--kernel .*x86.elf: .*another processor/,
    ],
    ["a dtb that is none", [...good, "--dtb", at(exits)], /--dtb .*exits.elf: .*no flattened device tree/],
    ["names from nowhere", [...good, "--symbols", "README"], /--symbols README: no such file/],
    ["names of no program", [...good, "--symbols", at("large")], /--symbols .*large: not an ELF file/],
    ["nothing to run", [], /nothing to run/, /hint: .*--kernel/],
    ["a RAM disk for nobody", ["--bios", at(exits), "--initrd", at(exits)], /--initrd is for a kernel/],
    ["a number out of range", [...good, "--harts", "9"], /--harts.*1 to 8/],
    ["memory out of range", [...good, "--memory", "8G"], /--memory.*64K to 3840M/],
    ["an unknown option", ["--kernal", "x"], /--kernal/, /Did you mean --kernel/],
    ["an unknown thing to log", [...good, "--log", "birds"], /no 'birds'.*traps, interrupts, devices/],
    [
      "a log that cannot be written",
      [...good, "--log", "traps:no/such/file"],
      /no\/such\/file: no such file/,
    ],
  ])("is refused in a line and perhaps a hint: %s", async (_, args, ...parts) => {
    const { code, said } = await inThisProcess("machine", ...args);
    for (const part of parts) expect(said).toMatch(part);
    expect(said.trimEnd().split(/\n+/).length).toBeLessThanOrEqual(3);
    expect(code).toBe(2);
  });

  it("is said when the disk is full while the guest runs", () => {
    const { code, stdout, stderr } = machine("--kernel", exits, "--log", "traps,devices:/dev/full");
    expect(stderr).toMatch(/^error: \/dev\/full: no space left on the disk$/m);
    expect([code, stdout]).toEqual([2, "hello\n"]);
  });
});

describe.skipIf(!hasTerminals)(
  `the console at a terminal${hasTerminals ? "" : " (skipped: no util-linux script)"}`,
  () => {
    const talk = async (args: string[], use: (terminal: Conversation) => Promise<void>) => {
      const terminal = atTerminal(bench.folder, "machine", ...args);
      try {
        await use(terminal);
      } finally {
        terminal.close();
      }
    };
    /** What stty says: the terminal is as it was. */
    const isRestored = /(?<!-)isig (?<!-)icanon .*(?<!-)echo /;

    it("gives every key to the guest, Ctrl-C too, and ends by Ctrl-A X", async () => {
      await talk(["--kernel", polls], async (terminal) => {
        await terminal.expect(/>/);
        terminal.type("a\x03\x01\x01b");
        await terminal.expect(/a\cC\cAb/);
        terminal.type("\x01h");
        await terminal.expect(/Ctrl-A X/);
        terminal.type("\x01x");
        await terminal.expect(/stopped: at your request/);
        await terminal.expect(/code=125/);
        await terminal.expect(isRestored);
      });
    });

    it("wakes a guest that sleeps, and opens a monitor that looks and resets", async () => {
      await talk(["--kernel", sleeps], async (terminal) => {
        await terminal.expect(/ready/);
        terminal.type("a");
        await terminal.expect(/a/);
        terminal.type("\x01cinfo harts\r");
        await terminal.expect(/hart 0: waiting, mode S, pc 0x[0-9a-f]{16}/);
        terminal.type("nonsense\x7f\r");
        await terminal.expect(/no command 'nonsens'/);
        terminal.type("system_reset\r");
        await terminal.expect(/timer\r\nsoftware\r\nalarm\r\nready/);
        terminal.type("\x01cbq");
        await terminal.expect(/bq\r\ncode=0/);
        await terminal.expect(isRestored);
      });
    });

    it("restores the terminal when a signal ends it", async () => {
      await talk(["--kernel", sleeps], async (terminal) => {
        const [, pid] = await terminal.expect(/pid=(\d+)/);
        await terminal.expect(/ready/);
        process.kill(Number(pid), "SIGTERM");
        await terminal.expect(/stopped: by SIGTERM/);
        await terminal.expect(/code=143/);
        await terminal.expect(isRestored);
      });
    });
  },
);
