// A hub: what one station sends, all others hear, in the order in which it was sent, a fixed number of cycles later. It joins
// network cards of one machine or of several in the same process or page. Machines that `runTogether` runs hear every frame
// at the same clock in every run; machines that run by themselves hear it as soon as their own clock allows.
import { MachineError } from "../errors";
import type { NetworkLink, Station } from "./link";

/** 100 µs at 100 MHz. */
const DEFAULT_LATENCY = 10_000;

/** An in-process network. */
export class NetworkHub {
  /** Cycles from sending to hearing. */
  readonly latency: number;
  private readonly ports: HubPort[] = [];
  /** Machines on this hub are run in step, so that nobody has to wait for anybody at the host's pace. */
  inStep = false;

  /** @throws MachineError for a latency that is no positive number of cycles */
  constructor({ latency = DEFAULT_LATENCY }: { latency?: number } = {}) {
    if (!Number.isSafeInteger(latency) || latency < 1)
      throw new MachineError(
        `a hub cannot take ${latency} cycles`,
        `give at least 1; the default is ${DEFAULT_LATENCY}`,
      );
    this.latency = latency;
  }

  /** A new socket of the hub, for one network card. */
  connect(): NetworkLink {
    const port = new HubPort(this);
    this.ports.push(port);
    return port;
  }

  /** Stations of several machines are here. */
  get joinsMachines(): boolean {
    return new Set(this.ports.flatMap(({ station }) => (station ? [station.host] : []))).size > 1;
  }

  /** For ports: `from` sends a frame at `clock`. */
  broadcast(from: HubPort, frame: Uint8Array, clock: bigint): void {
    for (const port of this.ports) if (port !== from) port.hear(frame, clock + BigInt(this.latency));
  }
}

class HubPort implements NetworkLink {
  readonly isUp = true;
  station: Station | undefined;

  constructor(private readonly hub: NetworkHub) {}

  get isPaced(): boolean {
    return this.hub.joinsMachines && !this.hub.inStep;
  }

  attach(station: Station): void {
    this.station = station;
  }

  send(frame: Uint8Array): void {
    if (this.station) this.hub.broadcast(this, frame, this.station.host.now());
  }

  /** Lets the station hear a frame at `clock`, or now if that has gone by. */
  hear(frame: Uint8Array, clock: bigint): void {
    const { station } = this;
    station?.host.fromHost(() => {
      const now = station.host.now();
      station.host.scheduleAt(clock > now ? clock : now, () => station.receive(frame));
    });
  }
}
