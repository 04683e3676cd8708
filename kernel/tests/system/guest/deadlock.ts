// Waits for a signal that nobody can send.

import { OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { Root, System } from "./support";

export { abort } from "./support";

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  System.wait(Root.make(OBJECT_NOTIFICATION));
  Root.exit(1);
}
