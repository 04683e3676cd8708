// SiFive's test device: the guest ends or resets the machine by one store. (QEMU hw/misc/sifive_test.h; Linux finds it
// as a syscon with syscon-poweroff and syscon-reboot.)
import { BusError, type Device, type DeviceHost } from "../device";
import { TEST_DEVICE } from "./addresses";

/** Low half of the word at offset 0. */
const FAIL = 0x3333;
const PASS = 0x5555;
const RESET = 0x7777;

/** Power-off (with exit code) and reset. */
export class TestDevice implements Device {
  readonly name = "test";
  readonly base = TEST_DEVICE.base;
  readonly size = TEST_DEVICE.size;

  constructor(private readonly host: Pick<DeviceHost, "powerOff" | "requestReset">) {}

  read(offset: number, bytes: number): bigint {
    checkAccess(offset, bytes);
    return 0n;
  }

  write(offset: number, bytes: number, value: bigint): void {
    checkAccess(offset, bytes);
    if (offset !== 0) return;
    const command = Number(value & 0xffffn);
    if (command === PASS) this.host.powerOff(0);
    else if (command === FAIL) this.host.powerOff(Number((value >> 16n) & 0xffffn));
    else if (command === RESET) this.host.requestReset();
  }
}

function checkAccess(offset: number, bytes: number): void {
  if (bytes === 1 || offset % bytes !== 0)
    throw new BusError(`the test device takes no ${bytes}-byte access at ${offset}`);
}
