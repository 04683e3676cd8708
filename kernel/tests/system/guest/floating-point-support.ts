// What kernel and hardware offer for floating point: the feature bit, the size of a thread, and what becomes of a thread
// that uses it.

import { ecall, ecallResult } from "rv";
import { TCB_READ_FAULT, TCB_SET_FLAGS } from "../../../../abi/src/labels";
import {
  OBJECT_NOTIFICATION,
  OBJECT_TCB,
  OBJECT_UNTYPED,
  TCB_FLAG_FPU_DISABLED,
} from "../../../../abi/src/objects";
import { FEATURE_FLOATING_POINT, SYS_GET_FEATURES } from "../../../../abi/src/syscalls";
import { setFloatControl } from "./asm";
import { Root, report, System } from "./support";

export { abort } from "./support";

const SMALLER_TCB_BITS: u32 = 10;
const COMPUTED: u64 = 1;
const FAULTED: u64 = 2;
const stack = memory.data(4096, 4096);

let computed: u32 = 0;

function compute(): void {
  setFloatControl(0);
  System.signal(computed);
  System.wait(computed);
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  ecall(0, 0, 0, 0, 0, 0, 0, SYS_GET_FEATURES);
  report("feature", ecallResult(2) & FEATURE_FLOATING_POINT);
  const small = Root.make(OBJECT_UNTYPED, SMALLER_TCB_BITS);
  report("TCB in 1024 bytes: error", Root.retype(small, OBJECT_TCB, 0, Root.takeSlot()));
  const notification = Root.make(OBJECT_NOTIFICATION);
  computed = Root.mint(notification, COMPUTED);
  const faulted = Root.mint(notification, FAULTED);
  const thread = Root.thread(compute.index, <u32>stack + 4096, 200, 0, faulted);
  Root.check(Root.invoke(thread, TCB_SET_FLAGS, 2, 0, TCB_FLAG_FPU_DISABLED), "set flags");
  report("flags", Root.result0);
  Root.check(Root.invoke(thread, TCB_SET_FLAGS, 2, TCB_FLAG_FPU_DISABLED, 0), "clear flags");
  Root.resume(thread);
  report("computed", System.wait(notification) & COMPUTED);
  Root.check(Root.invoke(thread, TCB_READ_FAULT, 0), "read fault");
  report("fault", Root.result0);
  Root.exit(0);
}
