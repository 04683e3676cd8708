// @rel4/machine/node: what connects a machine to files and sockets of a host that runs Node.

export { DatagramLink, openDatagram } from "./datagram-link";
export { FileDisk, openDisk } from "./file-disk";
export { OverlayFile, openOverlay } from "./overlay-file";
export { openRecord, type Record } from "./pcap-file";
export { connectStream, listenStream, type StreamAddress, type StreamLink } from "./stream-link";
export { openUserNetwork, type PortForward, type UserNetwork } from "./user-network";
