// passt at the other end of a wire: ARP, a TCP connection from the wire to a server on the host's loopback interface, and one from
// there to the wire. The test is the guest: it writes the frames itself.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectStream, type StreamLink } from "../node/index";
import { hasTool, patiently, unlessMissing } from "./external-tools";

const passt = hasTool("passt");
const OWN_MAC = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
const OWN = [10, 0, 2, 15];
const GATEWAY = [10, 0, 2, 2];
const GUEST_PORT = 80;
const ARP = [0x08, 0x06];
const IPV4 = [0x08, 0x00];
const [SYN, ACK, PUSH] = [0x02, 0x10, 0x08] as const;

const word = (value: number) => [(value >>> 8) & 255, value & 255];
const long = (value: number) => [...word(value >>> 16), ...word(value)];

/** The Internet checksum (RFC 1071). */
function checksum(bytes: readonly number[]): number[] {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += (bytes[index]! << 8) + (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return word(~sum & 0xffff);
}

interface Segment {
  sourcePort: number;
  port: number;
  sequence: number;
  acknowledgment: number;
  flags: number;
  data: string;
}

function ipHeader(payload: number): number[] {
  const header = [0x45, 0, ...word(20 + payload), 0, 0, 0x40, 0, 64, 6, 0, 0, ...OWN, ...GATEWAY];
  header.splice(10, 2, ...checksum(header));
  return header;
}

/** A TCP segment to the gateway in an IPv4 packet. */
function packet({ sourcePort, port, sequence, acknowledgment, flags, data }: Segment): number[] {
  const ports = [...word(sourcePort), ...word(port)];
  const header = [
    ...ports,
    ...long(sequence),
    ...long(acknowledgment),
    0x50,
    flags,
    ...word(0x7210),
    0,
    0,
    0,
    0,
  ];
  const segment = [...header, ...new TextEncoder().encode(data)];
  segment.splice(16, 2, ...checksum([...OWN, ...GATEWAY, 0, 6, ...word(segment.length), ...segment]));
  return [...ipHeader(segment.length), ...segment];
}

function parse(frame: Uint8Array): Segment | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint16(12) !== 0x0800 || frame[23] !== 6) return undefined;
  const at = 14 + (frame[14]! & 15) * 4;
  const end = 14 + view.getUint16(16);
  return {
    sourcePort: view.getUint16(at),
    port: view.getUint16(at + 2),
    sequence: view.getUint32(at + 4),
    acknowledgment: view.getUint32(at + 8),
    flags: frame[at + 13]! & 0x3f,
    data: new TextDecoder().decode(frame.subarray(at + (frame[at + 12]! >> 4) * 4, end)),
  };
}

/** A station that is driven by hand. */
class Guest {
  private readonly frames: Uint8Array[] = [];
  private gatewayMac = [255, 255, 255, 255, 255, 255];

  constructor(private readonly link: StreamLink) {
    link.attach({
      host: { now: () => 0n, scheduleAt: () => () => {}, fromHost: (deliver) => deliver() },
      receive: (frame) => this.frames.push(frame) > 0,
      linkChanged: () => {},
    });
  }

  send(type: number[], payload: number[]): void {
    this.link.send(Uint8Array.from([...this.gatewayMac, ...OWN_MAC, ...type, ...payload]));
  }

  sendSegment(segment: Segment): void {
    this.send(IPV4, packet(segment));
  }

  /** Waits for the first frame that `look` makes something of. */
  async hear<T>(look: (frame: Uint8Array) => T | undefined): Promise<T> {
    for (;;) {
      const found = this.frames.map(look).find((result) => result !== undefined);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  hearSegment(matches: (segment: Segment) => boolean): Promise<Segment> {
    return this.hear((frame) => {
      const segment = parse(frame);
      return segment && matches(segment) ? segment : undefined;
    });
  }

  /** Asks for the gateway's Ethernet address. */
  async resolve(): Promise<number[]> {
    this.send(ARP, [0, 1, 8, 0, 6, 4, 0, 1, ...OWN_MAC, ...OWN, 0, 0, 0, 0, 0, 0, ...GATEWAY]);
    const reply = await this.hear((frame) => (frame[12] === 8 && frame[13] === 6 ? frame : undefined));
    this.gatewayMac = [...reply.subarray(22, 28)];
    return [...reply.subarray(20, 22), ...reply.subarray(28, 32)];
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );
}

describe.skipIf(!passt)(`a wire to passt${unlessMissing("passt", passt)}`, () => {
  let folder = "";
  let child: ChildProcess | undefined;
  let link: StreamLink;
  let guest: Guest;
  let forwarded = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "rel4-passt-"));
    // passt started by root becomes nobody, who is to make the socket.
    chmodSync(folder, 0o777);
    const path = join(folder, "wire");
    const free = createServer();
    forwarded = await listen(free);
    await new Promise((resolve) => free.close(resolve));
    const network = ["-4", "-a", OWN.join("."), "-n", "24", "-g", GATEWAY.join(".")];
    const ports = ["-t", `127.0.0.1/${forwarded}:${GUEST_PORT}`];
    child = spawn("passt", ["-f", "-1", "-q", "-s", path, ...network, ...ports], { stdio: "ignore" });
    link = await patiently(() => connectStream({ path }));
    guest = new Guest(link);
  });

  afterAll(() => {
    link?.close();
    child?.kill();
    rmSync(folder, { recursive: true });
  });

  it("answers ARP for the gateway", async () => {
    expect(await guest.resolve()).toEqual([0, 2, ...GATEWAY]);
  });

  it("carries a connection to the host's loopback", async () => {
    let received = "";
    const server = createServer((socket) => {
      // The link is cut in the middle of the connection.
      socket.on("error", () => {});
      socket.on("data", (data) => {
        received += data.toString();
        socket.write(`${data.toString()} yourself`);
      });
    });
    const port = await listen(server);
    const ours = { sourcePort: 40_000, port };
    guest.sendSegment({ ...ours, sequence: 1000, acknowledgment: 0, flags: SYN, data: "" });
    const opened = await guest.hearSegment(
      ({ flags, sourcePort }) => flags === (SYN | ACK) && sourcePort === port,
    );
    expect(opened.acknowledgment).toBe(1001);
    const acknowledgment = opened.sequence + 1;
    guest.sendSegment({ ...ours, sequence: 1001, acknowledgment, flags: ACK, data: "" });
    guest.sendSegment({ ...ours, sequence: 1001, acknowledgment, flags: ACK | PUSH, data: "hello" });
    const answer = await guest.hearSegment(({ data }) => data !== "");
    expect([received, answer.data]).toEqual(["hello", "hello yourself"]);
    server.close();
  });

  it("carries a connection from the host's loopback", async () => {
    const client = connect(forwarded, "127.0.0.1");
    client.on("error", () => {});
    const opening = await guest.hearSegment(({ flags }) => flags === SYN);
    expect(opening.port).toBe(GUEST_PORT);
    client.destroy();
  });
});
