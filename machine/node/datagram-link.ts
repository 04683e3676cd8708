// A wire over UDP, as QEMU's `-netdev dgram` speaks: each frame is a datagram. The peer need not be there.
import { createSocket, type Socket } from "node:dgram";
import { isIP, isIPv6 } from "node:net";
import { MachineError, type NetworkLink, type Station } from "../src/index";

export interface DatagramAddress {
  host?: string;
  port: number;
}

const DEFAULT_HOST = "127.0.0.1";
/** Payload of the longest datagram of UDP over IPv4. */
const LONGEST_DATAGRAM = 65_507;

/** One end of a wire over UDP. */
export class DatagramLink implements NetworkLink {
  readonly isUp = true;
  private station: Station | undefined;
  private isClosed = false;

  constructor(
    private readonly socket: Socket,
    private readonly peer: Required<DatagramAddress>,
  ) {
    socket.on("message", (frame, from) => {
      // Whoever is not the peer is no part of this wire.
      if (from.port === peer.port && from.address === peer.host)
        this.station?.host.fromHost(() => this.station?.receive(Uint8Array.from(frame)));
    });
    // An unreachable peer is like a cable that nobody has plugged in.
    socket.on("error", () => {});
  }

  /** Where it receives: the port is the system's choice when 0 was asked for. */
  get address(): Required<DatagramAddress> {
    const { address, port } = this.socket.address();
    return { host: address, port };
  }

  get isPaced(): boolean {
    return !this.isClosed;
  }

  attach(station: Station): void {
    this.station = station;
  }

  send(frame: Uint8Array): void {
    if (this.isClosed || frame.length > LONGEST_DATAGRAM) return;
    this.socket.send(frame, this.peer.port, this.peer.host, () => {});
  }

  close(): void {
    this.isClosed = true;
    this.socket.close();
  }
}

/**
 * Opens a wire that receives at `local` (port 0: the system chooses) and sends to `remote`. Hosts are IP addresses, 127.0.0.1
 * unless given.
 * @throws MachineError when it cannot receive there
 */
export async function openDatagram({
  local,
  remote,
}: {
  local: DatagramAddress;
  remote: DatagramAddress;
}): Promise<DatagramLink> {
  const peer = { host: remote.host ?? DEFAULT_HOST, port: remote.port };
  const own = { host: local.host ?? DEFAULT_HOST, port: local.port };
  for (const { host } of [peer, own])
    if (isIP(host) === 0)
      throw new MachineError(`${JSON.stringify(host)} is no IP address`, "give one such as 127.0.0.1 or ::1");
  const socket = createSocket(isIPv6(peer.host) ? "udp6" : "udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", (error) =>
      reject(
        new MachineError(
          `cannot receive at ${own.host}:${own.port}: ${error.message}`,
          "is the port in use?",
        ),
      ),
    );
    socket.bind({ address: own.host, port: own.port }, resolve);
  });
  socket.removeAllListeners("error");
  return new DatagramLink(socket, peer);
}
