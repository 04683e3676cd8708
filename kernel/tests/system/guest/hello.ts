// Prints what the root task is told, and ends the machine.

import { print, Root, report } from "./support";

export { abort } from "./support";

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  print("hello from user mode\n");
  report("harts", Root.harts);
  Root.exit(7);
}
