/** What each entity does when it has the token: it sums an array, its working set, as lmbench's lat_ctx does. */
import { numberArgument } from "../arguments";

export class WorkingSet {
  /** Bytes of each array, 0 for none. */
  static bytes: u32 = 0;
  /** What all summing has come to, so that it is done. */
  static sum: u32 = 0;

  /** Reads the argument working-set=…, in bytes. */
  static begin(): void {
    WorkingSet.bytes = numberArgument("working-set");
  }

  /** Address of a new array. */
  static make(): u32 {
    const bytes = WorkingSet.bytes;
    const address = <u32>heap.alloc(max<u32>(bytes, 16));
    memory.fill(address, 1, bytes);
    return address;
  }

  /** Sums the 32-bit words of the array at `address`. */
  static use(address: u32): void {
    const end = address + WorkingSet.bytes;
    let sum: u32 = 0;
    for (let at = address; at < end; at += 4) sum += load<u32>(at);
    WorkingSet.sum += sum;
  }
}
