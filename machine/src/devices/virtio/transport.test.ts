import { describe, expect, it } from "vitest";
import { BusError } from "../../device";
import {
  DriverQueue,
  FeatureBit,
  QUEUE_SPACE,
  Register,
  StatusBit,
  virtioBench,
} from "../../test-support/virtio-driver";
import type { VirtioDevice, VirtioPort } from "./device";

const { acknowledge, driver: hasDriver, featuresOk, driverOk, needsReset } = StatusBit;
const FEATURE = 1n << 5n;

/** A device that gives each message back at once, and can be told to change its configuration. */
function echo(port: VirtioPort): VirtioDevice & { resets: number; port: VirtioPort } {
  return {
    name: "echo",
    type: 42,
    features: FEATURE,
    queueCount: 2,
    configuration: Uint8Array.of(1, 2, 3, 4, 5),
    port,
    resets: 0,
    notified(queue) {
      for (let chain = port.queue(queue).take(); chain; chain = port.queue(queue).take())
        port.queue(queue).use(chain, chain.writable.write(chain.readable.read()));
    },
    reset() {
      this.resets++;
    },
  };
}

function board(options = {}) {
  const made: { device?: ReturnType<typeof echo> } = {};
  const bench = virtioBench((port) => {
    made.device = echo(port);
    return made.device;
  }, options);
  return { ...bench, device: made.device! };
}

describe("a virtio slot", () => {
  it("says what it is, and what device is in it", () => {
    const { driver } = board();
    const identity = [Register.magic, Register.version, Register.deviceId, Register.vendor];
    expect(identity.map((register) => driver.get(register))).toEqual([0x7472_6976, 2, 42, 0x554d_4551]);
  });

  it("reads as device 0 and ignores writes when it is empty", () => {
    const { driver, transport } = virtioBench(undefined);
    expect(driver.get(Register.magic)).toBe(0x7472_6976);
    for (let offset = 0x70; offset < 0x200; offset += 4) transport.write(offset, 4, 0xffff_ffffn);
    for (const register of [Register.deviceId, Register.status, Register.queueNumMax, Register.config])
      expect(driver.get(register)).toBe(0);
  });

  it("lies at its number's address and interrupt", () => {
    const { transport } = board({ slot: 3 });
    expect([transport.base, transport.interruptSource]).toEqual([0x1000_4000, 4]);
  });

  it("offers the device's features and those of rings, by words", () => {
    const { driver } = board();
    expect(driver.features).toBe(FEATURE | FeatureBit.indirect | FeatureBit.eventIndex | FeatureBit.version1);
    for (const word of [2, 0xffff_ffff]) {
      driver.set(Register.deviceFeaturesSel, word);
      expect(driver.get(Register.deviceFeatures)).toBe(0);
    }
  });

  it("refuses features that it did not offer, by clearing FEATURES_OK", () => {
    const { driver } = board();
    driver.acceptFeatures(driver.features | (1n << 6n));
    driver.set(Register.status, acknowledge | hasDriver | featuresOk);
    expect(driver.status).toBe(acknowledge | hasDriver);
    driver.acceptFeatures(driver.features);
    driver.set(Register.status, acknowledge | hasDriver | featuresOk);
    expect(driver.status).toBe(acknowledge | hasDriver | featuresOk);
  });

  it("lets nobody change features after FEATURES_OK", () => {
    const { driver, device } = board();
    driver.start({ features: FeatureBit.version1 });
    driver.acceptFeatures(driver.features);
    expect(device.port.negotiated).toBe(FeatureBit.version1);
  });

  it("uses no buffers before DRIVER_OK, and then those that were offered before", () => {
    const { driver, memory, line } = board();
    driver.start();
    const [queue] = driver.queues;
    driver.set(Register.status, acknowledge | hasDriver | featuresOk);
    memory.write(memory.base + 0x8000, Uint8Array.of(7));
    queue!.offer(queue!.chain([memory.base + 0x8000, 1, false], [memory.base + 0x8100, 1, true]));
    driver.notify(0);
    expect(queue!.takeUsed()).toBeUndefined();
    driver.set(Register.status, acknowledge | hasDriver | featuresOk | driverOk);
    expect(queue!.takeUsed()).toEqual({ head: 0, written: 1 });
    expect([line.level, driver.acknowledge(), line.level]).toEqual([true, 1, false]);
  });

  it("forgets everything at a reset", () => {
    const { driver, device, line } = board();
    driver.start();
    driver.send(0, Uint8Array.of(1), 1);
    expect(line.level).toBe(true);
    driver.set(Register.status, 0);
    driver.set(Register.queueSel, 0);
    expect([driver.status, driver.get(Register.queueReady), line.level, device.resets]).toEqual([
      0,
      0,
      false,
      2,
    ]);
    expect(device.port.negotiated).toBe(0n);
  });

  it("has queues up to the device's, of 256 descriptors at most", () => {
    const { driver } = board();
    const most = [0, 1, 2, 0xffff_ffff].map((queue) => {
      driver.set(Register.queueSel, queue);
      return driver.get(Register.queueNumMax);
    });
    expect(most).toEqual([256, 256, 0, 0]);
  });

  it("keeps a queue as it is while it is in use, and takes it out of use on demand", () => {
    const { driver } = board();
    driver.start();
    driver.set(Register.queueSel, 0);
    driver.set(Register.queueDesc, 0x1234);
    driver.set(Register.queueNum, 4);
    driver.send(0, Uint8Array.of(9), 1);
    expect(driver.queues[0]!.takeUsed()).toEqual({ head: 0, written: 1 });
    driver.set(Register.queueReady, 0);
    expect(driver.get(Register.queueReady)).toBe(0);
    driver.send(0, Uint8Array.of(9), 1);
    expect(driver.queues[0]!.takeUsed()).toBeUndefined();
    expect(driver.status & needsReset).toBe(0);
  });

  it.each([
    ["no descriptors", { size: 0 }],
    ["three descriptors", { size: 3 }],
    ["too many descriptors", { size: 512 }],
    ["descriptors at 0", { descriptors: 0 }],
    ["descriptors in a device", { descriptors: 0x1000_0000 }],
    ["an available ring over the end of RAM", { available: 0x8010_0000 - 16 }],
    ["a used ring beyond 4 GiB", { usedHigh: 1 }],
    ["a used ring at the end of the address space", { used: 0xffff_ffc0, usedHigh: 0xffff_ffff }],
  ])("needs a reset when a queue has %s", (_, changes) => {
    const { driver, memory, host } = board();
    const at = memory.base;
    const queue = {
      size: 8,
      descriptors: at,
      available: at + 0x1000,
      used: at + 0x2000,
      usedHigh: 0,
      ...changes,
    };
    driver.set(Register.status, acknowledge | hasDriver);
    driver.acceptFeatures(FeatureBit.version1);
    driver.set(Register.status, acknowledge | hasDriver | featuresOk);
    driver.set(Register.queueNum, queue.size);
    driver.set(Register.queueDesc, queue.descriptors);
    driver.set(Register.queueDriver, queue.available);
    driver.set(Register.queueDevice, queue.used);
    driver.set(Register.queueDevice + 4, queue.usedHigh);
    driver.set(Register.queueReady, 1);
    expect([driver.get(Register.queueReady), driver.status & needsReset]).toEqual([0, needsReset]);
    expect(host.warnings[0]).toMatch(/echo in slot 0: queue 0 .*needs a reset/);
  });

  it("stays broken until a reset, whatever the driver writes to the status", () => {
    const { driver, line } = board();
    driver.start();
    driver.queues[0]!.offer(99);
    driver.notify(0);
    expect([line.level, driver.acknowledge()]).toEqual([true, 2]);
    driver.set(Register.status, acknowledge | hasDriver | featuresOk | driverOk);
    expect(driver.status & needsReset).toBe(needsReset);
    driver.send(1, Uint8Array.of(9), 1);
    expect(driver.queues[1]!.takeUsed()).toBeUndefined();
    driver.start();
    expect(driver.status & needsReset).toBe(0);
  });

  it("tells of a driver that breaks it again and again only so often", () => {
    const { driver, host } = board();
    for (let round = 0; round < 100; round++) {
      driver.start();
      driver.queues[0]!.offer(99);
      driver.notify(0);
    }
    expect(host.warnings).toHaveLength(20);
    expect(host.warnings.at(-1)).toMatch(/no more of these are shown$/);
  });

  it("shows the configuration by any width, and tells of changes", () => {
    const { driver, transport, device, line } = board();
    driver.start();
    expect([transport.read(0x100, 1), transport.read(0x101, 2), transport.read(0x100, 8)]).toEqual([
      1n,
      0x0302n,
      0x05_0403_0201n,
    ]);
    const before = driver.get(Register.configGeneration);
    device.configuration[0] = 77;
    device.port.configurationChanged();
    expect(driver.get(Register.configGeneration)).not.toBe(before);
    expect([line.level, driver.acknowledge(), transport.read(0x100, 1)]).toEqual([true, 2, 77n]);
  });

  it("has no shared memory regions", () => {
    const { transport } = board();
    expect([transport.read(Register.shmLength, 8), transport.read(0xb8, 8)]).toEqual([
      (1n << 64n) - 1n,
      (1n << 64n) - 1n,
    ]);
  });

  it("refuses accesses that are not whole registers", () => {
    const { transport } = board();
    expect(() => transport.read(0, 1)).toThrow(BusError);
    expect(() => transport.read(2, 4)).toThrow(BusError);
    expect(() => transport.write(Register.status, 2, 0n)).toThrow(BusError);
  });
});

describe("a virtio slot with the legacy interface", () => {
  it("takes a queue by its page number and works", () => {
    const { driver, memory } = board({ legacy: true });
    expect([driver.get(Register.version), driver.features >> 32n]).toEqual([1, 0n]);
    driver.set(Register.status, acknowledge | hasDriver);
    driver.acceptFeatures(FEATURE);
    driver.set(Register.guestPageSize, 4096);
    driver.set(Register.queueSel, 1);
    driver.set(Register.queueNum, 128);
    driver.set(Register.queueAlign, 4096);
    driver.set(Register.queuePfn, (memory.base + 0x4000) / 4096);
    expect(driver.get(Register.queuePfn)).toBe((memory.base + 0x4000) / 4096);
    driver.set(Register.status, acknowledge | hasDriver | driverOk);
    // Section 2.7.2: 128 descriptors are 2 KiB, the available ring follows, the used ring is on the next page.
    const queue = new (class extends DriverQueue {
      override get available() {
        return this.base + 0x800;
      }
      override get used() {
        return this.base + 0x1000;
      }
    })(memory, memory.base + 0x4000, 128);
    memory.write(memory.base + 0x8000, Uint8Array.of(5, 6));
    queue.offer(queue.chain([memory.base + 0x8000, 2, false], [memory.base + 0x8000 + QUEUE_SPACE, 2, true]));
    driver.notify(1);
    expect(queue.takeUsed()).toEqual({ head: 0, written: 2 });
    driver.set(Register.queuePfn, 0);
    queue.offer(0);
    driver.notify(1);
    expect(queue.takeUsed()).toBeUndefined();
  });

  it("needs a reset when the queue is nowhere", () => {
    for (const [pages, size, align] of [
      [0xffff_ffff, 4096, 4096],
      [0x8_0000, 0, 4096],
      [0x8_0000, 4096, 0],
      [0x8_0000, 4096, 0xffff_ffff],
    ] as const) {
      const { driver } = board({ legacy: true });
      driver.set(Register.guestPageSize, size);
      driver.set(Register.queueNum, 8);
      driver.set(Register.queueAlign, align);
      driver.set(Register.queuePfn, pages);
      expect(driver.status & needsReset).toBe(needsReset);
    }
  });
});
