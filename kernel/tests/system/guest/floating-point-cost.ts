// What floating point costs the kernel, in instructions: signals to and fro between two threads of which none, one or both
// use it in every round, and the first use after another thread's.

import { ecall, rdinstret } from "rv";
import { OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { SYS_SIGNAL_WAIT } from "../../../../abi/src/syscalls";
import { setFloatControl } from "./asm";
import { Root, report } from "./support";

export { abort } from "./support";

const ROUNDS: u32 = 16;
const stack = memory.data(4096, 4096);
const CONTROL: u64 = 0;

let request: u32 = 0;
let answer: u32 = 0;
let partnerComputes: bool = false;

function partner(): void {
  ecall(0, request, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
  while (true) {
    if (partnerComputes) setFloatControl(CONTROL);
    ecall(answer, request, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
  }
}

/** Instructions of the last of some round trips; `computes`: this thread uses floating point in each. */
function roundTrip(computes: bool): u64 {
  let last: u64 = 0;
  for (let i: u32 = 0; i < ROUNDS; i++) {
    const before = rdinstret();
    if (computes) setFloatControl(CONTROL);
    ecall(request, answer, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
    last = rdinstret() - before;
  }
  return last;
}

/** Instructions of one floating-point instruction, trap included. */
function use(): u64 {
  const before = rdinstret();
  setFloatControl(CONTROL);
  return rdinstret() - before;
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  request = Root.make(OBJECT_NOTIFICATION);
  answer = Root.make(OBJECT_NOTIFICATION);
  Root.resume(Root.thread(partner.index, <u32>stack + 4096, 255));
  ecall(request, answer, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
  report("round trip, nobody computes", roundTrip(false));
  const first = use();
  const again = use();
  report("round trip, the owner and a thread that does not compute", roundTrip(true));
  partnerComputes = true;
  report("round trip, both compute", roundTrip(true));
  const taken = use();
  report("an instruction that the owner makes", again);
  report("the first of all", first - again);
  report("one after the other thread's", taken - again);
  Root.exit(0);
}
