// The kernel's entry file: what its assembly (kernel/assembly) calls.

export { fastpathCall, fastpathReplyRecv } from "./fastpath";
export * from "./riscv/entry";
