// What a device is to the machine, and what the machine is to a device.

/**
 * A device on the bus: a range of guest physical addresses below RAM whose loads and stores come here.
 *
 * Offsets are bytes from `base`; `bytes` is 1, 2, 4 or 8. The machine calls in the order of guest time: an access is
 * made only when no running hart is behind the one that makes it.
 */
export interface Device {
  readonly name: string;
  /** Guest physical address of the first byte. */
  readonly base: number;
  /** Length in bytes. */
  readonly size: number;
  /** Reads `bytes` at `offset`; the value is unsigned. Throwing {@link BusError} gives the guest an access fault. */
  read(offset: number, bytes: number): bigint;
  /** Writes the low `bytes` of `value` at `offset`. Throwing {@link BusError} gives the guest an access fault. */
  write(offset: number, bytes: number, value: bigint): void;
}

/** Thrown by a device to refuse an access; the guest sees a load or store access fault. */
export class BusError extends Error {}

/** Bits of mip that hardware drives; the argument of {@link DeviceHost.setInterrupt}. */
export const InterruptBit = {
  userSoftware: 0,
  supervisorSoftware: 1,
  machineSoftware: 3,
  userTimer: 4,
  supervisorTimer: 5,
  machineTimer: 7,
  userExternal: 8,
  supervisorExternal: 9,
  machineExternal: 11,
} as const;

/** Guest physical memory: RAM only, little-endian. Addresses outside RAM throw a RangeError. */
export interface GuestMemory {
  /** Guest physical address of RAM. */
  readonly base: number;
  /** Bytes of RAM. */
  readonly size: number;
  /** Copies `length` bytes out of RAM. */
  read(address: number | bigint, length: number): Uint8Array;
  /** Copies bytes into RAM. Decoded code and reservations that could be stale are dropped. */
  write(address: number | bigint, bytes: Uint8Array): void;
  /** A window onto RAM itself. Whoever writes through it calls {@link written} behind that. */
  view(address: number | bigint, length: number): Uint8Array;
  /** Bytes were changed through a {@link view}: decoded code and reservations that could be stale are dropped. */
  written(address: number | bigint, length: number): void;
  readU16(address: number | bigint): number;
  readU32(address: number | bigint): number;
  readU64(address: number | bigint): bigint;
  writeU16(address: number | bigint, value: number): void;
  writeU32(address: number | bigint, value: number): void;
  writeU64(address: number | bigint, value: bigint): void;
}

/** What the machine offers to devices and to the built-in firmware. Clocks are cycles, times are mtime ticks. */
export interface DeviceHost {
  readonly hartCount: number;
  readonly memory: GuestMemory;
  /** The clock of the hart that is executing (or executed last), in cycles. */
  now(): bigint;
  /** mtime at {@link now}, in ticks of 10 cycles. */
  time(): bigint;
  /** Sets mtime. */
  setTime(ticks: bigint): void;
  /** Reads a hart's machine-timer compare value (drives MTIP). */
  timeCompare(hart: number): bigint;
  setTimeCompare(hart: number, ticks: bigint): void;
  /** Sets a hart's supervisor-timer deadline (drives STIP); all ones = never. For built-in firmware. */
  setSupervisorTimer(hart: number, ticks: bigint): void;
  /** Drives an interrupt line of a hart ({@link InterruptBit}); takes effect at that hart's next instruction. */
  setInterrupt(hart: number, bit: number, level: boolean): void;
  /** Calls back once when the guest's clock reaches `cycle`. Returns a function that cancels. */
  scheduleAt(cycle: bigint, callback: () => void): () => void;
  /**
   * Stops the guest's clock until the host has done something, and hands over what came of it. The guest cannot tell how long
   * that took. A rejected promise ends the run with that error.
   */
  waitForHost<T>(work: Promise<T>, then: (result: T) => void): void;
  /**
   * Brings something in from the host's world, such as a frame: after the time that has passed there while every hart
   * waited. A machine that sleeps goes on.
   */
  fromHost(deliver: () => void): void;
  /** Tells the machine's user what a guest cannot be told, such as a host file that cannot be written. */
  warn(device: string, message: string): void;
  /** Ends the run after the present instruction. */
  powerOff(exitCode: number): void;
  /** Ends the run with reason "reset". */
  requestReset(): void;
}
