// The operations that are rare enough for one more call. The hot loop has a single case for all of them: so its switch has fewer
// than 128 cases, is dispatched by short instructions, and lies within one cache line (which is worth a tenth of its speed).
import { executeCacheBlock } from "./cache-blocks";
import { executeCsr } from "./csr";
import { executeFence, executeFenceI, raiseIllegal } from "./excursions";
import { Op } from "./operation";
import { Slot } from "./slot";
import { executeSystem } from "./system";
import { executeUipi } from "./uipi";

/** Executes an operation from Op.Illegal on; parameters and result as for slowLoad. */
export function executeRare(hart: u32, slot: u64, pc: u64, left: i32): bool {
  const word = <u32>(slot >> 32);
  switch (Slot.operation(<u32>slot)) {
    case Op.Illegal:
      return raiseIllegal(hart, slot, pc, left);
    case Op.Fence:
      return executeFence(hart, word, pc, left);
    case Op.FenceI:
      return executeFenceI(hart, pc, left);
    case Op.CacheBlock:
      return executeCacheBlock(hart, slot, pc, left);
    case Op.Csr:
      return executeCsr(hart, word, pc, left);
    case Op.System:
      return executeSystem(hart, word, Slot.length(slot), pc, left);
    default:
      return executeUipi(hart, word, pc, left);
  }
}
