// The built-in firmware: the supervisor binary interface, served by the host instead of machine-mode code.
// (RISC-V SBI Specification 2.0.) One environment call costs the guest one instruction.
import type { Firmware, FirmwareHost } from "../board";
import { deviceTreeAddress } from "../device-tree";
import type { VirtBoard } from "../devices/virt";
import type { Hart } from "../hart";
import { baseExtension } from "./base";
import { failure, type SbiCall, type SbiExtension } from "./call";
import { debugConsoleExtension } from "./debug-console";
import { enterSupervisor, prepareHart } from "./hart-setup";
import { hartStateExtension } from "./hart-state";
import { ipiExtension } from "./ipi";
import { legacyCalls } from "./legacy";
import { remoteFenceExtension } from "./remote-fence";
import { systemResetExtension } from "./system-reset";
import { timerExtension } from "./timer";

const A0 = 10;
const A1 = 11;
const A6 = 16;
const A7 = 17;

/** Firmware for the harts of `host`; its console calls share the console of `board`. */
export function createSbi(host: FirmwareHost, board: VirtBoard): Firmware {
  return new Sbi(host, board);
}

class Sbi implements Firmware {
  private readonly extensions = new Map<bigint, SbiExtension>();

  constructor(
    private readonly host: FirmwareHost,
    private readonly board: VirtBoard,
  ) {
    for (const extension of [
      baseExtension((id) => this.exists(id)),
      timerExtension,
      ipiExtension,
      remoteFenceExtension,
      hartStateExtension(),
      systemResetExtension,
      debugConsoleExtension,
    ])
      this.extensions.set(BigInt(extension.id), extension);
  }

  boot(entry: bigint): void {
    const { memory, harts } = this.host;
    const deviceTree = deviceTreeAddress(memory, this.board.deviceTree.length);
    memory.write(deviceTree, this.board.deviceTree);
    for (const hart of harts) prepareHart(hart, this.board.userInterrupts);
    enterSupervisor(harts[0]!, entry, BigInt(deviceTree));
  }

  environmentCall(hart: Hart): void {
    const call: SbiCall = {
      hart,
      functionId: hart.x(A6),
      argument: (index) => hart.x(A0 + index),
      host: this.host,
      console: this.board.console,
    };
    const id = hart.x(A7);
    const legacy = id < BigInt(legacyCalls.length) ? legacyCalls[Number(id)] : undefined;
    if (legacy) {
      hart.setX(A0, legacy(call));
      return;
    }
    const { error, value } = this.extensions.get(id)?.call(call) ?? failure("notSupported");
    hart.setX(A0, error);
    hart.setX(A1, value);
  }

  private exists(id: bigint): boolean {
    return this.extensions.has(id) || id < BigInt(legacyCalls.length);
  }
}
