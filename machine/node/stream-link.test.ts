import { connect, createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { MachineError, type NetworkLink, type Station } from "../src/index";
import { connectStream, listenStream } from "./stream-link";

/** A frame behind its length, as on the wire. */
function onWire(frame: Uint8Array): Uint8Array {
  return Uint8Array.from([0, 0, frame.length >> 8, frame.length & 255, ...frame]);
}

function frame(length: number, salt: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index + salt) & 255);
}

/** A station that keeps what it hears, and has room for so many frames. */
function station(link: NetworkLink, room = Number.POSITIVE_INFINITY) {
  const heard: Uint8Array[] = [];
  let changes = 0;
  const self = { heard, room, changes: () => changes };
  const present: Station = {
    host: { now: () => 0n, scheduleAt: () => () => {}, fromHost: (deliver) => deliver() },
    receive(bytes) {
      heard.push(bytes);
      return heard.length < self.room;
    },
    linkChanged() {
      changes++;
    },
  };
  link.attach(present);
  return self;
}

/** A link that listens, with a bare socket at its other end. */
async function wire() {
  const link = await listenStream({ port: 0 });
  const self = station(link);
  const { port } = link.address as { port: number };
  const peer = connect(port, "127.0.0.1");
  await until(() => link.isUp);
  return { link, peer, ...self, self };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

function collect(socket: Socket): { bytes: Uint8Array } {
  const all = { bytes: new Uint8Array() };
  socket.on("data", (data) => {
    all.bytes = Uint8Array.from([...all.bytes, ...data]);
  });
  return all;
}

describe("a wire over a stream", () => {
  it("carries frames behind their lengths, most significant byte first", async () => {
    const { link, peer, heard } = await wire();
    const seen = collect(peer);
    link.send(frame(300, 1));
    peer.write(onWire(frame(1000, 2)));
    await until(() => heard.length === 1 && seen.bytes.length === 304);
    expect(seen.bytes).toEqual(onWire(frame(300, 1)));
    expect(heard).toEqual([frame(1000, 2)]);
    peer.destroy();
    link.close();
  });

  it("puts together what arrives in pieces", async () => {
    const { link, peer, heard } = await wire();
    peer.setNoDelay(true);
    const bytes = Uint8Array.from([
      ...onWire(frame(60, 3)),
      ...onWire(frame(61, 4)),
      ...onWire(frame(62, 5)),
    ]);
    for (let at = 0; at < bytes.length; at += 25) {
      peer.write(bytes.subarray(at, at + 25));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await until(() => heard.length === 3);
    expect(heard).toEqual([frame(60, 3), frame(61, 4), frame(62, 5)]);
    peer.destroy();
    link.close();
  });

  it("makes the peer wait while the station is full, and loses nothing", async () => {
    const { link, peer, heard, self } = await wire();
    self.room = 10;
    const count = 3000;
    for (let index = 0; index < count; index++) peer.write(onWire(frame(1500, index)));
    await until(() => heard.length === 10);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard.length).toBe(10);
    self.room = Number.POSITIVE_INFINITY;
    link.resume();
    await until(() => heard.length === count);
    expect(heard[count - 1]).toEqual(frame(1500, count - 1));
    peer.destroy();
    link.close();
  });

  it("is down without a peer, and takes another one afterwards", async () => {
    const { link, peer, changes } = await wire();
    expect([link.isUp, changes()]).toEqual([true, 1]);
    peer.destroy();
    await until(() => !link.isUp);
    expect(changes()).toBe(2);
    link.send(frame(60, 0));
    const { port } = link.address as { port: number };
    const next = connect(port, "127.0.0.1");
    await until(() => link.isUp);
    next.destroy();
    link.close();
  });

  it("takes one peer at a time", async () => {
    const { link, peer } = await wire();
    const { port } = link.address as { port: number };
    const second = connect(port, "127.0.0.1");
    second.on("error", () => {});
    await new Promise((resolve) => second.once("close", resolve));
    expect(link.isUp).toBe(true);
    peer.destroy();
    link.close();
  });

  it.each([
    ["empty frames", Uint8Array.of(0, 0, 0, 0)],
    ["something else", new TextEncoder().encode("GET / HTTP/1.1\r\n")],
  ])("ends when the peer sends %s, and says so", async (_, bytes) => {
    const { link, peer } = await wire();
    let message = "";
    link.errorListener = (text) => {
      message = text;
    };
    peer.on("error", () => {});
    peer.write(bytes);
    await until(() => !link.isUp);
    expect(message).toMatch(/no frames behind their lengths/);
    link.close();
  });

  it("says so when nobody listens, or the address is taken", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await expect(listenStream({ port })).rejects.toThrow(MachineError);
    await new Promise((resolve) => server.close(resolve));
    await expect(connectStream({ port })).rejects.toThrow(`cannot connect to 127.0.0.1:${port}`);
  });
});
