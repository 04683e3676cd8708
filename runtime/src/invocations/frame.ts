/** Frames: pages of memory that can be mapped. */
import { PAGE_GET_ADDRESS, PAGE_MAP, PAGE_UNMAP } from "../../../abi/src/labels";
import { ErrorCode } from "../errors";
import { Message } from "../message";
import { Capability, invoke, invokeWith } from "./capability";
import { PageTable } from "./page-table";

@unmanaged
export class Frame extends Capability {
  /**
   * Maps the frame at a user virtual address of `vspace`.
   * @returns FAILED_LOOKUP when a page table is missing there
   */
  map(vspace: PageTable, address: u64, rights: u64, attributes: u64): ErrorCode {
    return invokeWith(this.slot, PAGE_MAP, vspace.slot, 3, address, rights, attributes);
  }

  unmap(): ErrorCode {
    return invoke(this.slot, PAGE_UNMAP, 0);
  }

  /** Physical address of the frame, left in `Message.word0`. */
  readPhysicalAddress(): ErrorCode {
    return invoke(this.slot, PAGE_GET_ADDRESS, 0);
  }

  /** Result of `readPhysicalAddress`. */
  static get physicalAddress(): u64 {
    return Message.word0;
  }
}
