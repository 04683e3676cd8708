// Records what passes a link, as Wireshark and tcpdump read it. (The libpcap file format with nanoseconds; link type Ethernet.) Times
// are the machine's own, so that the same run gives the same file.
import { DEFAULT_EPOCH } from "../devices/rtc";
import { LONGEST_FRAME, type NetworkLink, type Station } from "./link";

const MAGIC_NANOSECONDS = 0xa1b2_3c4d;
const HEADER_SIZE = 24;
const PACKET_HEADER_SIZE = 16;
const ETHERNET = 1;
/** The clock of the harts is 100 MHz. */
const NANOSECONDS_PER_CYCLE = 10n;
const SECOND = 1_000_000_000n;

/**
 * A link that is `link` and also writes every frame, sent or received, to a record.
 * @param write takes the parts of a pcap file, one after another
 * @param epoch what time it was when the machine's clock was 0, in ns since 1970 (as MachineOptions.epoch)
 */
export function recordFrames(
  link: NetworkLink,
  write: (bytes: Uint8Array) => void,
  epoch: bigint = DEFAULT_EPOCH,
): NetworkLink {
  let station: Station | undefined;
  const record = (frame: Uint8Array): void => {
    const time = epoch + (station?.host.now() ?? 0n) * NANOSECONDS_PER_CYCLE;
    write(packet(frame, time));
  };
  write(fileHeader());
  return {
    attach(present) {
      station = present;
      link.attach({
        host: present.host,
        receive(frame) {
          record(frame);
          return present.receive(frame);
        },
        linkChanged: () => present.linkChanged(),
      });
    },
    send(frame) {
      record(frame);
      link.send(frame);
    },
    resume: () => link.resume?.(),
    get isUp() {
      return link.isUp;
    },
    get isPaced() {
      return link.isPaced;
    },
  };
}

function fileHeader(): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC_NANOSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, LONGEST_FRAME, true);
  view.setUint32(20, ETHERNET, true);
  return bytes;
}

/** @param time ns since 1970 */
function packet(frame: Uint8Array, time: bigint): Uint8Array {
  const bytes = new Uint8Array(PACKET_HEADER_SIZE + frame.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Number((time / SECOND) & 0xffff_ffffn), true);
  view.setUint32(4, Number(time % SECOND), true);
  view.setUint32(8, frame.length, true);
  view.setUint32(12, frame.length, true);
  bytes.set(frame, PACKET_HEADER_SIZE);
  return bytes;
}
