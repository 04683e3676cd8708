// Cache-block operations (Zicbom and Zicboz, version 1.0.1) on blocks of 64 bytes. There are no caches, so cbo.inval,
// cbo.clean and cbo.flush only check whether the hart may reach the block; cbo.zero stores zeros.

import { forgetInstructions } from "./code";
import { CAUSE_ILLEGAL, CAUSE_STORE_ACCESS, RIGHT_READ, RIGHT_WRITE } from "./encoding";
import {
  ENVIRONMENT_CBCFE,
  ENVIRONMENT_CBZE,
  environmentAllows,
  environmentAllowsInvalidation,
} from "./environment";
import { Hart, Machine } from "./hart";
import { mayAccess, translateData } from "./mmu";
import { breakReservations } from "./observed-stores";
import { Slot } from "./slot";
import { HART_LEFT, HART_PC, HART_TRANSLATED_ADDRESS } from "./state";
import { buffersStores, waitForAll } from "./store-buffer";

/** Bytes of a cache block; the device tree says so too. */
const BLOCK: u64 = 64;
const INVALIDATE: u32 = 0;
const ZERO: u32 = 4;

/** Executes a cache-block operation; parameters and result as for slowLoad. Faults report the address in rs1. */
export function executeCacheBlock(hart: u32, slot: u64, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  const operation = <u32>(slot >> 52);
  if (!isAllowed(hart, operation)) return Hart.raise(hart, CAUSE_ILLEGAL, slot >> 32);
  const address = load<u64>(hart + Slot.rs1(<u32>slot));
  if (operation == ZERO) return zero(hart, address);
  // Whoever may read the block, or write it, may manage it.
  if (mayAccess(hart, address & ~(BLOCK - 1), BLOCK, RIGHT_READ)) return Hart.finish(hart, 4);
  return translateBlock(hart, address) && Hart.finish(hart, 4);
}

function isAllowed(hart: u32, operation: u32): bool {
  if (operation == INVALIDATE) return environmentAllowsInvalidation(hart);
  return environmentAllows(hart, operation == ZERO ? ENVIRONMENT_CBZE : ENVIRONMENT_CBCFE);
}

function zero(hart: u32, address: u64): bool {
  if (buffersStores() && !waitForAll(hart)) return false;
  if (!translateBlock(hart, address)) return false;
  const physical = load<u64>(hart, HART_TRANSLATED_ADDRESS);
  if (!Machine.inRam(physical, BLOCK)) return Hart.raise(hart, CAUSE_STORE_ACCESS, address);
  memory.fill(Machine.ramAddress(physical), 0, <u32>BLOCK);
  forgetInstructions(physical, BLOCK);
  breakReservations(hart, physical, BLOCK, Hart.clock(hart));
  return Hart.finish(hart, 4);
}

/** Translates the block that contains an address for a store, and reports a fault with the address itself. */
function translateBlock(hart: u32, address: u64): bool {
  if (translateData(hart, address & ~(BLOCK - 1), BLOCK, RIGHT_WRITE)) return true;
  return Hart.reportAddress(hart, address);
}
