// A wire over a stream socket, as QEMU's `-netdev stream` and passt speak: each frame behind its length, four bytes with the most
// significant one first. One peer at a time; while there is none the link is down, and what is sent is lost.
import {
  connect,
  createServer,
  type ListenOptions,
  type Server,
  type Socket,
  type TcpNetConnectOpts,
} from "node:net";
import { LONGEST_FRAME, MachineError, type NetworkLink, type Station } from "../src/index";

/** A TCP port or the path of a Unix socket. */
export type StreamAddress = { host?: string; port: number } | { path: string };

const LENGTH_SIZE = 4;
/** Bytes that may wait for a slow peer; more is lost, as on a wire. */
const MOST_BUFFERED = 4 << 20;
const DEFAULT_HOST = "127.0.0.1";

/** One end of a wire over a stream socket. */
export class StreamLink implements NetworkLink {
  private station: Station | undefined;
  private socket: Socket | undefined;
  private isClosed = false;
  private onError: (message: string) => void = () => {};

  /** @param server takes further peers, if this is the end that listens */
  constructor(private readonly server?: Server) {
    server?.on("connection", (socket) => {
      if (this.socket) socket.destroy();
      else this.use(socket);
    });
  }

  /** Where it listens, if it does: the port is the system's choice when 0 was asked for. */
  get address(): StreamAddress | undefined {
    const address = this.server?.address();
    if (!address) return undefined;
    return typeof address === "string" ? { path: address } : { host: address.address, port: address.port };
  }

  get isUp(): boolean {
    return this.socket !== undefined;
  }

  /** A peer is there, or may come. */
  get isPaced(): boolean {
    return !this.isClosed && (this.socket !== undefined || this.server !== undefined);
  }

  /** Who is told why a connection broke. */
  set errorListener(listener: (message: string) => void) {
    this.onError = listener;
  }

  attach(station: Station): void {
    this.station = station;
  }

  send(frame: Uint8Array): void {
    const { socket } = this;
    if (!socket || socket.writableLength > MOST_BUFFERED) return;
    const message = Buffer.allocUnsafe(LENGTH_SIZE + frame.length);
    message.writeUInt32BE(frame.length);
    message.set(frame, LENGTH_SIZE);
    socket.write(message);
  }

  /** Ends the connection, and listens no more. */
  close(): void {
    this.isClosed = true;
    this.server?.close();
    this.socket?.destroy();
  }

  /** Takes a connection into use. */
  use(socket: Socket): void {
    this.socket = socket;
    socket.setNoDelay(true);
    const frames = new FrameReader((frame) =>
      this.station?.host.fromHost(() => this.station?.receive(frame)),
    );
    socket.on("data", (bytes) => {
      if (frames.take(bytes)) return;
      this.onError("the peer sends no frames behind their lengths; is it QEMU's -netdev stream?");
      socket.destroy();
    });
    socket.on("error", (error) => this.onError(error.message));
    socket.on("close", () => {
      this.socket = undefined;
      this.announce();
    });
    this.announce();
  }

  private announce(): void {
    const { station } = this;
    station?.host.fromHost(() => station.linkChanged());
  }
}

/** Cuts a stream into frames. */
class FrameReader {
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly onFrame: (frame: Uint8Array) => void) {}

  /** False when the bytes cannot be frames. */
  take(bytes: Buffer): boolean {
    let data = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    while (data.length >= LENGTH_SIZE) {
      const length = data.readUInt32BE();
      if (length === 0 || length > LONGEST_FRAME) return false;
      if (data.length < LENGTH_SIZE + length) break;
      this.onFrame(new Uint8Array(data.subarray(LENGTH_SIZE, LENGTH_SIZE + length)));
      data = data.subarray(LENGTH_SIZE + length);
    }
    this.rest = data;
    return true;
  }
}

/**
 * Connects to a peer that listens, such as `-netdev stream,server=on` or `passt --socket`.
 * @throws MachineError when nobody is there
 */
export async function connectStream(address: StreamAddress): Promise<StreamLink> {
  const options = "path" in address ? address : ({ host: DEFAULT_HOST, ...address } as TcpNetConnectOpts);
  const socket = connect(options);
  await settled(socket, "connect", `cannot connect to ${nameOf(address)}`, "start the peer first");
  const link = new StreamLink();
  link.use(socket);
  return link;
}

/**
 * Listens for a peer, such as `-netdev stream,server=off`; port 0 lets the system choose one.
 * @throws MachineError when that is not possible there
 */
export async function listenStream(address: StreamAddress): Promise<StreamLink> {
  const server = createServer();
  const options: ListenOptions = "path" in address ? address : { host: DEFAULT_HOST, ...address };
  server.listen(options);
  await settled(server, "listening", `cannot listen at ${nameOf(address)}`, "is the address in use?");
  return new StreamLink(server);
}

function nameOf(address: StreamAddress): string {
  return "path" in address ? address.path : `${address.host ?? DEFAULT_HOST}:${address.port}`;
}

function settled(emitter: Socket | Server, event: string, problem: string, hint: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(new MachineError(`${problem}: ${error.message}`, hint));
    emitter.once("error", onError);
    emitter.once(event, () => {
      emitter.off("error", onError);
      resolve();
    });
  });
}
