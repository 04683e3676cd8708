import { describe, expect, it } from "vitest";
import type { BlockBackend } from "../../disk/block-backend";
import { MemoryDisk } from "../../disk/memory-disk";
import { MachineError } from "../../errors";
import { Register, StatusBit, virtioBench } from "../../test-support/virtio-driver";
import { type BlockOptions, virtioBlock } from "./block";

const SECTOR = 512;
const LATENCY = 1000n;
const Request = { read: 0, write: 1, flush: 4, getId: 8, discard: 11, writeZeroes: 13 } as const;
const [OK, IO_ERROR, UNSUPPORTED] = [0, 1, 2] as const;
const F_READ_ONLY = 1n << 5n;

function header(type: number, sector: number | bigint = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setBigUint64(8, BigInt(sector), true);
  return bytes;
}

/** A range of discard and write zeroes. */
function range(sector: number, sectors: number, flags = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(sector), true);
  view.setUint32(8, sectors, true);
  view.setUint32(12, flags, true);
  return bytes;
}

/** Bytes that differ from sector to sector and within one. */
function pattern(sectors: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length: sectors * SECTOR }, (_, i) => (i * 7 + (i >> 9) * 13 + salt) & 255);
}

function board(backend: BlockBackend, options?: BlockOptions) {
  const bench = virtioBench(virtioBlock(backend, options));
  const { driver, host, memory } = bench;
  driver.start();
  /** Sends a request, lets it be carried out, and returns status, bytes written by its count, and data. */
  const request = async (parts: Uint8Array[], room = 0) => {
    const { rooms } = driver.send(0, ...parts, ...(room > 0 ? [room, 1] : [1]));
    host.advance(LATENCY);
    await host.hostWork;
    const status = memory.read(rooms.at(-1)!.address, 1)[0];
    return {
      status,
      written: driver.queues[0]!.takeUsed()?.written,
      data: memory.read(rooms[0]!.address, room),
    };
  };
  return { ...bench, request };
}

describe("the block device", () => {
  it("tells its size, and that it can flush and discard", () => {
    const { driver, transport } = board(new MemoryDisk(new Uint8Array(100 * SECTOR)));
    expect(driver.get(Register.deviceId)).toBe(2);
    expect(transport.read(Register.config, 8)).toBe(100n);
    expect(driver.get(Register.config + 20)).toBe(SECTOR);
    expect(driver.features & (1n << 9n)).not.toBe(0n);
    expect(driver.features & F_READ_ONLY).toBe(0n);
  });

  it("reads and writes sectors, after its latency and not before", async () => {
    const disk = new MemoryDisk(pattern(16));
    const { driver, host, line, memory, request } = board(disk);
    const { rooms } = driver.send(0, header(Request.read, 3), 2 * SECTOR, 1);
    host.advance(LATENCY - 1n);
    expect([line.level, driver.queues[0]!.takeUsed()]).toEqual([false, undefined]);
    host.advance(1n);
    expect(line.level).toBe(true);
    expect(driver.acknowledge()).toBe(1);
    expect(line.level).toBe(false);
    expect(driver.queues[0]!.takeUsed()).toEqual({ head: 0, written: 2 * SECTOR + 1 });
    expect(memory.read(rooms[0]!.address, 2 * SECTOR)).toEqual(pattern(16).slice(3 * SECTOR, 5 * SECTOR));
    const data = pattern(3, 99);
    expect(await request([header(Request.write, 13), data])).toMatchObject({ status: OK, written: 1 });
    expect(disk.bytes.slice(13 * SECTOR)).toEqual(data);
  });

  it("does not care how a request is cut into descriptors", async () => {
    const disk = new MemoryDisk(pattern(8));
    const { driver, host, memory } = board(disk);
    const data = pattern(1, 5);
    const cut = (bytes: Uint8Array, ...at: number[]) =>
      [0, ...at].map((from, i) => bytes.slice(from, at[i] ?? bytes.length));
    driver.send(0, ...cut(Uint8Array.from([...header(Request.write, 2), ...data]), 5, 100), 1);
    host.advance(LATENCY);
    expect(disk.bytes.slice(2 * SECTOR, 3 * SECTOR)).toEqual(data);
    const { rooms } = driver.send(0, header(Request.read, 2), 3, SECTOR - 2);
    host.advance(LATENCY);
    const read = rooms.flatMap(({ address, length }) => [...memory.read(address, length)]);
    expect(read).toEqual([...data, OK]);
  });

  it("carries requests out in order, each with one latency", () => {
    const disk = new MemoryDisk(pattern(8));
    const { driver, host, memory } = board(disk);
    driver.send(0, header(Request.write, 0), pattern(1, 50), 1);
    const { rooms } = driver.send(0, header(Request.read, 0), SECTOR, 1);
    host.advance(LATENCY);
    expect([driver.queues[0]!.takeUsed()?.head, driver.queues[0]!.takeUsed()]).toEqual([0, undefined]);
    host.advance(LATENCY);
    expect(driver.queues[0]!.takeUsed()?.head).toBe(3);
    expect(memory.read(rooms[0]!.address, SECTOR)).toEqual(pattern(1, 50));
  });

  it("flushes, and gives its name", async () => {
    const { request } = board(new MemoryDisk(pattern(8)), { id: "disk-7" });
    expect(await request([header(Request.flush)])).toMatchObject({ status: OK, written: 1 });
    const { status, data } = await request([header(Request.getId)], 20);
    expect([status, new TextDecoder().decode(data)]).toEqual([OK, "disk-7".padEnd(20, "\0")]);
  });

  it("makes ranges zero, by discarding and by writing zeroes", async () => {
    const disk = new MemoryDisk(pattern(16));
    const { request } = board(disk);
    const result = await request([header(Request.discard), range(1, 2), range(8, 1)]);
    expect(result.status).toBe(OK);
    expect((await request([header(Request.writeZeroes), range(10, 3, 1)])).status).toBe(OK);
    const zeroed = [1, 2, 8, 10, 11, 12];
    for (let sector = 0; sector < 16; sector++) {
      const bytes = disk.bytes.slice(sector * SECTOR, (sector + 1) * SECTOR);
      expect(bytes.every((byte) => byte === 0)).toBe(zeroed.includes(sector));
    }
  });

  it.each([
    ["beyond the end", [header(Request.read, 15)], 2 * SECTOR, IO_ERROR],
    ["far beyond the end", [header(Request.read, (1n << 64n) - 1n)], SECTOR, IO_ERROR],
    ["half a sector", [header(Request.read, 0)], 100, IO_ERROR],
    ["of an unknown kind", [header(99)], 0, UNSUPPORTED],
    ["to discard with an unknown flag", [header(Request.discard), range(0, 1, 1)], 0, UNSUPPORTED],
    ["to discard beyond the end", [header(Request.discard), range(15, 2)], 0, IO_ERROR],
    ["to discard half a range", [header(Request.discard), new Uint8Array(8)], 0, IO_ERROR],
    [
      "to write zeroes to half the disk at once",
      [header(Request.writeZeroes), range(0, 1 << 16)],
      0,
      IO_ERROR,
    ],
  ])("answers a request %s by its status", async (_, parts, room, status) => {
    const disk = new MemoryDisk(pattern(16));
    const { driver, request } = board(disk);
    expect((await request(parts, room)).status).toBe(status);
    expect(driver.status & StatusBit.needsReset).toBe(0);
    expect(disk.bytes).toEqual(pattern(16));
  });

  it("refuses to change a read-only disk", async () => {
    const disk = new MemoryDisk(pattern(8), { readOnly: true });
    const { driver, request } = board(disk);
    expect(driver.features & F_READ_ONLY).toBe(F_READ_ONLY);
    expect((await request([header(Request.write), pattern(1, 9)])).status).toBe(IO_ERROR);
    expect((await request([header(Request.discard), range(0, 1)])).status).toBe(IO_ERROR);
    expect(disk.bytes).toEqual(pattern(8));
  });

  it("needs a reset after a request without room for header or status", () => {
    for (const parts of [[new Uint8Array(15), 1], [header(Request.flush)], [17]]) {
      const { driver, host, line } = board(new MemoryDisk(pattern(8)));
      driver.send(0, ...parts);
      host.advance(LATENCY);
      expect(driver.status & StatusBit.needsReset).toBe(StatusBit.needsReset);
      expect([line.level, driver.acknowledge()]).toEqual([true, 2]);
      expect(host.warnings).toEqual([
        "virtio-blk in slot 0: queue 0 has a request without room for its header or its status; the device needs a reset by its driver",
      ]);
      driver.start();
      driver.send(0, header(Request.flush), 1);
      host.advance(LATENCY);
      expect(driver.queues[0]!.takeUsed()?.written).toBe(1);
    }
  });

  it("drops what a reset overtakes", () => {
    const { driver, host } = board(new MemoryDisk(pattern(8)));
    driver.send(0, header(Request.flush), 1);
    driver.start();
    host.advance(2n * LATENCY);
    expect(driver.queues[0]!.takeUsed()).toBeUndefined();
  });

  it("turns a failing backend into an I/O error and tells the user once", async () => {
    const full: BlockBackend = {
      size: 8 * SECTOR,
      readOnly: false,
      read: () => {},
      write: () => {
        throw new Error("disk.img: no space left on device");
      },
      zero: () => Promise.reject(new Error("disk.img: no space left on device")),
      flush: () => {},
    };
    const { driver, host, request } = board(full);
    expect((await request([header(Request.write), pattern(1)])).status).toBe(IO_ERROR);
    expect((await request([header(Request.discard), range(0, 1)])).status).toBe(IO_ERROR);
    expect((await request([header(Request.read)], SECTOR)).status).toBe(OK);
    expect(host.warnings).toEqual([
      "virtio-blk in slot 0: disk.img: no space left on device; the guest sees an I/O error",
    ]);
    expect(driver.status & StatusBit.needsReset).toBe(0);
  });

  it("lets a backend take its time", async () => {
    const disk = new MemoryDisk(pattern(8));
    const slow: BlockBackend = {
      size: disk.size,
      readOnly: false,
      read: async (offset, target) => {
        await new Promise((resolve) => setTimeout(resolve, 0));
        disk.read(offset, target);
      },
      write: async (offset, source) => disk.write(offset, source),
      zero: () => {},
      flush: () => {},
    };
    const { request } = board(slow);
    expect((await request([header(Request.write, 1), pattern(2, 77)])).status).toBe(OK);
    const read = await request([header(Request.read, 1)], 2 * SECTOR);
    expect([read.status, read.data]).toEqual([OK, pattern(2, 77)]);
  });

  it("cannot be made of half a sector, or answer before it is asked", () => {
    expect(() => virtioBlock(new MemoryDisk(new Uint8Array(512)), { latency: 0 })).toThrow(MachineError);
    expect(() => new MemoryDisk(new Uint8Array(1000))).toThrow(MachineError);
    expect(() => new MemoryDisk(new Uint8Array(0))).toThrow(/0 bytes/);
  });
});
