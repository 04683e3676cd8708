/** Powering off: the board's syscon register, once `initialisePower` has mapped it. */
import { store32 } from "rv";
import { ROOT_DEVICE_WINDOW } from "../../abi/src/program-layout";
import { debugHalt } from "../../runtime/src/system-calls";

/** Values of the register: pass, and fail with the exit code in bits 31:16. */
const PASS: u32 = 0x5555;
const FAIL: u32 = 0x3333;

export class PowerSwitch {
  /** Whether the register can be reached. */
  static mapped: bool = false;
}

/** Ends the run with an exit code, 0–255. Does not return. */
export function powerOff(code: u32): void {
  if (PowerSwitch.mapped) store32(ROOT_DEVICE_WINDOW, code == 0 ? PASS : FAIL | (code << 16));
  for (;;) debugHalt();
}
