// Console. (VIRTIO 1.2, section 5.3.) One port: bytes to and from a terminal that is not the board's serial port.

import type { ConsolePort } from "../../board";
import type { DeviceHost } from "../../device";
import { MachineError } from "../../errors";
import { MachineConsole } from "../../machine-console";
import type { VirtioDevice, VirtioFactory, VirtioPort } from "./device";
import { QueueError } from "./queue";

const DEVICE_TYPE = 3;

/** Feature bits (section 5.3.3). */
const F_SIZE = 1n << 0n;
const F_EMERGENCY_WRITE = 1n << 2n;

// Configuration space (section 5.3.4).
const COLUMNS = 0;
const ROWS = 2;
const MAX_PORTS = 4;
/** Writing a character here prints it, without any queue. */
const EMERGENCY_WRITE = 8;
const CONFIGURATION_SIZE = 12;

const RECEIVE_QUEUE = 0;
const TRANSMIT_QUEUE = 1;
/** Longest message that is printed at once. */
const MOST_OUTPUT = 1 << 20;

/** The host's end of a virtio console: what a machine's `console` is to its serial port. */
export class Terminal extends MachineConsole {
  private device: { host: DeviceHost; port: ConsolePort } | undefined;

  constructor() {
    super((action) => {
      const { device } = this;
      if (!device)
        throw new MachineError(
          "this terminal belongs to no machine",
          "give it to Machine.create in `virtio: [virtioConsole(terminal)]` first",
        );
      device.host.fromHost(() => action(device.port));
    });
  }

  /** Connects the console of a machine that was powered on. */
  attach(host: DeviceHost, port: ConsolePort): void {
    this.device = { host, port };
  }
}

export interface ConsoleOptions {
  /** Size of the terminal in characters (default 80 by 25). */
  columns?: number;
  rows?: number;
}

/** A console for a slot of the board. */
export function virtioConsole(terminal: Terminal, options: ConsoleOptions = {}): VirtioFactory {
  return (port) => new ConsoleDevice(port, terminal, options);
}

class ConsoleDevice implements VirtioDevice, ConsolePort {
  readonly name = "virtio-console";
  readonly type = DEVICE_TYPE;
  readonly features = F_SIZE | F_EMERGENCY_WRITE;
  readonly queueCount = 2;
  readonly configuration = new Uint8Array(CONFIGURATION_SIZE);
  /** Typed, and not yet in a buffer of the driver's. */
  private typed: Uint8Array[] = [];

  constructor(
    private readonly port: VirtioPort,
    private readonly terminal: Terminal,
    { columns = 80, rows = 25 }: ConsoleOptions,
  ) {
    const view = new DataView(this.configuration.buffer);
    view.setUint16(COLUMNS, columns, true);
    view.setUint16(ROWS, rows, true);
    view.setUint32(MAX_PORTS, 1, true);
    terminal.attach(port.host, this);
  }

  get awaitsHost(): boolean {
    return this.terminal.inputOpen;
  }

  receive(bytes: Uint8Array): void {
    if (bytes.length > 0) this.typed.push(bytes.slice());
    this.port.perform(() => this.deliver());
  }

  closeInput(): void {}

  notified(queue: number): void {
    if (queue === RECEIVE_QUEUE) this.deliver();
    else this.print();
  }

  writeConfiguration(offset: number, _bytes: number, value: bigint): void {
    if (offset === EMERGENCY_WRITE) this.terminal.emit(Uint8Array.of(Number(value & 0xffn)));
  }

  private deliver(): void {
    const queue = this.port.queue(RECEIVE_QUEUE);
    while (this.typed.length > 0) {
      const chain = queue.take();
      if (!chain) return;
      if (chain.writable.length === 0) throw new QueueError("queue 0 has a buffer without room for anything");
      const chunk = this.typed[0]!;
      const written = chain.writable.write(chunk);
      if (written === chunk.length) this.typed.shift();
      else this.typed[0] = chunk.subarray(written);
      queue.use(chain, written);
    }
  }

  private print(): void {
    const queue = this.port.queue(TRANSMIT_QUEUE);
    for (let chain = queue.take(); chain; chain = queue.take()) {
      if (chain.readable.length > MOST_OUTPUT)
        throw new QueueError(`queue 1 has a message of ${chain.readable.length} bytes`);
      if (chain.readable.length > 0) this.terminal.emit(chain.readable.read());
      queue.use(chain, 0);
    }
  }
}
