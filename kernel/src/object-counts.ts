// What SYS_DEBUG_COUNT counts, so that a test can see that nothing is left behind. Everything is found by walking when it
// is asked for, except capabilities: no walk reaches all of them (a CNode whose last name lies inside itself is in no
// tree), so the derivation tree keeps their number. Reply capabilities are not in it, because the fast paths make them;
// there is one for each thread that has a master, and one for each that waits for an answer.

import { CAP_NULL } from "../../abi/src/capability-tags";
import {
  KERNEL_COUNT_ADDRESS_SPACES,
  KERNEL_COUNT_CAPABILITIES,
  KERNEL_COUNT_HANDLERS,
  KERNEL_COUNT_MAPPED_FRAMES,
  KERNEL_COUNT_RECEIVERS,
  KERNEL_COUNT_SENDER_ENTRIES,
  KERNEL_COUNT_SENDER_TABLES,
  KERNEL_COUNT_THREADS,
} from "../../abi/src/syscalls";
import { AsyncHandlers } from "./async-handler";
import { AsyncRing } from "./async-ring";
import { ThreadList } from "./debug-threads";
import { DerivationTree } from "./derivation-tree";
import { SenderTables } from "./riscv/sender-tables";
import { SpaceCounts } from "./riscv/space-counts";
import { UserInterrupts } from "./riscv/user-interrupts";
import { TCB_SLOT_REPLY, Tcb } from "./tcb";

export class ObjectCounts {
  /** How many there are of `what` (KERNEL_COUNT_*); 0 for anything else. */
  static of(what: u64): u64 {
    if (what >> 32 != 0) return 0;
    switch (<u32>what) {
      case KERNEL_COUNT_CAPABILITIES:
        return ObjectCounts.capabilities();
      case KERNEL_COUNT_THREADS:
        return ObjectCounts.threads();
      case KERNEL_COUNT_RECEIVERS:
        return UserInterrupts.receiversTaken();
      case KERNEL_COUNT_SENDER_TABLES:
        return SenderTables.tablesTaken();
      case KERNEL_COUNT_SENDER_ENTRIES:
        return SenderTables.entriesValid();
      case KERNEL_COUNT_HANDLERS:
        return ObjectCounts.handlers();
      case KERNEL_COUNT_MAPPED_FRAMES:
        return SpaceCounts.mappedFrames();
      case KERNEL_COUNT_ADDRESS_SPACES:
        return SpaceCounts.spaces();
      default:
        return 0;
    }
  }

  private static capabilities(): u64 {
    let count: u64 = DerivationTree.capabilities;
    for (let address = ThreadList.head; address != 0; address = Tcb.at(address).debugNext) {
      const master = Tcb.at(address).slot(TCB_SLOT_REPLY);
      if (master.type == CAP_NULL) continue;
      count += master.next != 0 ? 2 : 1;
    }
    return count;
  }

  private static threads(): u64 {
    let count: u64 = 0;
    for (let address = ThreadList.head; address != 0; address = Tcb.at(address).debugNext) count++;
    return count;
  }

  private static handlers(): u64 {
    let count: u64 = 0;
    for (let address = AsyncHandlers.registered; address != 0; address = Tcb.at(address).registeredNext) {
      if (AsyncRing.isRegistered(Tcb.at(address))) count++;
    }
    return count;
  }
}
