/** Invariants of user-interrupt hardware state: no entry of the controller or of a sender table dangles. */
import { SENDER_TABLE_ENTRIES } from "@rel4/abi";
import { FLAG_RECEIVER, FLAG_SENDER } from "../../src/riscv/layout";
import type { Kernel } from "./kernel";
import type { ObjectMap } from "./objects";
import { require } from "./require";

/** @throws Error that says which invariant does not hold */
export function checkUserInterrupts(kernel: Kernel, objects: ObjectMap): void {
  const controller = kernel.hardware.userInterrupts;
  if (!controller) return;
  const { memory, layout } = kernel;
  const receivers = new Map<number, number>();
  const field = (thread: number, name: string) => memory.read32(thread + layout.field(`Tcb_${name}`));
  for (const thread of objects.threads) {
    if ((field(thread, "flags") & FLAG_RECEIVER) === 0) continue;
    const index = field(thread, "receiverIndex");
    require(!receivers.has(index), `receiver entry ${index} belongs to one thread`);
    receivers.set(index, thread);
  }
  controller.entries.forEach(({ active, hart }, index) => {
    const thread = receivers.get(index);
    if (thread === undefined) {
      require(!active, `the active receiver entry ${index} belongs to a thread`);
      return;
    }
    const runs = kernel.hardware.harts.some((_, each) => kernel.currentThread(each) === thread);
    if (runs) {
      require(active, `the entry ${index} of a running receiver is active`);
      require(kernel.currentThread(hart) ===
        thread, `the entry ${index} leads to the hart where its thread runs`);
    } else if (active) {
      require(field(thread, "watched") !==
        0, `the active entry ${index} of a receiver that does not run is watched`);
      const there = kernel.currentThread(hart);
      require((field(there, "flags") & FLAG_RECEIVER) ===
        0, `the entry ${index} is parked where no receiver runs`);
    }
  });
  for (const thread of objects.threads) {
    if ((field(thread, "flags") & FLAG_SENDER) === 0) continue;
    const table = field(thread, "senderTable");
    for (let entry = 0; entry < SENDER_TABLE_ENTRIES; entry++) {
      const word = memory.read64(table + 8 * entry);
      const receiver = Number(word >> 48n);
      require((word & 1n) === 0n ||
        receivers.has(receiver), `sender entry ${entry} leads to a living receiver`);
    }
  }
}
