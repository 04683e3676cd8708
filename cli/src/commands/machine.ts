// `rel4 machine`: the RISC-V computer by itself, with the options people know from QEMU.
import {
  type BootOptions,
  boot,
  ElfError,
  hostEntropy,
  ImageError,
  type Machine,
  readSymbols,
  type SymbolTable,
  virtioEntropy,
} from "@rel4/machine";
import { type Command, Option } from "commander";
import pc from "picocolors";
import { ensureCore } from "../../../tools/build-core";
import { type DriveRequest, openDrive, parseDrive } from "../drives";
import {
  EventLog,
  LOG_ITEMS_HELP,
  type LogRequest,
  parseLogRequest,
  RingSink,
  StreamSink,
} from "../event-log";
import { Attachments } from "../machine-attachments";
import { addMachineOptions, type MachineFlags, machineSettings } from "../machine-options";
import { endedWell, finishSession, runSession } from "../machine-session";
import { type NetRequest, openNet, parseNet } from "../networks";
import { describeSize, memorySizeWithin, wholeNumber } from "../options";
import { readWholeFile, writeWholeFile } from "../read-file";
import { RepeatedException } from "../repeated-exception";
import { UsageError } from "../report-error";
import { findTrapLoop } from "../trap-loop";

interface Flags extends MachineFlags {
  bios: string;
  kernel?: string;
  initrd?: string;
  append?: string;
  dtb?: string;
  drive?: DriveRequest[];
  net?: NetRequest[];
  pcap?: string;
  rng?: "seeded" | "host";
  virtioLegacy?: boolean;
  plicUserContexts?: "after" | "interleaved" | "none";
  coherentFetch: boolean;
  seed?: number;
  reboot: boolean;
  skipIdle?: boolean;
  maxInstructions?: number;
  symbols?: string;
  log?: LogRequest;
  logLast?: number;
  stats?: boolean;
  dumpDtb?: string;
}

const LEAST_MEMORY = 2 ** 16;
const MOST_MEMORY = 0xf000_0000;
const DEFAULT_HARTS = 1;
const DEFAULT_MEMORY = 128 * 2 ** 20;
const MOST_LOG_LINES = 100_000;

const HELP = `
A computer like QEMU's virt board: 1 to 8 harts (RV64, with user interrupts), a serial port, virtio devices; one hart and 128M unless told
otherwise. Options are QEMU's where they fit, also in its spelling: -kernel, -bios, -initrd, -append, -dtb, -m, -smp, -no-reboot.

--drive FILE[,readonly=on][,snapshot=on: changes are thrown away][,overlay=FILE: changes are kept there][,serial=NAME][,format=raw]
--net user[,hostfwd=tcp:ADDRESS:PORT-:PORT]     the host's network, by the program passt
--net stream,path=SOCKET | port=N[,host=H][,server=on]     a wire to QEMU's -netdev stream, or another rel4 machine
--net dgram,local.port=N,remote.port=N     a wire of UDP datagrams; each --net takes mac=ADDRESS and pcap=FILE, too

The console: standard input goes to the guest, its output to standard output. At a terminal every key is the guest's, Ctrl-C too;
Ctrl-A X ends rel4, Ctrl-A C opens a monitor (registers, memory, reset), Ctrl-A H lists more. A pipe's bytes go to the guest as they
are. While the console is open, idle guests wait as long as they would on hardware; when it is closed, idle time is skipped.

Exit code: the guest's own at power-off (0 unless it says otherwise), 125 when it was stopped (it can never go on, or a limit), 2 when
an option or a file is wrong.

Examples:
  $ rel4 machine --kernel hello.elf
        a bare-metal ELF in S mode under the built-in firmware (SBI)
  $ rel4 machine --bios none --kernel kernel/kernel --harts 3 --memory 128M
        xv6 and others that want to start in M mode, without firmware
  $ rel4 machine --harts 4 --memory 512M --kernel Image --initrd initramfs.cpio.gz --append "console=ttyS0"
        Linux; a compressed Image.gz does as well
  $ rel4 machine --bios opensbi/generic/fw_jump.elf --kernel u-boot/qemu-riscv64_smode/uboot.elf
        OpenSBI, and U-Boot behind it
  $ rel4 machine --bios u-boot/qemu-riscv64/u-boot.bin
        U-Boot alone, in M mode
  $ echo poweroff | rel4 machine --kernel Image --initrd initramfs.cpio.gz --stats
        in a script: keys from a pipe, counters at the end
  $ rel4 machine --kernel Image --append "root=/dev/vda" --drive file=root.img,snapshot=on --net user
        a disk whose changes are thrown away, and the host's network by passt: the guest is 10.0.2.15, the host 10.0.2.2
  $ rel4 machine --kernel Image --net stream,server=on,path=wire.socket
  $ rel4 machine --kernel Image --net stream,path=wire.socket,mac=52:54:00:12:34:57
        two machines on one network, each in a terminal of its own; QEMU's -netdev stream joins them as well
  $ rel4 machine --kernel test.elf --log traps,devices:trace.log
        every exception and device access into a file
  $ rel4 machine --kernel test.elf --log-last 32
        nothing, unless it gets stuck: then the last 32 traps and interrupts`;

export function addMachineCommand(program: Command): void {
  const command = program
    .command("machine")
    .description("the RISC-V computer by itself: firmware, kernels, Linux, with QEMU's options")
    .option(
      "--bios <image>",
      "firmware: sbi (built in), none (the kernel starts in M mode), or a file",
      "sbi",
    )
    .option("--kernel <file>", "ELF, Linux Image or plain code; may be compressed by gzip")
    .option("--initrd <file>", "initial RAM disk")
    .option("--append <words>", "the kernel's command line")
    .option("--dtb <file>", "a device tree instead of the machine's own")
    .option(
      "--drive <image>",
      "a disk: file=FILE,readonly=on|snapshot=on|overlay=FILE; may be repeated",
      parseDrive,
    )
    .option(
      "--net <wire>",
      "a network card: user, stream or dgram with suboptions; may be repeated",
      parseNet,
    )
    .option("--pcap <file>", "record what passes the network card, for Wireshark and tcpdump")
    .addOption(
      new Option("--rng <source>", "a virtio entropy source: seeded (the same in each run) or host").choices([
        "seeded",
        "host",
      ]),
    )
    .option("--virtio-legacy", "virtio devices as before VIRTIO 1.0, as QEMU's are by default")
    .addOption(
      new Option(
        "--plic-user-contexts <where>",
        "the PLIC's contexts for user mode: after all others, interleaved (M, S, U of each hart), none",
      ).choices(["after", "interleaved", "none"]),
    );
  addMachineOptions(command, memorySizeWithin(LEAST_MEMORY, MOST_MEMORY))
    .option(
      "--no-coherent-fetch",
      "stores reach code that was executed only at fence.i, as hardware may do it; otherwise at once, as on QEMU",
    )
    .option(
      "--seed <n>",
      "what the guest's random numbers start from: the same seed, the same run",
      wholeNumber(0, 2 ** 32 - 1),
    )
    .option("--no-reboot", "end when the guest asks for a reset, instead of starting again")
    .option("--skip-idle", "skip idle time even while the console is open")
    .option(
      "--max-instructions <n>",
      "stop after so many instructions",
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "--log <items[:file]>",
      `log ${LOG_ITEMS_HELP}: a line each, to standard error or a file`,
      parseLogRequest,
    )
    .option(
      "--log-last <n>",
      "print only the last n lines of the log (traps and interrupts without --log), and only if the guest gets stuck",
      wholeNumber(1, MOST_LOG_LINES),
    )
    .option(
      "--symbols <elf>",
      "names of functions for logs and the monitor, from another file than the kernel",
    )
    .option("--stats", "print what each hart did, on standard error")
    .option("--dump-dtb <file>", "write the device tree the guest would get, and end")
    .addHelpText("after", HELP)
    .action(machine);
}

async function machine(flags: Flags): Promise<void> {
  checkCombination(flags);
  const attachments = new Attachments();
  try {
    const machine = await bootMachine(flags, attachments);
    if (flags.dumpDtb === undefined) await runMachine(machine, flags);
    else writeWholeFile(flags.dumpDtb, machine.deviceTree);
  } finally {
    attachments.close();
  }
}

async function runMachine(machine: Machine, flags: Flags): Promise<void> {
  const { log, ring } = startLog(machine, flags);
  machine.onWarning(({ device, message }) => warn(`${device}: ${message}`));
  try {
    const end = await runSession(machine, {
      input: "stdin",
      maxInstructions: flags.maxInstructions,
      watchdog: watchForLoops(),
      restarts: flags.reboot,
      skipIdle: flags.skipIdle,
    });
    if (ring && !endedWell(end)) console.error(["", "The last events:", ...ring.lines()].join("\n"));
    finishSession(machine, end, flags.stats);
  } finally {
    log?.close();
  }
}

function warn(message: string): void {
  console.error(`${pc.yellow("warning:")} ${message}`);
}

/** A loop in which no hart can ever do anything else ends the session; one that may be meant is said once. */
function watchForLoops(): (machine: Machine) => string | undefined {
  const repeated = new RepeatedException();
  let isSaid = false;
  return (machine) => {
    const hint = isSaid ? undefined : repeated.check(machine);
    if (hint) console.error(`${pc.yellow("hint:")} ${hint}`);
    isSaid ||= hint !== undefined;
    return findTrapLoop(machine);
  };
}

/** Reads the images and boots them; what is wrong with one is said with its option and file. */
async function bootMachine(flags: Flags, attachments: Attachments): Promise<Machine> {
  const memory = flags.memory ?? DEFAULT_MEMORY;
  const files = { bios: biosFile(flags.bios), kernel: flags.kernel, initrd: flags.initrd, dtb: flags.dtb };
  const images: Record<string, Uint8Array> = {};
  for (const [name, path] of Object.entries(files))
    if (path !== undefined) images[name] = readImage(name, path, memory);
  await attach(flags, attachments);
  const options: BootOptions = {
    virtio: attachments.devices,
    virtioLegacy: flags.virtioLegacy,
    plicUserContexts: flags.plicUserContexts,
    coherentFetch: flags.coherentFetch,
    core: await ensureCore(),
    harts: flags.harts ?? DEFAULT_HARTS,
    memory,
    seed: flags.seed,
    append: flags.append,
    bios: flags.bios === "none" ? "none" : "sbi",
    ...images,
    ...machineSettings(flags),
  };
  try {
    const machine = await boot(options);
    if (flags.symbols !== undefined) machine.symbols = readNames(flags.symbols);
    return machine;
  } catch (error) {
    if (error instanceof ImageError) {
      const file = files[error.image as keyof typeof files];
      if (file !== undefined) error.message = `--${error.image} ${file}: ${error.message}`;
    }
    throw error;
  }
}

/** Opens drives, then network cards, then the entropy source: in this order guests find them. */
async function attach({ drive = [], net = [], pcap, rng }: Flags, attachments: Attachments): Promise<void> {
  for (const request of drive) await attachments.add(openDrive(request));
  for (const request of net) await attachments.add(openNet({ ...request, pcap: request.pcap ?? pcap }, warn));
  const source = rng === "host" ? hostEntropy : undefined;
  if (rng) await attachments.add({ device: virtioEntropy({ source }), close() {} });
}

function checkCombination({ bios, kernel, initrd, append, net = [], pcap }: Flags): void {
  if (pcap !== undefined && net.length !== 1)
    throw new UsageError(
      `--pcap records one network card, and there are ${net.length}`,
      "write pcap=FILE into the --net it is for",
    );
  if (kernel === undefined && biosFile(bios) === undefined)
    throw new UsageError(
      "there is nothing to run",
      "give --kernel, or firmware with --bios; --help has examples",
    );
  for (const [option, value] of Object.entries({ initrd, append }))
    if (kernel === undefined && value !== undefined)
      throw new UsageError(`--${option} is for a kernel, and there is none`, "give --kernel too");
}

function biosFile(bios: string): string | undefined {
  return bios === "sbi" || bios === "none" ? undefined : bios;
}

/** Function names of an ELF file, such as Linux's vmlinux. */
function readNames(path: string): SymbolTable {
  try {
    return readSymbols(readWholeFile(path));
  } catch (error) {
    if (error instanceof UsageError || error instanceof ElfError) {
      const file = error instanceof ElfError ? `${path}: ` : "";
      error.message = `--symbols ${file}${error.message}`;
    }
    throw error;
  }
}

function readImage(option: string, path: string, memory: number): Uint8Array {
  try {
    return readWholeFile(path, {
      most: { bytes: memory, because: `the machine has ${describeSize(memory)} of memory` },
    });
  } catch (error) {
    if (error instanceof UsageError) error.message = `--${option} ${error.message}`;
    throw error;
  }
}

const LOG_LAST_ITEMS = new Set(["traps", "interrupts"] as const);

function startLog(machine: Machine, { log, logLast }: Flags): { log?: EventLog; ring?: RingSink } {
  if (logLast !== undefined) {
    const ring = new RingSink(logLast);
    return { log: new EventLog(machine, log?.items ?? LOG_LAST_ITEMS, ring), ring };
  }
  return log ? { log: new EventLog(machine, log.items, new StreamSink(log.file)) } : {};
}
