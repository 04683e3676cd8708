// Machine-mode programs that drive virtio devices by themselves, with interrupts through the PLIC. They run on one hart here and
// on QEMU (-bios none -global virtio-mmio.force-legacy=false).
import { Assembler } from "../../compiler/src/assembler/assembler";
import { reg } from "../../compiler/src/assembler/registers";
import { bareElf } from "./flat-program";

const RAM = 0x8000_0000;
const CSR = { mie: 0x304, mip: 0x344 } as const;
const MEIE = 1 << 11;
const PLIC = 0xc00_0000;
const CLAIM = PLIC + 0x20_0004;
const TEST_DEVICE = 0x10_0000;
const PASS = 0x5555;
const FAIL = 0x3333;

/** Queues and buffers are far behind the program. */
const QUEUES = RAM + 0x1_0000;
const QUEUE_SPACE = 0x3000;
const BUFFERS = RAM + 0x2_0000;
const MEMORY_SIZE = 0x4_0000;
const QUEUE_SIZE = 8;

const Descriptor = { next: 1, write: 2 } as const;

const queueAt = (index: number) => ({
  descriptors: QUEUES + index * QUEUE_SPACE,
  available: QUEUES + index * QUEUE_SPACE + 0x1000,
  used: QUEUES + index * QUEUE_SPACE + 0x2000,
});

/** Writes such programs for the device in one slot. */
class Driver {
  readonly a = new Assembler("start");
  private readonly base: number;
  private readonly source: number;
  private labels = 0;

  constructor(slot: number) {
    this.base = 0x1000_1000 + slot * 0x1000;
    this.source = 1 + slot;
  }

  protected fresh(name: string): string {
    return `${name}${this.labels++}`;
  }

  store(address: number, value: number, bytes: 2 | 4 | 8 = 4): void {
    const { a } = this;
    a.li(reg.t0, address);
    a.li(reg.t1, value);
    if (bytes === 2) a.sh(reg.t1, reg.t0, 0);
    else if (bytes === 4) a.sw(reg.t1, reg.t0, 0);
    else a.sd(reg.t1, reg.t0, 0);
  }

  register(offset: number, value: number): void {
    this.store(this.base + offset, value);
  }

  /** Brings the device up with VERSION_1 only, and lets its interrupt reach the hart (which takes none, but wakes). */
  start(queues: number): void {
    this.store(PLIC + 4 * this.source, 1);
    this.store(PLIC + 0x2000, 1 << this.source);
    this.store(PLIC + 0x20_0000, 0);
    this.a.li(reg.t0, MEIE);
    this.a.csrw(CSR.mie, reg.t0);
    this.register(0x70, 0);
    this.register(0x70, 1 | 2);
    for (const word of [0, 1]) {
      this.register(0x24, word);
      this.register(0x20, word);
    }
    this.register(0x70, 1 | 2 | 8);
    for (let queue = 0; queue < queues; queue++) {
      this.register(0x30, queue);
      this.register(0x38, QUEUE_SIZE);
      const { descriptors, available, used } = queueAt(queue);
      for (const [offset, address] of [
        [0x80, descriptors],
        [0x90, available],
        [0xa0, used],
      ] as const) {
        this.register(offset, address);
        this.register(offset + 4, 0);
      }
      this.register(0x44, 1);
    }
    this.register(0x70, 1 | 2 | 8 | 4);
  }

  describe(queue: number, index: number, address: number, length: number, flags: number, next = 0): void {
    const at = queueAt(queue).descriptors + 16 * index;
    this.store(at, address, 8);
    this.store(at + 8, length);
    this.store(at + 12, flags | (next << 16));
  }

  /** Makes the chain from descriptor `head` on available as the `count`-th one, and notifies. */
  offer(queue: number, head: number, count: number): void {
    const { available } = queueAt(queue);
    this.store(available + 4 + 2 * ((count - 1) % QUEUE_SIZE), head, 2);
    this.a.fence(3, 3);
    this.store(available + 2, count, 2);
    this.a.fence(3, 15);
    this.register(0x50, queue);
  }

  /** Sleeps until the device has used `count` chains of a queue. */
  await(queue: number, count: number): void {
    const { a } = this;
    const [look, seen] = [this.fresh("look"), this.fresh("seen")];
    a.label(look);
    a.li(reg.t0, queueAt(queue).used + 2);
    a.lhu(reg.t0, reg.t0, 0);
    a.li(reg.t1, count);
    a.beq(reg.t0, reg.t1, seen);
    a.wfi();
    this.takeInterrupt();
    a.j(look);
    a.label(seen);
  }

  /** Claims and completes what woke the hart, if it was the device. */
  takeInterrupt(): void {
    const { a } = this;
    a.li(reg.t0, CLAIM);
    a.lw(reg.t1, reg.t0, 0);
    a.li(reg.t2, this.base);
    a.lw(reg.t3, reg.t2, 0x60);
    a.sw(reg.t3, reg.t2, 0x64);
    a.sw(reg.t1, reg.t0, 0);
  }

  /** Powers off: with exit code 0 if the byte at `address` is `expected`, else with 1 or what the byte is. */
  expectByte(address: number, expected: number): void {
    const { a } = this;
    const good = this.fresh("good");
    a.li(reg.t0, address);
    a.lbu(reg.t0, reg.t0, 0);
    a.li(reg.t1, expected);
    a.beq(reg.t0, reg.t1, good);
    this.store(TEST_DEVICE, FAIL | (1 << 16));
    this.hang();
    a.label(good);
  }

  powerOff(): void {
    this.store(TEST_DEVICE, PASS);
    this.hang();
  }

  private hang(): void {
    const label = this.fresh("hang");
    this.a.label(label);
    this.a.j(label);
  }

  elf(): Uint8Array {
    return bareElf(this.a.finish(), RAM, MEMORY_SIZE);
  }
}

const SECTOR = 512;
const HEADER = BUFFERS;
const DATA = BUFFERS + 0x100;
const STATUS = BUFFERS + 0x1000;

/** Reads sector 1 of the disk in `slot`, writes its bytes, each inverted, to sector 2, and powers off. */
export function diskGuest(slot: number): Uint8Array {
  const driver = new Driver(slot);
  const { a } = driver;
  driver.start(1);
  const request = (type: number, sector: number, dataFlags: number, count: number): void => {
    driver.store(HEADER, type, 8);
    driver.store(HEADER + 8, sector, 8);
    driver.store(STATUS, 0xff);
    driver.describe(0, 0, HEADER, 16, Descriptor.next, 1);
    driver.describe(0, 1, DATA, SECTOR, Descriptor.next | dataFlags, 2);
    driver.describe(0, 2, STATUS, 1, Descriptor.write);
    driver.offer(0, 0, count);
    driver.await(0, count);
    driver.expectByte(STATUS, 0);
  };
  request(0, 1, Descriptor.write, 1);
  a.li(reg.t0, DATA);
  a.li(reg.t1, DATA + SECTOR);
  a.label("invert");
  a.ld(reg.t2, reg.t0, 0);
  a.not(reg.t2, reg.t2);
  a.sd(reg.t2, reg.t0, 0);
  a.addi(reg.t0, reg.t0, 8);
  a.bne(reg.t0, reg.t1, "invert");
  request(1, 2, 0, 2);
  driver.powerOff();
  return driver.elf();
}

const NET_HEADER = 12;
/** Both directions: virtio's header and a frame. */
const SENT = BUFFERS;
const HEARD = BUFFERS + 0x1000;
/** Destination, source, type for local experiments (IEEE 802), and a counter byte, padded to the shortest frame. */
export const FRAME_LENGTH = 60;
const COUNTER = 14;
const [RECEIVE, TRANSMIT] = [0, 1] as const;
const HEARD_COUNTER = HEARD + NET_HEADER + COUNTER;
const SENT_COUNTER = SENT + NET_HEADER + COUNTER;

const MTIME = 0x200_bff8;
const MTIMECMP = 0x200_4000;
const MTIE = 1 << 7;
/** Ticks until a question is asked again: 20 ms. */
const PATIENCE = 200_000;

/** Programs that exchange frames. s1 and s2 count the buffers offered for receiving and transmitting. */
class NetworkProgram extends Driver {
  constructor(slot: number, address: number) {
    super(slot);
    this.start(2);
    this.describe(RECEIVE, 0, HEARD, 0x800, Descriptor.write);
    this.describe(TRANSMIT, 0, SENT, NET_HEADER + FRAME_LENGTH, 0);
    this.store(SENT + NET_HEADER, 0xffff_ffff);
    this.store(SENT + NET_HEADER + 4, 0x0002_ffff);
    this.store(SENT + NET_HEADER + 8, address << 24);
    this.store(SENT + NET_HEADER + 12, 0xb588);
    this.a.li(reg.s1, 0);
    this.a.li(reg.s2, 0);
  }

  /** Offers the queue's only buffer, descriptor 0, which is what rings full of zeros name. */
  private offerAgain(queue: number, count: number): void {
    const { a } = this;
    a.addi(count, count, 1);
    a.li(reg.t0, queueAt(queue).available + 2);
    a.sh(count, reg.t0, 0);
    a.fence(3, 15);
    this.register(0x50, queue);
  }

  listen(): void {
    this.offerAgain(RECEIVE, reg.s1);
  }

  /** Sends a frame with the counter in `counter`. */
  send(counter: number): void {
    this.a.li(reg.t0, SENT_COUNTER);
    this.a.sb(counter, reg.t0, 0);
    this.offerAgain(TRANSMIT, reg.s2);
    this.sleepUntilUsed(TRANSMIT, reg.s2);
  }

  /** Sleeps until a frame has come, whose counter is then in `counter`; or goes to `late` after a while. */
  hear(counter: number, late?: string): void {
    if (late) this.setAlarm();
    this.sleepUntilUsed(RECEIVE, reg.s1, late);
    this.a.li(reg.t0, HEARD_COUNTER);
    this.a.lbu(counter, reg.t0, 0);
  }

  private setAlarm(): void {
    const { a } = this;
    a.li(reg.t0, MTIME);
    a.ld(reg.t1, reg.t0, 0);
    a.li(reg.t2, PATIENCE);
    a.add(reg.t1, reg.t1, reg.t2);
    a.li(reg.t0, MTIMECMP);
    a.sd(reg.t1, reg.t0, 0);
    a.li(reg.t0, MTIE);
    a.csrs(CSR.mie, reg.t0);
  }

  private sleepUntilUsed(queue: number, count: number, late?: string): void {
    const { a } = this;
    const [look, seen] = [this.fresh("look"), this.fresh("seen")];
    a.label(look);
    a.li(reg.t0, queueAt(queue).used + 2);
    a.lhu(reg.t0, reg.t0, 0);
    a.beq(reg.t0, count, seen);
    if (late) {
      a.csrr(reg.t0, CSR.mip);
      a.andi(reg.t0, reg.t0, MTIE);
      a.bnez(reg.t0, late);
    }
    a.wfi();
    this.takeInterrupt();
    a.j(look);
    a.label(seen);
  }
}

/**
 * Broadcasts a frame with counter 2, 4, … and waits for one with counter + 1, `rounds` times; then it powers off. A wire may lose
 * frames while it is being plugged in, so it asks again until there is an answer.
 */
export function pingGuest(slot: number, rounds: number): Uint8Array {
  const program = new NetworkProgram(slot, 1);
  const { a } = program;
  a.li(reg.s3, 2);
  program.listen();
  a.label("ask");
  program.send(reg.s3);
  a.label("answer");
  program.hear(reg.s4, "ask");
  program.listen();
  a.addi(reg.t1, reg.s3, 1);
  a.bne(reg.s4, reg.t1, "answer");
  a.addi(reg.s3, reg.s3, 2);
  a.li(reg.t1, 2 * rounds + 2);
  a.bne(reg.s3, reg.t1, "ask");
  program.powerOff();
  return program.elf();
}

/** Answers every frame by one whose counter is one more, and powers off behind the last of `rounds`. */
export function pongGuest(slot: number, rounds: number): Uint8Array {
  const program = new NetworkProgram(slot, 2);
  const { a } = program;
  a.label("next");
  program.listen();
  program.hear(reg.s4);
  a.addi(reg.s4, reg.s4, 1);
  program.send(reg.s4);
  a.li(reg.t1, 2 * rounds + 1);
  a.bne(reg.s4, reg.t1, "next");
  program.powerOff();
  return program.elf();
}
