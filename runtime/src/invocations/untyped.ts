/** Untyped memory: the only source of kernel objects. */
import { UNTYPED_RETYPE } from "../../../abi/src/labels";
import { ErrorCode } from "../errors";
import { IpcBuffer } from "../message";
import { Capability, invokeWith } from "./capability";
import { CNode } from "./cnode";

@unmanaged
export class Untyped extends Capability {
  /**
   * Makes `count` objects and puts their capabilities into consecutive slots of `root`.
   * @param sizeBits size for untypeds (bytes, power of two) and CNodes (slots, power of two), ignored for the others
   */
  retype(type: u32, sizeBits: u32, root: CNode, firstSlot: u32, count: u32): ErrorCode {
    IpcBuffer.setWord(4, firstSlot);
    IpcBuffer.setWord(5, count);
    return invokeWith(this.slot, UNTYPED_RETYPE, root.slot, 6, type, sizeBits, 0, 0);
  }
}
