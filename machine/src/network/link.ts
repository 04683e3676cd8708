// A wire and what is at its end. A network device is a station on a link; what the link leads to (a hub of machines, a socket
// of the host) is not the device's business.
import type { DeviceHost } from "../device";

/** A network device, as its wire sees it. */
export interface Station {
  /** The machine it is in: its clock, and the door through which something comes in from the host. */
  readonly host: Pick<DeviceHost, "now" | "scheduleAt" | "fromHost">;
  /**
   * Takes a frame: Ethernet, from the destination address on, without check sequence. Nobody changes it afterwards.
   * @returns false when the card is full: it loses further frames, and calls {@link NetworkLink.resume} when it has room again
   */
  receive(frame: Uint8Array): boolean;
  /** {@link NetworkLink.isUp} has changed. */
  linkChanged(): void;
}

/** One end of a wire. */
export interface NetworkLink {
  /** Connects a device, instead of the one before: a machine has new ones after each power-on. */
  attach(station: Station): void;
  /** Takes a frame from the device at its present time. Nobody changes it afterwards. A link that is not up loses it. */
  send(frame: Uint8Array): void;
  /** The device has room again. A link that cannot hold frames back does without. */
  resume?(): void;
  /** Somebody is at the other end. */
  readonly isUp: boolean;
  /** Frames may come in at any time of the host's: idle machines wait for them, and their time passes at the host's pace. */
  readonly isPaced: boolean;
}

/** Longest frame: what IP allows, an Ethernet header and a VLAN tag. */
export const LONGEST_FRAME = 65_535 + 14 + 4;
/** Destination, source and type. */
export const SHORTEST_FRAME = 14;
