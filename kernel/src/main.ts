// The kernel's entry file: what its assembly (kernel/assembly) calls.

export { fastpathCall, fastpathReplyRecv, fastpathSignalWait, fastpathWait } from "./fastpath";
export { receiverReplyRecv, receiverSignalWait, receiverWait } from "./fastpath-receiver";
export { fastpathSignal } from "./fastpath-signal";
export * from "./riscv/entry";
