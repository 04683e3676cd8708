/** The smallest program: it runs in user mode, in its own address space, on the microkernel. */
import { Process } from "rel4";

function greeting(name: string): string {
  return `Hello from ${name}, a TypeScript program in RISC-V user mode!`;
}

export function main(): i32 {
  console.log(greeting(Process.name));
  return 0;
}
