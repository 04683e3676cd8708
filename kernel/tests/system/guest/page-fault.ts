// Faults reach the fault endpoint with seL4's message, and the handler's answer decides where the thread goes on.

import { ecall, ecallResult } from "rv";
import { OBJECT_ENDPOINT } from "../../../../abi/src/objects";
import { SYS_RECV, SYS_REPLY_RECV } from "../../../../abi/src/syscalls";
import { Root, report, Shared } from "./support";

export { abort } from "./support";

const stack = memory.data(4096, 4096);
const buffer = memory.data(4096, 4096);
const NOWHERE: usize = 0x1234_5678;

function faulty(): void {
  Shared.set(0, 1);
  store<u64>(NOWHERE, 5);
  Shared.set(0, 2);
  ecall(0, 0, 0, 0, 0, 0, 0, 1234);
  Shared.set(0, 3);
  unreachable();
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  const endpoint = Root.make(OBJECT_ENDPOINT);
  const badged = Root.mint(endpoint, 9);
  Root.resume(Root.thread(faulty.index, <u32>stack + 4096, 100, <u32>buffer, badged));

  const badge = ecall(endpoint, 0, 0, 0, 0, 0, 0, SYS_RECV);
  const info = ecallResult(1);
  const address = ecallResult(3);
  const fetch = ecallResult(4);
  const status = ecallResult(5);
  report("badge", badge);
  report("label", info >> 12);
  report("length", info & 127);
  report("address", address);
  report("fetch", fetch);
  report("status", status);
  report("progress", Shared.get(0));

  Root.mapNewPage(<u32>address & ~0xfff);
  ecall(endpoint, 0, 0, 0, 0, 0, 0, SYS_REPLY_RECV);
  const second = ecallResult(1);
  const callPc = ecallResult(2);
  report("unknown system call: label", second >> 12);
  report("unknown system call: progress", Shared.get(0));
  report("unknown system call: number", load<u64>(Root.buffer + 11 * 8));
  report("unknown system call: written", load<u64>(NOWHERE));

  // Answers with a new pc behind the ecall; the other words are kept by a message of length 1.
  ecall(endpoint, 1, callPc + 4, 0, 0, 0, 0, SYS_REPLY_RECV);
  const third = ecallResult(1);
  const number = ecallResult(4);
  report("exception: label", third >> 12);
  report("exception: number", number);
  report("exception: progress", Shared.get(0));
  Root.exit(0);
}
