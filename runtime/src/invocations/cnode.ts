/** CNodes: tables of capabilities. Slots are addressed by number and depth (bits of the number that count). */
import { CNODE_COPY, CNODE_DELETE, CNODE_MINT, CNODE_MOVE, CNODE_REVOKE } from "../../../abi/src/labels";
import { WORD_BITS } from "../../../abi/src/objects";
import { ErrorCode } from "../errors";
import { IpcBuffer } from "../message";
import { Capability, invoke, invokeWith } from "./capability";

@unmanaged
export class CNode extends Capability {
  /** Copies `source` (a slot of `sourceRoot`) to slot `target`, `depth` bits of this CNode, with at most `rights`. */
  copy(target: u32, depth: u32, sourceRoot: CNode, source: u32, rights: u64): ErrorCode {
    IpcBuffer.setWord(4, rights);
    return invokeWith(this.slot, CNODE_COPY, sourceRoot.slot, 5, target, depth, source, WORD_BITS);
  }

  /** Like `copy`, and gives the copy a badge (endpoints, notifications) or guard (CNodes). */
  mint(target: u32, depth: u32, sourceRoot: CNode, source: u32, rights: u64, badge: u64): ErrorCode {
    IpcBuffer.setWord(4, rights);
    IpcBuffer.setWord(5, badge);
    return invokeWith(this.slot, CNODE_MINT, sourceRoot.slot, 6, target, depth, source, WORD_BITS);
  }

  /** Moves a capability. */
  move(target: u32, depth: u32, sourceRoot: CNode, source: u32): ErrorCode {
    return invokeWith(this.slot, CNODE_MOVE, sourceRoot.slot, 4, target, depth, source, WORD_BITS);
  }

  /** Empties a slot. */
  delete(index: u32, depth: u32): ErrorCode {
    return invoke(this.slot, CNODE_DELETE, 2, index, depth);
  }

  /** Deletes every capability derived from the one in the slot. */
  revoke(index: u32, depth: u32): ErrorCode {
    return invoke(this.slot, CNODE_REVOKE, 2, index, depth);
  }
}
