/** seL4's system calls for benchmarks, in a kernel built with them and in one without. */
import {
  FAULT_UNKNOWN_SYSCALL,
  SYS_BENCHMARK_FINALIZE_LOG,
  SYS_BENCHMARK_FLUSH_CACHES,
  SYS_BENCHMARK_NULL_SYSCALL,
  SYS_BENCHMARK_RESET_LOG,
} from "@rel4/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { prepareKernel, prepareOtherKernel, World } from "./harness/world";

const CALLS = [
  ["FlushCaches", SYS_BENCHMARK_FLUSH_CACHES, 7n],
  ["ResetLog", SYS_BENCHMARK_RESET_LOG, 0n],
  ["FinalizeLog", SYS_BENCHMARK_FINALIZE_LOG, 7n],
  ["NullSyscall", SYS_BENCHMARK_NULL_SYSCALL, 7n],
] as const;
const SET_LOG_BUFFER = -21;

/** A thread that has made a system call with 7 in a0. */
function caller(number: number) {
  const thread = new World().thread();
  thread.systemCall(number, 7);
  return thread;
}

describe("a kernel with benchmark calls", () => {
  beforeAll(() => prepareOtherKernel({ benchmarks: true }));

  it.each(CALLS)("%s goes on behind the call and changes a0 as seL4 does", (_, number, a0) => {
    const thread = caller(number);
    expect(thread.isRunning).toBe(true);
    expect(thread.register("a0")).toBe(a0);
  });

  it("keeps no log: SetLogBuffer is an unknown system call", () => {
    expect(caller(SET_LOG_BUFFER).field("faultType")).toBe(FAULT_UNKNOWN_SYSCALL);
  });
});

describe("a kernel without benchmark calls", () => {
  beforeAll(prepareKernel);

  it.each(CALLS)("%s is an unknown system call", (_, number) => {
    expect(caller(number).field("faultType")).toBe(FAULT_UNKNOWN_SYSCALL);
  });
});
