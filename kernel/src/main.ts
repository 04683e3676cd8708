// The kernel's entry file: what its assembly (kernel/assembly) calls.

export { fastpathCall, fastpathReplyRecv, fastpathSignalWait } from "./fastpath";
export { receiverReplyRecv, receiverSignalWait } from "./fastpath-receiver";
export * from "./riscv/entry";
