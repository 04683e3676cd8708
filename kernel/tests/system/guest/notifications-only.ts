// What a system without synchronous IPC has: signals to and fro, and faults that are read from the thread.

import { ecall, ecallResult } from "rv";
import { TCB_READ_FAULT } from "../../../../abi/src/labels";
import { OBJECT_ENDPOINT, OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { FEATURE_SYNC_IPC, SYS_GET_FEATURES, SYS_SIGNAL_WAIT } from "../../../../abi/src/syscalls";
import { Root, report, Shared, System } from "./support";

export { abort } from "./support";

const ROUNDS: u64 = 100;
const stack = memory.data(4096, 4096);
const buffer = memory.data(4096, 4096);
const NOWHERE: usize = 0x1234_5678;

let request: u32 = 0;
let answer: u32 = 0;

function partner(): void {
  ecall(0, request, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
  while (Shared.get(0) < ROUNDS) {
    Shared.add(0, 1);
    ecall(answer, request, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
  }
  store<u64>(NOWHERE, 5);
  ecall(answer, request, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  ecall(0, 0, 0, 0, 0, 0, 0, SYS_GET_FEATURES);
  report("synchronous IPC", ecallResult(2) & FEATURE_SYNC_IPC);
  report("endpoint", Root.tryToMake(OBJECT_ENDPOINT));
  request = Root.make(OBJECT_NOTIFICATION);
  answer = Root.make(OBJECT_NOTIFICATION);
  const fault = Root.make(OBJECT_NOTIFICATION);
  const thread = Root.thread(partner.index, <u32>stack + 4096, 100, <u32>buffer, Root.mint(fault, 9));
  Root.setHart(thread, Root.harts - 1);
  Root.resume(thread);
  for (let i: u64 = 0; i < ROUNDS; i++) ecall(request, answer, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
  report("rounds", Shared.get(0));
  System.signal(request);
  report("badge of the fault", System.wait(fault));
  Root.check(Root.invoke(thread, TCB_READ_FAULT, 0), "read fault");
  report("fault", Root.result0);
  Root.mapNewPage(<u32>NOWHERE & ~0xfff);
  Root.resume(thread);
  System.wait(answer);
  report("written after it was resumed", load<u64>(NOWHERE));
  Root.exit(0);
}
