import { describe, expect, it } from "vitest";
import { MachineError } from "../../errors";
import type { NetworkLink, Station } from "../../network/link";
import { FeatureBit, Register, StatusBit, virtioBench } from "../../test-support/virtio-driver";
import { type NetworkOptions, virtioNetwork } from "./network";

const [RECEIVE, TRANSMIT] = [0, 1] as const;
const F_MERGEABLE = 1n << 15n;
const HEADER = 12;

/** A wire whose other end is the test. */
class TestLink implements NetworkLink {
  isUp = true;
  readonly isPaced = false;
  station!: Station;
  readonly sent: Uint8Array[] = [];
  resumed = 0;
  resume(): void {
    this.resumed++;
  }
  attach(station: Station): void {
    this.station = station;
  }
  send(frame: Uint8Array): void {
    this.sent.push(frame);
  }
}

function frame(length: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 3 + salt) & 255);
}

/** @param without feature bits that the driver does not take */
function board({ without = 0n, ...options }: NetworkOptions & { without?: bigint; slot?: number } = {}) {
  const link = new TestLink();
  const bench = virtioBench(virtioNetwork(link, options), { slot: options.slot });
  const { driver, memory } = bench;
  const rings = FeatureBit.indirect | FeatureBit.eventIndex;
  driver.start({ features: driver.features & ~(rings | without) });
  /** The next received message, from buffers of `rooms`. */
  const received = (rooms: { address: number; length: number }[]) => {
    const used = driver.queues[RECEIVE]!.takeUsed();
    return used && memory.read(rooms[0]!.address, used.written);
  };
  return { ...bench, link, received };
}

describe("the network device", () => {
  it("has an address: its own, or one by its slot", () => {
    const address = (options: NetworkOptions & { slot?: number }) => {
      const { transport } = board(options);
      return Array.from({ length: 6 }, (_, index) =>
        Number(transport.read(Register.config + index, 1))
          .toString(16)
          .padStart(2, "0"),
      ).join(":");
    };
    expect(address({ mac: "02:00:5e:10:00:FF" })).toBe("02:00:5e:10:00:ff");
    expect([address({}), address({ slot: 5 })]).toEqual(["52:54:00:12:34:56", "52:54:00:12:34:5b"]);
  });

  it.each(["", "52:54:00:12:34", "53:54:00:12:34:56", "52-54-00-12-34-56"])(
    "cannot have the address %j",
    (mac) => {
      expect(() => virtioNetwork(new TestLink(), { mac })).toThrow(MachineError);
    },
  );

  it("sends frames without their header", () => {
    const { driver, link, line } = board();
    driver.send(TRANSMIT, new Uint8Array(HEADER), frame(60));
    driver.send(TRANSMIT, Uint8Array.from([...new Uint8Array(HEADER), ...frame(1514, 9)]));
    expect(link.sent).toEqual([frame(60), frame(1514, 9)]);
    expect(line.level).toBe(true);
    expect(driver.queues[TRANSMIT]!.takeUsed()).toEqual({ head: 0, written: 0 });
  });

  it("sends no runts and no giants", () => {
    const { driver, link } = board();
    driver.send(TRANSMIT, new Uint8Array(HEADER), frame(13));
    driver.send(TRANSMIT, new Uint8Array(HEADER), frame(65_554));
    expect([link.sent, driver.status & StatusBit.needsReset]).toEqual([[], 0]);
    expect([driver.queues[TRANSMIT]!.takeUsed()?.head, driver.queues[TRANSMIT]!.takeUsed()?.head]).toEqual([
      0, 2,
    ]);
  });

  it("receives frames behind a header that tells the number of buffers", () => {
    const { driver, link, received, line } = board();
    const { rooms } = driver.send(RECEIVE, 1526);
    expect(line.level).toBe(false);
    link.station.receive(frame(100));
    expect(line.level).toBe(true);
    expect(received(rooms)).toEqual(Uint8Array.from([...new Uint8Array(10), 1, 0, ...frame(100)]));
  });

  it("spreads a long frame over several buffers", () => {
    const { driver, link, memory } = board();
    const rooms = [500, 500, 500].flatMap((room) => driver.send(RECEIVE, room).rooms);
    link.station.receive(frame(1000));
    const queue = driver.queues[RECEIVE]!;
    const parts = rooms.flatMap(({ address }) => [...memory.read(address, queue.takeUsed()!.written)]);
    expect(parts).toEqual([...new Uint8Array(10), 3, 0, ...frame(1000)]);
  });

  it("keeps frames in order until there are enough buffers", () => {
    const { driver, link, received } = board();
    link.station.receive(frame(60, 1));
    link.station.receive(frame(60, 2));
    driver.send(RECEIVE, 40);
    expect(driver.queues[RECEIVE]!.takeUsed()).toBeUndefined();
    driver.send(RECEIVE, 40);
    expect([
      driver.queues[RECEIVE]!.takeUsed()?.written,
      driver.queues[RECEIVE]!.takeUsed()?.written,
    ]).toEqual([40, 32]);
    const { rooms } = driver.send(RECEIVE, 2000);
    expect(received(rooms)?.slice(HEADER)).toEqual(frame(60, 2));
  });

  it("loses what is too long for a buffer when none may be merged, and goes on", () => {
    const { driver, link, received } = board({ without: F_MERGEABLE });
    const { rooms } = driver.send(RECEIVE, 100);
    link.station.receive(frame(1000));
    link.station.receive(frame(88));
    expect(received(rooms)?.slice(HEADER)).toEqual(frame(88));
  });

  it("has the short header for drivers that know neither merging nor version 1", () => {
    const { driver, link, received } = board({ without: F_MERGEABLE | FeatureBit.version1 });
    driver.send(TRANSMIT, new Uint8Array(10), frame(60));
    expect(link.sent).toEqual([frame(60)]);
    const { rooms } = driver.send(RECEIVE, 1526);
    link.station.receive(frame(60, 7));
    expect(received(rooms)).toEqual(Uint8Array.from([...new Uint8Array(10), ...frame(60, 7)]));
  });

  it("hears nothing while no driver is ready, and holds 256 frames for one that is slow", () => {
    const { driver, link } = board();
    driver.set(Register.status, 0);
    link.station.receive(frame(60));
    driver.start();
    for (let index = 0; index < 300; index++) link.station.receive(frame(60, index));
    let received = 0;
    for (let index = 0; index < 300; index++) {
      driver.send(RECEIVE, 100);
      if (driver.queues[RECEIVE]!.takeUsed()) received++;
    }
    expect(received).toBe(256);
  });

  it("tells the link when it is full, and when it has room again", () => {
    const { driver, link } = board();
    const answers = Array.from({ length: 256 }, () => link.station.receive(frame(60)));
    expect(answers.indexOf(false)).toBe(255);
    for (let index = 0; index < 255; index++) driver.send(RECEIVE, 100);
    expect(link.resumed).toBe(0);
    driver.send(RECEIVE, 100);
    expect(link.resumed).toBe(1);
    for (let index = 0; index < 256; index++) link.station.receive(frame(60));
    driver.set(Register.status, 0);
    expect(link.resumed).toBe(2);
  });

  it("tells when the cable is pulled out", () => {
    const { driver, link, transport } = board();
    expect(transport.read(Register.config + 6, 2)).toBe(1n);
    link.isUp = false;
    link.station.linkChanged();
    expect([transport.read(Register.config + 6, 2), driver.acknowledge()]).toEqual([0n, 2]);
  });

  it("needs a reset after a frame without its header, or a buffer without room for one", () => {
    const { driver, link } = board();
    driver.send(TRANSMIT, new Uint8Array(11));
    expect(driver.status & StatusBit.needsReset).not.toBe(0);
    driver.start();
    driver.send(RECEIVE, 11);
    link.station.receive(frame(60));
    expect(driver.status & StatusBit.needsReset).not.toBe(0);
  });
});
