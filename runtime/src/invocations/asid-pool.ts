/** ASID pools: where a page table becomes an address space. */
import { ASID_POOL_ASSIGN } from "../../../abi/src/labels";
import { ErrorCode } from "../errors";
import { Capability, invokeWith } from "./capability";
import { PageTable } from "./page-table";

@unmanaged
export class AsidPool extends Capability {
  /** Gives a root page table a free address-space identifier of this pool. */
  assign(vspace: PageTable): ErrorCode {
    return invokeWith(this.slot, ASID_POOL_ASSIGN, vspace.slot, 0);
  }
}
