// Network card. (VIRTIO 1.2, section 5.1.) One pair of queues, no offloads: every frame is whole and carries its own checksums. Frames
// that find no buffer wait; what is more than a wire and a card would hold is lost, as on a real network.
import { MachineError } from "../../errors";
import { LONGEST_FRAME, type NetworkLink, SHORTEST_FRAME } from "../../network/link";
import { Feature, type VirtioDevice, type VirtioFactory, type VirtioPort } from "./device";
import { type Chain, QueueError } from "./queue";

const DEVICE_TYPE = 1;

/** Feature bits (section 5.1.3). */
const F_MAC = 1n << 5n;
const F_MERGEABLE_BUFFERS = 1n << 15n;
const F_STATUS = 1n << 16n;

// Configuration space (section 5.1.4): the address, then what the driver may look at.
const STATUS = 6;
const QUEUE_PAIRS = 8;
const CONFIGURATION_SIZE = 10;
const LINK_UP = 1;

const RECEIVE_QUEUE = 0;
const TRANSMIT_QUEUE = 1;

/** Header before each frame (section 5.1.6): ten bytes about offloads, all zero here, and then the number of buffers. */
const OFFLOAD_HEADER_SIZE = 10;
const HEADER_SIZE = 12;
const NUMBER_OF_BUFFERS = 10;

/** Frames that wait for a buffer; more are lost. */
const MOST_WAITING = 256;

export interface NetworkOptions {
  /** Ethernet address, as `52:54:00:12:34:56` (the default, with the number of the slot added). */
  mac?: string;
}

/**
 * A network card for a slot of the board.
 * @throws MachineError when the address is none
 */
export function virtioNetwork(link: NetworkLink, { mac }: NetworkOptions = {}): VirtioFactory {
  const address = mac === undefined ? undefined : parseAddress(mac);
  return (port) => new NetworkDevice(port, link, address);
}

const DEFAULT_ADDRESS = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
const GROUP_BIT = 1;

function parseAddress(mac: string): Uint8Array {
  const bytes = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac)
    ? Uint8Array.from(mac.split(":"), (byte) => Number.parseInt(byte, 16))
    : undefined;
  if (!bytes || bytes[0]! & GROUP_BIT)
    throw new MachineError(
      `${JSON.stringify(mac)} is no Ethernet address of a card`,
      "give six bytes such as 52:54:00:12:34:56; the first one must be even",
    );
  return bytes;
}

class NetworkDevice implements VirtioDevice {
  readonly name = "virtio-net";
  readonly type = DEVICE_TYPE;
  readonly features = F_MAC | F_MERGEABLE_BUFFERS | F_STATUS;
  readonly queueCount = 2;
  readonly configuration = new Uint8Array(CONFIGURATION_SIZE);
  /** Frames that came in and have no buffer yet. */
  private waiting: Uint8Array[] = [];
  /** The link was told to hold frames back. */
  private isFull = false;

  constructor(
    private readonly port: VirtioPort,
    private readonly link: NetworkLink,
    address: Uint8Array | undefined,
  ) {
    this.configuration.set(address ?? DEFAULT_ADDRESS);
    if (!address) this.configuration[5]! += port.slot;
    this.configuration[QUEUE_PAIRS] = 1;
    this.showLink();
    link.attach({
      host: port.host,
      receive: (frame) => this.receive(frame),
      linkChanged: () => {
        this.showLink();
        port.configurationChanged();
      },
    });
  }

  get awaitsHost(): boolean {
    return this.link.isPaced;
  }

  get isPaced(): boolean {
    return this.link.isPaced;
  }

  notified(queue: number): void {
    if (queue === TRANSMIT_QUEUE) this.transmit();
    else this.deliver();
  }

  reset(): void {
    this.waiting = [];
    this.makeRoom();
  }

  private showLink(): void {
    this.configuration[STATUS] = this.link.isUp ? LINK_UP : 0;
  }

  /** Section 5.1.6.1: the number of buffers is there with the present interface, and with mergeable buffers. */
  private get headerSize(): number {
    const isLong = (this.port.negotiated & (F_MERGEABLE_BUFFERS | Feature.version1)) !== 0n;
    return isLong ? HEADER_SIZE : OFFLOAD_HEADER_SIZE;
  }

  private transmit(): void {
    const queue = this.port.queue(TRANSMIT_QUEUE);
    for (let chain = queue.take(); chain; chain = queue.take()) {
      const { readable } = chain;
      if (readable.length < this.headerSize) throw new QueueError("queue 1 has a frame without its header");
      const length = readable.length - this.headerSize;
      if (length >= SHORTEST_FRAME && length <= LONGEST_FRAME)
        this.link.send(readable.slice(this.headerSize).read());
      queue.use(chain, 0);
    }
  }

  /** A card that is not in use hears nothing. */
  private receive(frame: Uint8Array): boolean {
    const fits = frame.length >= SHORTEST_FRAME && frame.length <= LONGEST_FRAME;
    if (!fits || !this.port.isLive) return true;
    if (this.waiting.length < MOST_WAITING) this.waiting.push(frame);
    this.port.perform(() => this.deliver());
    this.isFull = this.waiting.length === MOST_WAITING;
    return !this.isFull;
  }

  private deliver(): void {
    while (this.waiting[0] && this.place(this.waiting[0])) this.waiting.shift();
    if (this.waiting.length === 0) this.makeRoom();
  }

  private makeRoom(): void {
    if (!this.isFull) return;
    this.isFull = false;
    this.link.resume?.();
  }

  /** Puts a frame into buffers. False when there are too few now. */
  private place(frame: Uint8Array): boolean {
    const queue = this.port.queue(RECEIVE_QUEUE);
    const needed = this.headerSize + frame.length;
    const mayMerge = (this.port.negotiated & F_MERGEABLE_BUFFERS) !== 0n;
    const chains: Chain[] = [];
    let room = 0;
    while (room < needed) {
      const chain = queue.take();
      if (!chain) {
        queue.putBack(chains.length);
        return false;
      }
      if (chain.writable.length < this.headerSize)
        throw new QueueError("queue 0 has a buffer without room for a frame's header");
      chains.push(chain);
      room += chain.writable.length;
      if (!mayMerge && room < needed) {
        // Section 5.1.6.3.1 asks for larger buffers: this frame is lost, and the buffer is good for the next one.
        queue.putBack(1);
        return true;
      }
    }
    const message = new Uint8Array(needed);
    if (this.headerSize === HEADER_SIZE)
      new DataView(message.buffer).setUint16(NUMBER_OF_BUFFERS, chains.length, true);
    message.set(frame, this.headerSize);
    let at = 0;
    const used = chains.map((chain) => {
      const written = chain.writable.write(message.subarray(at));
      at += written;
      return { chain, written };
    });
    queue.useAll(used);
    return true;
  }
}
