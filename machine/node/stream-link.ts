// A wire over a stream socket, as QEMU's `-netdev stream` and passt speak: each frame behind its length, four bytes with the most
// significant one first. One peer at a time; while there is none the link is down, and what is sent is lost.
import { connect, createServer, type ListenOptions, type Server, type Socket } from "node:net";
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
  private frames: FrameReader | undefined;
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
    this.resume();
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
    const frames = new FrameReader((frame) => this.hear(frame));
    this.frames = frames;
    socket.on("data", (bytes) => {
      frames.add(bytes);
      this.takeFrames();
    });
    socket.on("error", (error) => this.onError(error.message));
    socket.on("close", () => {
      this.socket = undefined;
      this.frames = undefined;
      this.announce();
    });
    this.announce();
  }

  /** The device has room again. */
  resume(): void {
    // Not at once: the device is in the middle of something.
    setImmediate(() => {
      this.takeFrames();
      if (this.frames?.isHeld === false) this.socket?.resume();
    });
  }

  /** Hands over frames; a device that is full makes the peer wait, as nothing is read from the socket any more. */
  private takeFrames(): void {
    const { frames, socket } = this;
    if (!frames || !socket) return;
    if (!frames.take()) {
      this.onError("the peer sends no frames behind their lengths; is it QEMU's -netdev stream?");
      socket.destroy();
    } else if (frames.isHeld) socket.pause();
  }

  private hear(frame: Uint8Array): boolean {
    const { station } = this;
    let hasRoom = true;
    station?.host.fromHost(() => {
      hasRoom = station.receive(frame);
    });
    return hasRoom;
  }

  private announce(): void {
    const { station } = this;
    station?.host.fromHost(() => station.linkChanged());
  }
}

/** Cuts a stream into frames. */
class FrameReader {
  private rest: Buffer = Buffer.alloc(0);
  /** The taker of frames had no room for more. */
  isHeld = false;

  /** @param onFrame takes a frame; false when it has no room for another one */
  constructor(private readonly onFrame: (frame: Uint8Array) => boolean) {}

  add(bytes: Buffer): void {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
  }

  /** Hands over whole frames as long as there is room for them. False when the bytes cannot be frames. */
  take(): boolean {
    this.isHeld = false;
    while (!this.isHeld && this.rest.length >= LENGTH_SIZE) {
      const length = this.rest.readUInt32BE();
      if (length === 0 || length > LONGEST_FRAME) return false;
      const end = LENGTH_SIZE + length;
      if (this.rest.length < end) break;
      const frame = new Uint8Array(this.rest.subarray(LENGTH_SIZE, end));
      this.rest = this.rest.subarray(end);
      this.isHeld = !this.onFrame(frame);
    }
    return true;
  }
}

/**
 * Connects to a peer that listens, such as `-netdev stream,server=on` or `passt --socket`.
 * @throws MachineError when nobody is there
 */
export async function connectStream(address: StreamAddress): Promise<StreamLink> {
  const options = "path" in address ? address : { host: address.host ?? DEFAULT_HOST, port: address.port };
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
  const options: ListenOptions =
    "path" in address ? address : { host: address.host ?? DEFAULT_HOST, port: address.port };
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
