// A receiver of user interrupts that computes is interrupted by its own timer.

import { ecall, rdtime } from "rv";
import { ROOT_SLOT_TCB } from "../../../../abi/src/bootinfo";
import { SYS_SET_TIMER } from "../../../../abi/src/syscalls";
import { Root, report, Shared } from "./support";
import { HANDLED, makeReceiver, openReceiver, VECTORS } from "./user-interrupt-support";

export { abort } from "./support";

const ROUNDS: u64 = 5;
const TICKS: u64 = 1000;

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  makeReceiver(ROOT_SLOT_TCB);
  openReceiver();
  let early: u64 = 0;
  for (let i: u64 = 1; i <= ROUNDS; i++) {
    const deadline = rdtime() + TICKS;
    ecall(deadline, 0, 0, 0, 0, 0, 0, SYS_SET_TIMER);
    Shared.await(HANDLED, i);
    if (rdtime() < deadline) early++;
  }
  report("user interrupts", Shared.get(HANDLED));
  report("early", early);
  report("vector 62 only", Shared.get(VECTORS) == (<u64>1) << 62 ? 1 : 0);
  Root.exit(0);
}
