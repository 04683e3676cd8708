// A running thread is moved between harts, stopped and deleted from another hart.

import { rdtime } from "rv";
import { TCB_SUSPEND } from "../../../../abi/src/labels";
import { Root, report, Shared, System } from "./support";

export { abort } from "./support";

const stack = memory.data(4096, 4096);
const PROGRESS: u32 = 0;

function worker(): void {
  while (true) Shared.add(PROGRESS, 1);
}

/** Does the worker go on? Waits longer (in ticks of the real-time counter) for what should happen. */
function advancesWithin(ticks: u64): u64 {
  const start = Shared.get(PROGRESS);
  const deadline = rdtime() + ticks;
  while (rdtime() < deadline) {
    System.yieldHart();
    if (Shared.get(PROGRESS) > start + 10) return 1;
  }
  return 0;
}

function advances(): u64 {
  return advancesWithin(20_000_000);
}

function stands(): u64 {
  return 1 - advancesWithin(50_000);
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  const thread = Root.thread(worker.index, <u32>stack + 4096, 255);
  Root.setHart(thread, 1);
  Root.resume(thread);
  Shared.await(PROGRESS, 100);
  report("runs on hart 1", 1);
  for (let i: u32 = 0; i < 20; i++) {
    Root.setHart(thread, i & 1);
    if (advances() == 0) report("stuck after move", i);
  }
  Root.setHart(thread, 1);
  report("moved to and fro", advances());
  Root.check(Root.invoke(thread, TCB_SUSPEND, 0), "suspend");
  report("suspended: stands", stands());
  Root.resume(thread);
  report("resumed: advances", advances());
  Root.check(Root.remove(thread), "delete");
  report("deleted: stands", stands());
  Root.exit(0);
}
