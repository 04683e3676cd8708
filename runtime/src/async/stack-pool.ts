/**
 * Stacks of coroutines. The root server mapped them, each above a page that stays unmapped (abi/src/program-layout.ts), so a
 * coroutine that needs too much is stopped instead of writing into its neighbour.
 */
import { COROUTINE_STACKS_BASE, PROGRAM_PAGE_SIZE } from "../../../abi/src/program-layout";
import {
  START_INFO_COROUTINE_COUNT_AT,
  START_INFO_COROUTINE_STACK_BYTES_AT,
} from "../../../abi/src/start-info";
import { startInfoWord } from "../start-info";

export class StackPool {
  /** How many there are. */
  static get count(): u32 {
    return startInfoWord(START_INFO_COROUTINE_COUNT_AT);
  }

  /** Initial stack pointer of stack `number`: one past its last byte. */
  static top(number: u32): u64 {
    const bytes = startInfoWord(START_INFO_COROUTINE_STACK_BYTES_AT);
    return COROUTINE_STACKS_BASE + (number + 1) * (PROGRAM_PAGE_SIZE + bytes);
  }
}
