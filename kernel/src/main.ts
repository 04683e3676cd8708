// The kernel's entry file: what its assembly (kernel/assembly) calls.

export { fastpathCall, fastpathReplyRecv, fastpathSignalWait } from "./fastpath";
export * from "./riscv/entry";
