// The device bus: finds the device at a guest physical address.
import { BusError, type Device } from "./device";

/** Devices sorted by address. */
export class Bus {
  private readonly devices: Device[];
  private last: Device | undefined;

  /** @throws RangeError when two devices overlap */
  constructor(devices: readonly Device[]) {
    this.devices = [...devices].sort((a, b) => a.base - b.base);
    for (let i = 1; i < this.devices.length; i++) {
      const [before, after] = [this.devices[i - 1]!, this.devices[i]!];
      if (before.base + before.size > after.base)
        throw new RangeError(`devices ${before.name} and ${after.name} overlap`);
    }
  }

  /** Reads from the device at `address`. @throws BusError when there is none or it refuses */
  read(address: number, bytes: number): bigint {
    const device = this.find(address, bytes);
    return BigInt.asUintN(bytes * 8, device.read(address - device.base, bytes));
  }

  /** Writes to the device at `address`. @throws BusError when there is none or it refuses */
  write(address: number, bytes: number, value: bigint): void {
    const device = this.find(address, bytes);
    device.write(address - device.base, bytes, BigInt.asUintN(bytes * 8, value));
  }

  /** The device that owns `bytes` at `address`, if there is one. */
  deviceAt(address: number, bytes: number): Device | undefined {
    if (!this.last || !contains(this.last, address, bytes))
      this.last = this.devices.find((device) => contains(device, address, bytes));
    return this.last;
  }

  private find(address: number, bytes: number): Device {
    const device = this.deviceAt(address, bytes);
    if (!device) throw new BusError(`no device at physical 0x${address.toString(16)}`);
    return device;
  }
}

function contains(device: Device, address: number, bytes: number): boolean {
  return address >= device.base && address + bytes <= device.base + device.size;
}
