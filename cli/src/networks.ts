// `--net`: a virtio network card and what its wire leads to.
import { type NetworkLink, virtioNetwork } from "@rel4/machine";
import {
  connectStream,
  listenStream,
  openDatagram,
  openRecord,
  openUserNetwork,
  type PortForward,
  type StreamAddress,
} from "@rel4/machine/node";
import { InvalidArgumentError } from "commander";
import type { Attachment } from "./machine-attachments";
import { parsePort, Suboptions } from "./suboptions";

type Address = { host?: string; port: number };

/** What a `--net` says. */
export type NetRequest = { mac?: string; pcap?: string } & (
  | { kind: "user"; forwards: PortForward[] }
  | { kind: "stream"; address: StreamAddress; server: boolean }
  | { kind: "dgram"; local: Address; remote: Address }
);

/** Says something to the user. */
export type Warn = (message: string) => void;

const KINDS = "user, stream and dgram";

/** Parses `stream,server=on,path=wire.socket`. @throws InvalidArgumentError */
export function parseNet(text: string, before: NetRequest[] = []): NetRequest[] {
  const options = new Suboptions("--net", text, "kind");
  const kind = options.text("kind", "type");
  const common = { mac: options.text("mac"), pcap: options.text("pcap") };
  options.text("id");
  return [...before, { ...common, ...parseKind(kind, options) }];
}

function parseKind(kind: string | undefined, options: Suboptions) {
  switch (kind) {
    case "user":
      return parseUser(options);
    case "stream":
      return parseStream(options);
    case "dgram":
      return parseDatagram(options);
    case "hub":
    case "hubport":
      throw new InvalidArgumentError(
        "A hub joins machines of one process (the typed API); two commands share a wire by stream or dgram.",
      );
    default:
      throw new InvalidArgumentError(`There is no network '${kind ?? ""}'; there are ${KINDS}.`);
  }
}

function parseUser(options: Suboptions) {
  const forwards = options.text("hostfwd")?.split(";").map(parseForward) ?? [];
  options.refuseRest("hostfwd, mac and pcap");
  return { kind: "user", forwards } as const;
}

/** `tcp:127.0.0.1:8080-:80`, as QEMU has it; the guest's address is left out. */
function parseForward(text: string): PortForward {
  const match = /^(tcp|udp):([^:]*):(\d+)-[^:]*:(\d+)$/.exec(text);
  if (!match)
    throw new InvalidArgumentError(
      `'${text}' is no port to forward; write it as tcp:127.0.0.1:8080-:80, and several with ';' between them.`,
    );
  const [, protocol, address, hostPort, guestPort] = match;
  return {
    protocol: protocol as PortForward["protocol"],
    hostAddress: address === "" ? undefined : address,
    hostPort: parsePort(hostPort!),
    guestPort: parsePort(guestPort!),
  };
}

function parseStream(options: Suboptions) {
  const server = options.flag("server");
  const path = options.text("addr.path", "path");
  const address = parseAddress(options, "addr");
  options.text("addr.type");
  options.refuseRest("server, path, host, port (or addr.path, addr.host, addr.port), mac and pcap");
  if ((path === undefined) === (address === undefined))
    throw new InvalidArgumentError("A stream needs either path=SOCKET or port=NUMBER.");
  return { kind: "stream", server, address: path === undefined ? address! : { path } } as const;
}

function parseDatagram(options: Suboptions) {
  const local = parseAddress(options, "local");
  const remote = parseAddress(options, "remote");
  for (const end of ["local", "remote"]) options.choice(`${end}.type`, "inet");
  options.refuseRest("local.port, local.host, remote.port, remote.host, mac and pcap");
  if (!local || !remote) throw new InvalidArgumentError("A dgram needs local.port and remote.port.");
  return { kind: "dgram", local, remote } as const;
}

/** `NAME.host` and `NAME.port`; an address may leave its name out. */
function parseAddress(options: Suboptions, name: "addr" | "local" | "remote"): Address | undefined {
  const names = (what: string) => [`${name}.${what}`, ...(name === "addr" ? [what] : [])];
  const host = options.text(...names("host"));
  const port = options.port(...names("port"));
  if (port === undefined && host !== undefined)
    throw new InvalidArgumentError(`${name} has a host, but no port.`);
  return port === undefined ? undefined : { host, port };
}

/** Opens the wire, and its record if there is to be one. @throws MachineError */
export async function openNet(request: NetRequest, warn: Warn): Promise<Attachment> {
  const { link, close } = await openWire(request, warn);
  if (request.pcap === undefined) return { device: virtioNetwork(link, { mac: request.mac }), close };
  try {
    const record = openRecord(request.pcap, link, { onError: warn });
    return {
      device: virtioNetwork(record.link, { mac: request.mac }),
      close() {
        close();
        record.close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function openWire(request: NetRequest, warn: Warn): Promise<{ link: NetworkLink; close(): void }> {
  switch (request.kind) {
    case "user":
      return openUserNetwork(request.forwards, warn);
    case "dgram": {
      const link = await openDatagram(request);
      return { link, close: () => link.close() };
    }
    case "stream": {
      const link = await (request.server ? listenStream(request.address) : connectStream(request.address));
      link.errorListener = warn;
      return { link, close: () => link.close() };
    }
  }
}
