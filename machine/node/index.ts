// @rel4/machine/node: what connects a machine to files and sockets of a host that runs Node.

export { DatagramLink, openDatagram } from "./datagram-link";
export { FileDisk, openDisk } from "./file-disk";
export { openRecord, type Record } from "./pcap-file";
export { connectStream, listenStream, type StreamAddress, type StreamLink } from "./stream-link";
