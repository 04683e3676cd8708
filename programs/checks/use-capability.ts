/** Calls the slots it is told, whether it was given them or not, and prints what the kernel answers. */
import { errorText, Message, Process } from "rel4";
import { call } from "rel4/system-calls";

export function main(): void {
  const slots = Process.arguments;
  for (let i = 0; i < slots.length; i++) {
    call(I32.parseInt(slots[i]), 0, 0, 0, 0, 0);
    const answer = <u32>Message.label;
    console.log(`${slots[i]}: ${errorText(answer)}`);
  }
}
