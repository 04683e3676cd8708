/**
 * The root server: the first program the kernel starts. It owns all resources, builds the system the host described in
 * the bundle, gives every program its own and no more, and reports how they end.
 */
import { IpcBuffer } from "../../runtime/src/message";
import { TextBuffer } from "../../runtime/src/text-buffer";
import { BootInfo } from "./boot-info";
import { Bundle } from "./bundle";
import { EXIT_NOT_STARTED, fail } from "./failure";
import { printText } from "./output";
import { powerOff } from "./power";
import { initialisePower } from "./power-setup";
import { System } from "./system";
import { Workshop } from "./workshop";

/** Called by the start stub. @param bootInfo user virtual address of the BootInfo page */
export function runRoot(bootInfo: u32): void {
  BootInfo.address = bootInfo;
  IpcBuffer.address = BootInfo.ipcBuffer;
  Workshop.begin();
  initialisePower();
  if (!Bundle.valid) fail("the image holds no programs (its bundle is damaged): build it again");
  const system = new System();
  system.build();
  system.run();
}

/** Import `env.abort` of the root server itself. */
export function abortRoot(message: string | null, file: string | null, line: u32, column: u32): void {
  TextBuffer.clear();
  TextBuffer.text("rel4: the root server failed: ");
  if (message !== null) TextBuffer.text(message);
  if (file !== null) TextBuffer.text(file);
  TextBuffer.byte(0x3a);
  TextBuffer.decimal(line);
  TextBuffer.byte(0x3a);
  TextBuffer.decimal(column);
  printText();
  powerOff(EXIT_NOT_STARTED);
}
