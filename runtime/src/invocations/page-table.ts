/** Page tables of any level; the one with an ASID is an address space. */
import { PAGE_TABLE_MAP, PAGE_TABLE_UNMAP } from "../../../abi/src/labels";
import { ErrorCode } from "../errors";
import { Capability, invoke, invokeWith } from "./capability";

@unmanaged
export class PageTable extends Capability {
  /** Hangs this table in at the highest level that is missing for `address` in `vspace`. */
  map(vspace: PageTable, address: u64, attributes: u64): ErrorCode {
    return invokeWith(this.slot, PAGE_TABLE_MAP, vspace.slot, 2, address, attributes);
  }

  unmap(): ErrorCode {
    return invoke(this.slot, PAGE_TABLE_UNMAP, 0);
  }
}
