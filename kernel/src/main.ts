// The kernel's entry file: what its assembly (kernel/assembly) calls, and what inspectors of its memory must know.

export { fastpathCall, fastpathReplyRecv, fastpathSignalWait, fastpathWait } from "./fastpath";
export { receiverReplyRecv, receiverSignalWait, receiverWait } from "./fastpath-receiver";
export { fastpathSignal } from "./fastpath-signal";
export * from "./inspected-layout";
export * from "./riscv/entry";
