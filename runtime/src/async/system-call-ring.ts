/**
 * Asynchronous system calls: invocations of kernel objects that go to the kernel over a ring, many for one entry.
 *
 * The kernel serves the ring when this program waits, or at once on another hart that has less to do. Requests name the
 * invocation exactly as a message would, so every error comes back as from a synchronous call.
 */
import {
  ITEM_INFO_AT,
  SYSTEM_CALL_CAPABILITY_AT,
  SYSTEM_CALL_EXTRA_CAPS_AT,
  SYSTEM_CALL_ITEM_BYTES,
  SYSTEM_CALL_WORDS_AT,
} from "../../../abi/src/ring";
import { AsyncClient } from "./async-client";
import { Response } from "./response";
import { Turns } from "./turns";

@unmanaged
export class SystemCallRing extends AsyncClient {
  /** Sees that there is room for a request, which is then written. */
  @inline prepare(): void {
    if (this.out == this.stop) this.makeRoom(Turns.current);
  }

  /**
   * Sends the request whose words and extra capabilities have been written since `prepare`, and waits for the response.
   * @param info label << 12 | extra capabilities << 7 | words, as in a message
   * @param capability slot of the object's capability
   */
  @inline invoke(info: u32, capability: u32): Response {
    const me = Turns.current;
    const item = this.out;
    store<u32>(item, me.id);
    store<u32>(item, info, ITEM_INFO_AT);
    store<u64>(item, capability, SYSTEM_CALL_CAPABILITY_AT);
    this.out = (item + SYSTEM_CALL_ITEM_BYTES) & this.wrap;
    me.waiting = changetype<u32>(this);
    return this.waitForResponse(me, SYSTEM_CALL_ITEM_BYTES);
  }

  /** Extra capability `index` (0 or 1) of the request. */
  @inline setExtra(index: u32, capability: u32): void {
    store<u64>(this.out + (index << 3), capability, SYSTEM_CALL_EXTRA_CAPS_AT);
  }

  /** Word `index` (0–11) of the request. */
  @inline setWord(index: u32, value: u64): void {
    store<u64>(this.out + (index << 3), value, SYSTEM_CALL_WORDS_AT);
  }
}
