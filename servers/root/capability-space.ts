/**
 * The root server's capability space. The kernel gives it one CNode; more are added as they are needed, so it has two levels:
 *
 *     pointer   27 … 20          19 … 0
 *               directory entry  slot in the entry's CNode
 *
 * Entry 0 is the kernel's CNode, so the pointers the kernel told stay what they were. With `root` below and depth 64 every
 * invocation reaches every slot.
 */
import { ROOT_SLOT_CNODE, ROOT_SLOT_TCB, ROOT_SLOT_VSPACE } from "../../abi/src/bootinfo";
import { ROOT_CNODE_BITS } from "../../abi/src/config";
import { WORD_BITS } from "../../abi/src/objects";
import { ALL_RIGHTS } from "../../abi/src/rights";
import { CNode } from "../../runtime/src/invocations/cnode";
import { PageTable } from "../../runtime/src/invocations/page-table";
import { Tcb } from "../../runtime/src/invocations/tcb";
import { fail, mustSucceed } from "./failure";

/** The directory has 2^n entries. */
export const DIRECTORY_BITS: u32 = 8;
export const DIRECTORY_ENTRIES: u32 = 1 << DIRECTORY_BITS;
const INDEX_BITS: u32 = 20;
const DIRECTORY_DEPTH: u32 = WORD_BITS - INDEX_BITS;

export class CapabilitySpace {
  /** The CNode from which all slots are reached. */
  static root: CNode = changetype<CNode>(ROOT_SLOT_CNODE);
  private static entriesUsed: u32 = 1;

  /** Takes a new, empty CNode of 2^DIRECTORY_BITS slots as directory; `guarded` is a free slot. */
  static begin(directory: CNode, guarded: u32): void {
    const kernels = changetype<CNode>(ROOT_SLOT_CNODE);
    // data words: guards of zeroes that fill up to the bits of a level
    const inner: u64 = INDEX_BITS - ROOT_CNODE_BITS;
    const outer: u64 = WORD_BITS - DIRECTORY_BITS - INDEX_BITS;
    const message = "making a capability space";
    mustSucceed(message, directory.mint(0, DIRECTORY_BITS, kernels, ROOT_SLOT_CNODE, ALL_RIGHTS, inner));
    mustSucceed(message, kernels.mint(guarded, WORD_BITS, kernels, directory.slot, ALL_RIGHTS, outer));
    const root = changetype<CNode>(guarded);
    const vspace = changetype<PageTable>(ROOT_SLOT_VSPACE);
    mustSucceed(message, changetype<Tcb>(ROOT_SLOT_TCB).setSpace(0, root, 0, vspace));
    CapabilitySpace.root = root;
  }

  /** A directory entry nobody uses; ends the system when there is none. */
  static newEntry(): u32 {
    const entry = CapabilitySpace.entriesUsed;
    if (entry == DIRECTORY_ENTRIES)
      fail("the root server has no free capability slots left: give programs less memory");
    CapabilitySpace.entriesUsed = entry + 1;
    return entry;
  }

  /** Hangs a CNode of 2^`bits` slots into the directory; returns the pointer to its first slot. */
  static add(node: CNode, bits: u32, entry: u32): u32 {
    const root = CapabilitySpace.root;
    const error = root.mint(entry, DIRECTORY_DEPTH, root, node.slot, ALL_RIGHTS, INDEX_BITS - bits);
    mustSucceed("extending the capability space", error);
    return entry << INDEX_BITS;
  }
}
