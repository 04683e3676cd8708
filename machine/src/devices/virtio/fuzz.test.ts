// Hostile drivers: random accesses to every register, and queues full of nonsense. Whatever they do, nothing is thrown, nothing outside
// RAM is touched (the test's RAM throws then), and a well-behaved driver that comes afterwards finds a working device.
import { describe, expect, it } from "vitest";
import { MemoryDisk, OverlayDisk } from "../../disk/memory-disk";
import type { NetworkLink, Station } from "../../network/link";
import { fuzzDevice } from "../../test-support/fuzz-device";
import { Random } from "../../test-support/random";
import {
  type DriverQueue,
  FeatureBit,
  QUEUE_SPACE,
  Register,
  StatusBit,
  type TestDriver,
  virtioBench,
} from "../../test-support/virtio-driver";
import { virtioBlock } from "./block";
import { Terminal, virtioConsole } from "./console";
import type { VirtioFactory } from "./device";
import { virtioEntropy } from "./entropy";
import { virtioNetwork } from "./network";

const SEED = 41;
const ROUNDS = 4000;
const SECTORS = 64;

interface Subject {
  name: string;
  create: VirtioFactory;
  /** Something comes in from outside. */
  disturb(random: Random): void;
  /** A well-behaved driver uses the device. */
  works(driver: TestDriver, advance: () => void): boolean;
}

function block(): Subject {
  const disk = new OverlayDisk(new MemoryDisk(new Uint8Array(SECTORS * 512)));
  return {
    name: "block",
    create: virtioBlock(disk),
    disturb: () => {},
    works(driver, advance) {
      driver.send(0, new Uint8Array(16), 512, 1);
      advance();
      return driver.queues[0]!.takeUsed()?.written === 513;
    },
  };
}

function network(): Subject {
  const wire: { station?: Station; sent: number } = { sent: 0 };
  const link: NetworkLink = {
    isUp: true,
    isPaced: false,
    attach(station) {
      wire.station = station;
    },
    send() {
      wire.sent++;
    },
  };
  return {
    name: "network",
    create: virtioNetwork(link),
    disturb: (random) => wire.station?.receive(new Uint8Array(random.below(3000))),
    works(driver) {
      driver.send(0, 2000);
      wire.station?.receive(new Uint8Array(60));
      const before = wire.sent;
      driver.send(1, new Uint8Array(72));
      return driver.queues[0]!.takeUsed()?.written === 72 && wire.sent === before + 1;
    },
  };
}

function console(): Subject {
  const terminal = new Terminal();
  let printed = 0;
  terminal.onOutput((bytes) => {
    printed += bytes.length;
  });
  return {
    name: "console",
    create: virtioConsole(terminal),
    disturb: (random) => terminal.input(new Uint8Array(random.below(20))),
    works(driver) {
      const before = printed;
      driver.send(1, new Uint8Array(5));
      return printed === before + 5;
    },
  };
}

function entropy(): Subject {
  return {
    name: "entropy",
    create: virtioEntropy(),
    disturb: () => {},
    works(driver) {
      driver.send(0, 16);
      return driver.queues[0]!.takeUsed()?.written === 16;
    },
  };
}

const subjects = [block, network, console, entropy];

function expectToWork(subject: Subject, { driver, host }: ReturnType<typeof virtioBench>): void {
  host.advance(10_000n);
  driver.start();
  const works = subject.works(driver, () => host.advance(10_000n));
  expect([driver.status & StatusBit.needsReset, works]).toEqual([0, true]);
}

const REGISTERS = [...Object.values(Register), 0x84, 0x94, 0xa4, 0xb4, 0x104, 0x108, 0x110, 0x13c, 0xffc];

describe.each(subjects.map((make) => [make().name, make] as const))("the %s device", (_, make) => {
  it.each([false, true])("survives hostile accesses to its registers (legacy %s)", (legacy) => {
    const subject = make();
    const bench = virtioBench(subject.create, { legacy });
    const { driver, host, memory, transport } = bench;
    fuzzDevice(transport, {
      seed: SEED,
      rounds: 20_000,
      interesting: REGISTERS,
      between(random) {
        host.advance(BigInt(random.below(300)));
        if (random.chance(20)) subject.disturb(random);
        // What random writes rarely do: a device that runs, with its queues in the middle of noise.
        if (random.chance(100) && !legacy) driver.start({ queueSize: random.pick([1, 8, 256]) });
        if (random.chance(50)) scribble(random, memory, memory.base + random.below(0x8000), 0x400);
      },
    });
    if (!legacy) expectToWork(subject, bench);
  });

  it("survives hostile queues", () => {
    const subject = make();
    const bench = virtioBench(subject.create);
    const { driver, host } = bench;
    const random = new Random(SEED);
    let broken = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const features = driver.features & ~(random.chance(2) ? FeatureBit.indirect : 0n);
      if (round === 0 || driver.status & StatusBit.needsReset || random.chance(50))
        driver.start({ features, queueSize: random.pick([1, 2, 8, 64, 256]) });
      const queue = random.pick(driver.queues);
      misuse(random, queue);
      driver.notify(driver.queues.indexOf(queue));
      if (random.chance(4)) subject.disturb(random);
      // Memory changes while requests are on their way.
      if (random.chance(4)) misuse(random, queue);
      host.advance(BigInt(random.below(3000)));
      if (driver.status & StatusBit.needsReset) broken++;
    }
    expect(broken).toBeGreaterThan(ROUNDS / 10);
    expect(broken).toBeLessThan(ROUNDS);
    expectToWork(subject, bench);
  });
});

function scribble(random: Random, memory: DriverQueue["memory"], from: number, length: number): void {
  memory.write(
    from,
    Uint8Array.from({ length }, () => random.below(256)),
  );
}

/** Writes a few descriptors and ring entries: mostly plausible ones, with something wrong here and there. */
function misuse(random: Random, queue: DriverQueue): void {
  const { memory, size } = queue;
  const addresses = [
    () => BigInt(memory.base + random.below(memory.size)),
    () => BigInt(memory.base + 0x40000 + random.below(0x40000)),
    () => BigInt(queue.base + random.below(QUEUE_SPACE)),
    () => BigInt(memory.base + memory.size - random.below(64)),
    () => random.bits64(),
  ];
  const lengths = [
    () => random.pick([0, 1, 10, 12, 16, 20, 512, 513, 1024, 4096, 65_536]),
    () => random.below(2000),
    () => random.next(),
  ];
  const rarely = (choices: (() => number)[]) =>
    (random.chance(8) ? random.pick(choices) : choices[random.below(2)]!)();
  const count = 1 + random.below(Math.min(size, 6));
  const first = random.below(size);
  let wasWritable = false;
  for (let index = 0; index < count; index++) {
    const isLast = index === count - 1;
    wasWritable ||= random.chance(2);
    const address = random.chance(10) ? random.pick(addresses)() : addresses[1]!();
    const flags = random.chance(15) ? random.below(8) : (isLast ? 0 : 1) | (wasWritable ? 2 : 0);
    const next = random.chance(20) ? random.below(0x1_0000) : (first + index + 1) % size;
    queue.describe((first + index) % size, address, rarely(lengths), flags, next);
    // A header of the block device, perhaps.
    if (index === 0 && address >= BigInt(memory.base) && address < BigInt(memory.base + memory.size - 16)) {
      memory.writeU32(address, random.pick([0, 1, 4, 8, 11, 13, random.next()]));
      memory.writeU64(address + 8n, random.chance(8) ? random.bits64() : BigInt(random.below(SECTORS)));
    }
  }
  queue.offer(random.chance(30) ? random.below(0x1_0000) : first);
  if (random.chance(40)) memory.writeU16(queue.available + 2, random.below(0x1_0000));
  if (random.chance(40)) scribble(random, memory, queue.base + random.below(QUEUE_SPACE - 64), 64);
}
