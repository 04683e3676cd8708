/** Uses every byte of its coroutine stacks' ends, then, if it is told a number, the byte below that stack. */
import { Process } from "rel4";
import { startInfoWord } from "rel4/start-info";
import { COROUTINE_STACKS_BASE } from "../../abi/src/program-layout";
import { START_INFO_COROUTINE_COUNT_AT, START_INFO_COROUTINE_STACK_BYTES_AT } from "../../abi/src/start-info";

export function main(): void {
  const count = startInfoWord(START_INFO_COROUTINE_COUNT_AT);
  const bytes = startInfoWord(START_INFO_COROUTINE_STACK_BYTES_AT);
  const stride = bytes + 4096;
  let untouched = true;
  for (let i: u32 = 0; i < count; i++) {
    const lowest = COROUTINE_STACKS_BASE + i * stride + 4096;
    untouched = untouched && load<u64>(lowest) == 0 && load<u64>(lowest + bytes - 8) == 0;
    store<u64>(lowest, i + 1);
    store<u64>(lowest + bytes - 8, i + 1);
  }
  console.log(
    `${count.toString()} stacks of ${bytes.toString()} bytes, ${untouched ? "untouched" : "shared"}`,
  );
  if (Process.arguments.length == 0) return;
  store<u8>(COROUTINE_STACKS_BASE + U32.parseInt(Process.arguments[0]) * stride + 4095, 1);
}
