// Accessors of a hart's block that every part of the core uses. `hart` is always the block's address.
import {
  EXIT_ATTENTION,
  EXIT_EXCEPTION,
  FEATURE_COHERENT_FETCH,
  FEATURE_UINTC,
  HART_ATTENTION,
  HART_CAUSE,
  HART_EXIT,
  HART_LEFT,
  HART_PC,
  HART_PRIVILEGE,
  HART_SIZE,
  HART_SLICE_END,
  HART_TVAL,
  HART_X,
  HARTS_BASE,
  MACHINE_BASE,
  MACHINE_FEATURES,
  MACHINE_HARTS,
  MACHINE_RAM_SIZE,
  RAM_BASE,
  RAM_PHYSICAL,
} from "./state";

export class Harts {
  /** Address of hart `id`'s block. */
  @inline static at(id: u32): u32 {
    return HARTS_BASE + id * HART_SIZE;
  }

  @inline static count(): u32 {
    return load<u32>(MACHINE_BASE, MACHINE_HARTS);
  }
}

export class Hart {
  @inline static x(hart: u32, index: u32): u64 {
    return load<u64>(hart + (index << 3), HART_X);
  }

  /** Writes x`index`; x0 stays zero. */
  static setX(hart: u32, index: u32, value: u64): void {
    if (index != 0) store<u64>(hart + (index << 3), value, HART_X);
  }

  @inline static privilege(hart: u32): u32 {
    return load<u32>(hart, HART_PRIVILEGE);
  }

  /** The local clock in cycles. During an instruction it already counts that instruction. */
  @inline static clock(hart: u32): u64 {
    return load<u64>(hart, HART_SLICE_END) - <u64>(<i64>load<i32>(hart, HART_LEFT));
  }

  /** Sets the local clock of a hart that is between slices. */
  @inline static setClock(hart: u32, clock: u64): void {
    store<u64>(hart, clock, HART_SLICE_END);
    store<i32>(hart, 0, HART_LEFT);
  }

  /** Records an exception of the instruction at HART_PC. Returns false, so that callers can return it. */
  static raise(hart: u32, cause: u32, tval: u64): bool {
    store<u32>(hart, EXIT_EXCEPTION, HART_EXIT);
    store<u32>(hart, cause, HART_CAUSE);
    store<u64>(hart, tval, HART_TVAL);
    return false;
  }

  /** Gives the exception that was recorded another trap value. Returns false for callers to return. */
  static reportAddress(hart: u32, tval: u64): bool {
    store<u64>(hart, tval, HART_TVAL);
    return false;
  }

  /** Makes the hot loop stop after the instruction, for `reason` (EXIT_*). Returns false for callers to return. */
  static leave(hart: u32, nextPc: u64, reason: u32): bool {
    store<u64>(hart, nextPc, HART_PC);
    store<u32>(hart, reason, HART_EXIT);
    return false;
  }

  /** Ends a slow instruction of `length` bytes: true = go on with the next one, false = something needs attention. */
  @inline static finish(hart: u32, length: u64): bool {
    if (load<u32>(hart, HART_ATTENTION) == 0) return true;
    return Hart.leave(hart, load<u64>(hart, HART_PC) + length, EXIT_ATTENTION);
  }
}

export class Machine {
  @inline static hasUintc(): bool {
    return (load<u32>(MACHINE_BASE, MACHINE_FEATURES) & FEATURE_UINTC) != 0;
  }

  /** Fetches see stores without fence.i (code.ts). */
  @inline static fetchesSeeStores(): bool {
    return (load<u32>(MACHINE_BASE, MACHINE_FEATURES) & FEATURE_COHERENT_FETCH) != 0;
  }

  @inline static ramSize(): u64 {
    return load<u64>(MACHINE_BASE, MACHINE_RAM_SIZE);
  }

  /** Whether `bytes` bytes at a guest physical address lie in RAM. */
  @inline static inRam(physical: u64, bytes: u64): bool {
    const offset = physical - <u64>(<u32>RAM_PHYSICAL);
    const size = Machine.ramSize();
    return offset < size && bytes <= size - offset;
  }

  /** Memory address of a guest physical address that lies in RAM. */
  @inline static ramAddress(physical: u64): u32 {
    return <u32>physical - <u32>RAM_PHYSICAL + <u32>RAM_BASE;
  }
}
