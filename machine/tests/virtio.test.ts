// Guests that drive virtio devices: a disk here and on QEMU, two machines on a hub, and this machine and QEMU on one wire.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureCore } from "../../tools/build-core";
import { connectStream, listenStream, openDatagram, openDisk, openRecord } from "../node/index";
import {
  type BlockBackend,
  Machine,
  type MachineOptions,
  MemoryDisk,
  NetworkHub,
  recordFrames,
  runTogether,
  virtioBlock,
  virtioNetwork,
} from "../src/index";
import { hasTool, patiently, unlessMissing } from "./external-tools";
import { QEMU } from "./qemu";
import { diskGuest, FRAME_LENGTH, pingGuest, pongGuest } from "./virtio-guest";

const qemu = hasTool(QEMU);
const tshark = hasTool("tshark");
const SECTOR = 512;
const LIMIT = 10_000_000;
const ROUNDS = 5;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rel4-virtio-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function machineWith(elf: Uint8Array, virtio: MachineOptions["virtio"]): Promise<Machine> {
  const machine = await Machine.create({
    core: await ensureCore(),
    harts: 1,
    memory: 1 << 20,
    firmware: "none",
    virtio,
  });
  machine.loadElf(elf);
  return machine;
}

function image(): Uint8Array {
  return Uint8Array.from({ length: 8 * SECTOR }, (_, index) => (index * 5 + (index >> 9)) & 255);
}

/** What the disk guest makes of the image. */
function expectedImage(): Uint8Array {
  const bytes = image();
  for (let index = 0; index < SECTOR; index++) bytes[2 * SECTOR + index] = ~bytes[SECTOR + index]! & 255;
  return bytes;
}

const SLOT = 2;
const inSlot = <T>(device: T): (T | undefined)[] => [undefined, undefined, device];
const POWER_OFF = { reason: "poweroff", exitCode: 0 };

describe("a guest with a disk", () => {
  it("reads a sector and writes another", async () => {
    const disk = new MemoryDisk(image());
    const machine = await machineWith(diskGuest(SLOT), inSlot(virtioBlock(disk)));
    expect(machine.runSync({ maxInstructions: LIMIT })).toEqual(POWER_OFF);
    expect(disk.bytes).toEqual(expectedImage());
  });

  it("does it in a file", async () => {
    const file = join(folder, "disk.img");
    writeFileSync(file, image());
    const disk = openDisk(file);
    const machine = await machineWith(diskGuest(SLOT), inSlot(virtioBlock(disk)));
    expect(await machine.run({ maxInstructions: LIMIT })).toEqual(POWER_OFF);
    disk.close();
    expect(new Uint8Array(readFileSync(file))).toEqual(expectedImage());
  });

  it("sees the same clocks, however long the host takes", async () => {
    const clocks: bigint[] = [];
    for (const delay of [undefined, 0, 5]) {
      const disk = new MemoryDisk(image());
      const backend = delay === undefined ? disk : slow(disk, delay);
      const machine = await machineWith(diskGuest(SLOT), inSlot(virtioBlock(backend)));
      expect(await machine.run({ maxInstructions: LIMIT })).toEqual(POWER_OFF);
      expect(disk.bytes).toEqual(expectedImage());
      clocks.push(machine.now());
    }
    expect(new Set(clocks).size).toBe(1);
  });

  it("ends a run that cannot wait for the host, which can go on later", async () => {
    const disk = new MemoryDisk(image());
    const machine = await machineWith(diskGuest(SLOT), inSlot(virtioBlock(slow(disk, 0))));
    expect(machine.runSync({ maxInstructions: LIMIT })).toEqual({ reason: "host" });
    expect(machine.runSync({ maxInstructions: LIMIT })).toEqual({ reason: "host" });
    expect(await machine.run({ maxInstructions: LIMIT })).toEqual(POWER_OFF);
  });

  it("is left alone by what a machine waited for before it was switched off and on", async () => {
    const disk = new MemoryDisk(image());
    const machine = await machineWith(diskGuest(SLOT), inSlot(virtioBlock(slow(disk, 1))));
    machine.runSync({ maxInstructions: LIMIT });
    machine.loadElf(diskGuest(SLOT));
    expect(await machine.run({ maxInstructions: LIMIT })).toEqual(POWER_OFF);
    expect(disk.bytes).toEqual(expectedImage());
  });

  it.skipIf(!qemu)(`does the same on QEMU${unlessMissing(QEMU, qemu)}`, () => {
    const [program, disk] = [join(folder, "disk.elf"), join(folder, "qemu.img")];
    writeFileSync(program, diskGuest(SLOT));
    writeFileSync(disk, image());
    const device = `virtio-blk-device,drive=disk,bus=virtio-mmio-bus.${SLOT}`;
    const drive = ["-drive", `if=none,id=disk,format=raw,file=${disk}`, "-device", device];
    const { status } = spawnSync(QEMU, [...qemuOptions(program), ...drive], { timeout: 60_000 });
    expect(status).toBe(0);
    expect(new Uint8Array(readFileSync(disk))).toEqual(expectedImage());
  });
});

function slow(disk: MemoryDisk, milliseconds: number): BlockBackend {
  const later = async (operation: () => void) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    operation();
  };
  return {
    size: disk.size,
    readOnly: false,
    read: (offset, target) => later(() => disk.read(offset, target)),
    write: (offset, source) => later(() => disk.write(offset, source)),
    zero: () => {},
    flush: () => {},
  };
}

function qemuOptions(program: string): string[] {
  const board = ["-M", "virt", "-m", "64M", "-bios", "none", "-kernel", program];
  const quiet = ["-display", "none", "-serial", "none", "-monitor", "none"];
  return [...board, ...quiet, "-global", "virtio-mmio.force-legacy=false"];
}

describe("two machines on a hub", () => {
  async function pair(hub: NetworkHub) {
    const record: Uint8Array[] = [];
    const ping = await machineWith(pingGuest(0, ROUNDS), [
      virtioNetwork(recordFrames(hub.connect(), (bytes) => record.push(bytes))),
    ]);
    const pong = await machineWith(pongGuest(0, ROUNDS), [virtioNetwork(hub.connect())]);
    return { ping, pong, record };
  }

  it("exchange frames, at the same clocks in every run and in any order", async () => {
    const runs = new Set<string>();
    for (const reverse of [false, true, false]) {
      const hub = new NetworkHub({ latency: 3000 });
      const { ping, pong, record } = await pair(hub);
      const results = await runTogether(reverse ? [pong, ping] : [ping, pong], {
        hubs: [hub],
        maxInstructions: LIMIT,
      });
      expect(results).toEqual([POWER_OFF, POWER_OFF]);
      expect(ping.now()).toBeGreaterThan(BigInt(2 * ROUNDS * 3000));
      expect(ping.now()).toBeLessThan(BigInt(2 * ROUNDS * 3000 + 5000));
      runs.add([ping.now(), pong.now(), ...record.map((bytes) => Buffer.from(bytes).toString("hex"))].join());
    }
    expect(runs.size).toBe(1);
  });

  it("exchange frames when each runs by itself", async () => {
    const { ping, pong } = await pair(new NetworkHub());
    const results = await Promise.all([ping, pong].map((machine) => machine.run({ maxInstructions: LIMIT })));
    expect(results).toEqual([POWER_OFF, POWER_OFF]);
  });

  it("end together when nothing can ever happen any more, or when asked to", async () => {
    const hub = new NetworkHub();
    const pongs = [
      await machineWith(pongGuest(0, 1), [virtioNetwork(hub.connect())]),
      await machineWith(pongGuest(0, 1), [virtioNetwork(hub.connect())]),
    ];
    let windows = 0;
    expect(await runTogether(pongs, { hubs: [hub], until: () => ++windows === 1 })).toEqual([
      { reason: "until" },
      { reason: "until" },
    ]);
    expect(await runTogether(pongs, { hubs: [hub], maxInstructions: LIMIT })).toEqual([
      { reason: "deadlock" },
      { reason: "deadlock" },
    ]);
  });

  it("wait together for what comes from outside", async () => {
    const hub = new NetworkHub();
    const wire = await listenStream({ port: 0 });
    const [inside, alone] = [
      await machineWith(pongGuest(0, ROUNDS), [virtioNetwork(wire)]),
      await machineWith(pongGuest(0, ROUNDS), [virtioNetwork(hub.connect())]),
    ];
    const together = runTogether([inside, alone], { hubs: [hub], maxInstructions: LIMIT });
    const { port } = wire.address as { port: number };
    const link = await connectStream({ port });
    const outside = await machineWith(pingGuest(0, ROUNDS), [virtioNetwork(link)]);
    expect(await outside.run({ maxInstructions: LIMIT })).toEqual(POWER_OFF);
    link.close();
    wire.close();
    expect(await together).toEqual([POWER_OFF, { reason: "deadlock" }]);
  });

  it.skipIf(!tshark)(`leave a record that Wireshark reads${unlessMissing("tshark", tshark)}`, async () => {
    const hub = new NetworkHub({ latency: 3000 });
    const file = join(folder, "hub.pcap");
    const record = openRecord(file, hub.connect());
    const ping = await machineWith(pingGuest(0, ROUNDS), [virtioNetwork(record.link)]);
    const pong = await machineWith(pongGuest(0, ROUNDS), [virtioNetwork(hub.connect())]);
    await runTogether([ping, pong], { hubs: [hub], maxInstructions: LIMIT });
    record.close();
    const frames = framesOf(file);
    expect(frames.map(({ length, type }) => `${length} ${type}`)).toEqual(
      Array(2 * ROUNDS).fill(`${FRAME_LENGTH} 0x88b5`),
    );
    expect(frames.map(({ source }) => source).slice(0, 2)).toEqual([
      "02:00:00:00:00:01",
      "02:00:00:00:00:02",
    ]);
    // To the nanosecond: two latencies and the answering program lie between question and answer.
    const wait = frames[1]!.time - frames[0]!.time;
    expect(wait).toBeGreaterThan(60_000n);
    expect(wait).toBeLessThan(70_000n);
    expect(frames[0]!.time / 1_000_000_000n).toBe(1_735_689_600n);
  });
});

interface CapturedFrame {
  /** ns since 1970 */
  time: bigint;
  length: number;
  source: string;
  type: string;
}

function framesOf(file: string): CapturedFrame[] {
  const fields = ["frame.time_epoch", "frame.len", "eth.src", "eth.type"].flatMap((field) => ["-e", field]);
  const { stdout } = spawnSync("tshark", ["-r", file, "-T", "fields", ...fields], { encoding: "utf8" });
  return stdout
    .trim()
    .split("\n")
    .map((line) => {
      const [time, length, source, type] = line.split("\t") as [string, string, string, string];
      return { time: BigInt(time.replace(".", "")), length: Number(length), source, type };
    });
}

describe("this machine and QEMU", () => {
  /** Runs a guest on QEMU, its network card on `netdev`; resolves to the exit code. */
  function onQemu(elf: Uint8Array, netdev: string): Promise<number | null> {
    const program = join(folder, `${netdev.replaceAll(/[^a-z0-9]/g, "-")}.elf`);
    writeFileSync(program, elf);
    const device = ["-device", "virtio-net-device,netdev=wire,bus=virtio-mmio-bus.0"];
    const child = spawn(QEMU, [...qemuOptions(program), "-netdev", `${netdev},id=wire`, ...device], {
      stdio: "inherit",
      timeout: 60_000,
    });
    return new Promise((resolve) => child.once("exit", resolve));
  }

  it.skipIf(!qemu)(
    `exchange frames over a stream that QEMU connects to${unlessMissing(QEMU, qemu)}`,
    async () => {
      const link = await listenStream({ port: 0 });
      const { port } = link.address as { port: number };
      const machine = await machineWith(pongGuest(0, ROUNDS), [virtioNetwork(link)]);
      const netdev = `stream,server=off,addr.type=inet,addr.host=127.0.0.1,addr.port=${port}`;
      const peer = onQemu(pingGuest(0, ROUNDS), netdev);
      expect(await machine.run({ maxInstructions: LIMIT })).toEqual(POWER_OFF);
      expect(await peer).toBe(0);
      link.close();
    },
  );

  it.skipIf(!qemu)(
    `exchange frames over a Unix stream that QEMU listens at${unlessMissing(QEMU, qemu)}`,
    async () => {
      const path = join(folder, "wire");
      const peer = onQemu(pongGuest(0, ROUNDS), `stream,server=on,addr.type=unix,addr.path=${path}`);
      const link = await patiently(() => connectStream({ path }));
      const machine = await machineWith(pingGuest(0, ROUNDS), [virtioNetwork(link)]);
      expect(await machine.run({ maxInstructions: LIMIT })).toEqual(POWER_OFF);
      expect(await peer).toBe(0);
      link.close();
    },
  );

  it.skipIf(!qemu)(`exchange frames over UDP${unlessMissing(QEMU, qemu)}`, async () => {
    // QEMU wants to know our port and we want to know QEMU's, so one of them cannot be the system's choice.
    const reserved = await openDatagram({ local: { port: 0 }, remote: { port: 9 } });
    const theirs = reserved.address.port;
    const link = await openDatagram({ local: { port: 0 }, remote: { port: theirs } });
    reserved.close();
    const end = (name: string, port: number) =>
      `${name}.type=inet,${name}.host=127.0.0.1,${name}.port=${port}`;
    const peer = onQemu(
      pongGuest(0, ROUNDS),
      `dgram,${end("local", theirs)},${end("remote", link.address.port)}`,
    );
    const machine = await machineWith(pingGuest(0, ROUNDS), [virtioNetwork(link)]);
    expect(await machine.run({ maxInstructions: LIMIT })).toEqual(POWER_OFF);
    expect(await peer).toBe(0);
    link.close();
  });
});
