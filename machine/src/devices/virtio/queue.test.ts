import { describe, expect, it } from "vitest";
import { FakeMemory } from "../../test-support/fake-host";
import { DescriptorFlag, DriverQueue, FeatureBit } from "../../test-support/virtio-driver";
import { QueueError, Virtqueue } from "./queue";

const BASE = 0x8000_0000;
const { next: NEXT, write: WRITE, indirect: INDIRECT } = DescriptorFlag;
const DATA = BASE + 0x8000;
const RAM = 1 << 16;

function queues({ size = 8, features = 0n } = {}) {
  const memory = new FakeMemory(BASE, RAM);
  const driver = new DriverQueue(memory, BASE, size);
  let interrupts = 0;
  const device = new Virtqueue(memory, 0, () => {
    interrupts++;
  });
  device.start({ size, descriptors: BASE, available: driver.available, used: driver.used }, features);
  return { memory, driver, device, interrupts: () => interrupts };
}

/** Writes an indirect table at DATA and its descriptor at index 0. */
function indirectTable(
  { memory, driver }: ReturnType<typeof queues>,
  entries: [address: number, length: number, flags: number, next: number][],
  length = entries.length * 16,
): void {
  const table = new DriverQueue(memory, DATA, 256);
  for (const [index, entry] of entries.entries()) table.describe(index, ...entry);
  driver.describe(0, DATA, length, INDIRECT);
}

describe("a split queue", () => {
  it("hands out messages in order, readable and writable parts apart", () => {
    const { driver, device, memory } = queues();
    memory.write(DATA, Uint8Array.of(1, 2, 3, 4, 5));
    driver.offer(driver.chain([DATA, 2, false], [DATA + 2, 3, false], [DATA + 16, 4, true]));
    driver.offer(driver.chain([DATA + 4, 1, false]));
    expect(device.hasNext).toBe(true);
    const first = device.take()!;
    expect([first.readable.read(), first.writable.length]).toEqual([Uint8Array.of(1, 2, 3, 4, 5), 4]);
    expect(device.take()!.readable.read()).toEqual(Uint8Array.of(5));
    expect([device.hasNext, device.take()]).toEqual([false, undefined]);
  });

  it("goes round its rings and over the end of their indexes", () => {
    const { driver, device, interrupts } = queues();
    for (let round = 0; round < 70_000; round++) {
      driver.offer(driver.chain([DATA, 1, true]));
      const chain = device.take()!;
      device.use(chain, 1);
      if (driver.takeUsed()?.head !== round % 8) throw new Error(`round ${round}`);
    }
    expect(interrupts()).toBe(70_000);
  });

  it("takes messages back as if they had not been taken", () => {
    const { driver, device } = queues({ features: FeatureBit.eventIndex });
    driver.offer(driver.chain([DATA, 1, true]));
    driver.offer(driver.chain([DATA + 1, 1, true]));
    device.take();
    device.take();
    expect(driver.availableEvent).toBe(2);
    device.putBack(2);
    expect(driver.availableEvent).toBe(0);
    expect(device.take()!.head).toBe(0);
  });

  it("follows an indirect table in any order", () => {
    const board = queues({ features: FeatureBit.indirect });
    board.memory.write(DATA + 0x100, Uint8Array.of(1, 2, 3));
    indirectTable(board, [
      [DATA + 0x100, 2, NEXT, 2],
      [DATA + 0x200, 4, WRITE, 0],
      [DATA + 0x102, 1, NEXT, 1],
    ]);
    board.driver.offer(0);
    const chain = board.device.take()!;
    expect([chain.readable.read(), chain.writable.length]).toEqual([Uint8Array.of(1, 2, 3), 4]);
  });

  it("follows an indirect table behind other descriptors", () => {
    const board = queues({ features: FeatureBit.indirect });
    indirectTable(board, [[DATA + 0x200, 4, WRITE, 0]]);
    board.driver.describe(1, DATA + 0x100, 2, NEXT, 0);
    board.driver.offer(1);
    const chain = board.device.take()!;
    expect([chain.readable.length, chain.writable.length]).toEqual([2, 4]);
  });

  it("interrupts unless the driver asked for none", () => {
    const { driver, device, interrupts } = queues();
    driver.suppressInterrupts = true;
    driver.offer(driver.chain([DATA, 1, true]));
    device.use(device.take()!, 0);
    expect(interrupts()).toBe(0);
    driver.suppressInterrupts = false;
    driver.offer(driver.chain([DATA, 1, true]));
    device.use(device.take()!, 0);
    expect(interrupts()).toBe(1);
  });

  it("interrupts when the driver's event index is passed, once", () => {
    const { driver, device, interrupts } = queues({ features: FeatureBit.eventIndex });
    driver.usedEvent = 2;
    const counts = Array.from({ length: 5 }, () => {
      driver.offer(driver.chain([DATA, 1, true]));
      device.use(device.take()!, 0);
      return interrupts();
    });
    expect(counts).toEqual([0, 0, 1, 1, 1]);
  });

  it("shows several messages as used at once", () => {
    const { driver, device, interrupts } = queues();
    for (let index = 0; index < 3; index++) driver.offer(driver.chain([DATA, 1, true]));
    const chains = [device.take()!, device.take()!, device.take()!];
    device.useAll(chains.map((chain, written) => ({ chain, written })));
    expect([driver.takeUsed(), driver.takeUsed(), driver.takeUsed()].map((used) => used?.written)).toEqual([
      0, 1, 2,
    ]);
    expect(interrupts()).toBe(1);
  });

  it("ignores empty buffers", () => {
    const { driver, device } = queues();
    driver.offer(driver.chain([0, 0, false], [DATA, 1, false], [0, 0, true]));
    const chain = device.take()!;
    expect([chain.readable.length, chain.writable.length]).toEqual([1, 0]);
  });
});

describe("a split queue refuses", () => {
  type Board = ReturnType<typeof queues>;
  const INDIRECT_FEATURE = { features: FeatureBit.indirect };
  const cases: [name: string, message: RegExp, options: object, corrupt: (board: Board) => void][] = [
    [
      "more new buffers than it can hold",
      /claims 9 new buffers/,
      {},
      ({ memory, driver }) => memory.writeU16(driver.available + 2, 9),
    ],
    [
      "an available index that went back",
      /claims 65535 new buffers/,
      {},
      ({ memory, driver }) => memory.writeU16(driver.available + 2, 0xffff),
    ],
    ["a head that is no descriptor", /names descriptor 8 of 8/, {}, ({ driver }) => driver.offer(8)],
    [
      "a successor that is no descriptor",
      /names descriptor 65535 of 8/,
      {},
      ({ driver }) => {
        driver.describe(0, DATA, 1, NEXT, 0xffff);
        driver.offer(0);
      },
    ],
    [
      "a descriptor that is its own successor",
      /too long or a loop/,
      {},
      ({ driver }) => {
        driver.describe(0, DATA, 1, NEXT, 0);
        driver.offer(0);
      },
    ],
    [
      "a loop of descriptors",
      /too long or a loop/,
      {},
      ({ driver }) => {
        driver.describe(0, DATA, 1, NEXT, 1);
        driver.describe(1, DATA, 1, NEXT, 0);
        driver.offer(0);
      },
    ],
    [
      "a buffer below RAM",
      /outside RAM: 4 bytes at 0x7ffffffe/,
      {},
      ({ driver }) => driver.offer(driver.chain([BASE - 2, 4, true])),
    ],
    [
      "a buffer over the end of RAM",
      /outside RAM/,
      {},
      ({ driver }) => driver.offer(driver.chain([BASE + RAM - 2, 3, false])),
    ],
    [
      "a buffer at the end of the address space",
      /outside RAM/,
      {},
      ({ driver }) => {
        driver.describe(0, 0xffff_ffff_ffff_ffffn, 2);
        driver.offer(0);
      },
    ],
    [
      "a length that leads round the address space",
      /outside RAM/,
      {},
      ({ driver }) => {
        driver.describe(0, DATA, 0xffff_ffff);
        driver.offer(0);
      },
    ],
    [
      "chains of more than 4 GiB",
      /more than 4 GiB/,
      {},
      ({ driver }) => {
        // Nothing of RAM is that long, but the sum is looked at first.
        driver.describe(0, DATA, 0x1000, NEXT, 1);
        driver.describe(1, DATA, 0xffff_ffff);
        driver.offer(0);
      },
    ],
    [
      "a readable buffer behind a writable one",
      /readable buffer behind a writable one/,
      {},
      ({ driver }) => driver.offer(driver.chain([DATA, 1, true], [DATA, 1, false])),
    ],
    [
      "indirect tables that were not negotiated",
      /was not negotiated/,
      {},
      (board) => {
        indirectTable(board, [[DATA, 1, 0, 0]]);
        board.driver.offer(0);
      },
    ],
    [
      "an indirect table in an indirect table",
      /in an indirect table/,
      INDIRECT_FEATURE,
      (board) => {
        indirectTable(board, [[DATA, 16, INDIRECT, 0]]);
        board.driver.offer(0);
      },
    ],
    [
      "an indirect table with a successor",
      /with a successor/,
      INDIRECT_FEATURE,
      ({ driver }) => {
        driver.describe(0, DATA, 16, INDIRECT | NEXT, 1);
        driver.offer(0);
      },
    ],
    [
      "a loop in an indirect table",
      /too long or a loop/,
      INDIRECT_FEATURE,
      (board) => {
        indirectTable(board, [
          [DATA, 1, NEXT, 1],
          [DATA, 1, NEXT, 0],
        ]);
        board.driver.offer(0);
      },
    ],
    [
      "an empty indirect table",
      /0 bytes/,
      INDIRECT_FEATURE,
      (board) => {
        indirectTable(board, [], 0);
        board.driver.offer(0);
      },
    ],
    [
      "half an indirect table",
      /24 bytes/,
      INDIRECT_FEATURE,
      (board) => {
        indirectTable(board, [[DATA, 1, 0, 0]], 24);
        board.driver.offer(0);
      },
    ],
    [
      "an indirect table outside RAM",
      /an indirect table outside RAM/,
      INDIRECT_FEATURE,
      ({ driver }) => {
        driver.describe(0, BASE + RAM - 8, 16, INDIRECT);
        driver.offer(0);
      },
    ],
  ];

  it.each(cases)("%s", (_, message, options, corrupt) => {
    const board = queues(options);
    corrupt(board);
    expect(() => board.device.take()).toThrow(QueueError);
    expect(() => board.device.take()).toThrow(message);
  });
});
