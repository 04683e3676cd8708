// Accesses of harts to devices: what the core asks of the bus, and what listeners hear of it.
import * as S from "../core/state";
import type { Bus } from "./bus";
import { BusError } from "./device";
import { type DeviceEvent, type EventHub, eventBase } from "./events";
import type { Hart } from "./hart";

/** The core's way to the devices. An access that the bus refuses leaves a fault for the core to raise. */
export class BusAccess {
  /** @param view the core's state */
  constructor(
    private readonly bus: Bus,
    private readonly harts: readonly Hart[],
    private readonly view: DataView,
    private readonly events: EventHub,
  ) {}

  /** Reads `bytes` bytes at a physical address; 0 where that is refused. */
  read(address: number, bytes: number): bigint {
    let value = 0n;
    try {
      value = this.bus.read(address, bytes);
    } catch (error) {
      this.refuse(error);
    }
    if (this.events.wants("device")) this.report({ address, bytes, write: false, value });
    return value;
  }

  /** Writes `bytes` bytes at a physical address. */
  write(address: number, bytes: number, value: bigint): void {
    try {
      this.bus.write(address, bytes, value);
    } catch (error) {
      this.refuse(error);
    }
    if (this.events.wants("device")) this.report({ address, bytes, write: true, value });
  }

  private report(access: Pick<DeviceEvent, "address" | "bytes" | "write" | "value">): void {
    const hart = this.harts[this.view.getUint32(S.MACHINE_CURRENT_HART, true)]!;
    const { address, bytes } = access;
    this.events.emit({
      kind: "device",
      ...eventBase(hart),
      ...access,
      value: BigInt.asUintN(bytes * 8, access.value),
      device: this.bus.deviceAt(address, bytes)?.name,
      refused: this.view.getUint32(S.MACHINE_BUS_FAULT, true) !== 0,
    });
  }

  private refuse(error: unknown): void {
    if (!(error instanceof BusError)) throw error;
    this.view.setUint32(S.MACHINE_BUS_FAULT, 1, true);
  }
}
