// What a machine can report while it runs. Nobody listening costs the guest nothing: the core only calls back for kinds
// that have a listener.
import * as S from "../core/state";
import type { PrivilegeLevel } from "./hart";

/** A trap into M, S or (a delegated exception) U mode. */
export interface TrapEvent {
  kind: "trap";
  hart: number;
  /** Exception or interrupt code. */
  cause: number;
  interrupt: boolean;
  /** Virtual address of the trapped instruction. */
  pc: bigint;
  trapValue: bigint;
  from: PrivilegeLevel;
  to: PrivilegeLevel;
  /** The hart's clock in cycles. */
  clock: bigint;
}

/** An interrupt taken into U mode, the kernel not entered. */
export interface UserInterruptEvent {
  kind: "userInterrupt";
  hart: number;
  cause: number;
  /** Where user code was interrupted. */
  pc: bigint;
  clock: bigint;
}

/** A `uipi send` that reached a receiver entry. */
export interface UipiSendEvent {
  kind: "uipiSend";
  hart: number;
  receiver: number;
  vector: number;
  /** Index in the sender's table. */
  senderIndex: number;
  clock: bigint;
}

export type MachineEvent = TrapEvent | UserInterruptEvent | UipiSendEvent;
export type EventKind = MachineEvent["kind"];
export type EventListener<K extends EventKind> = (event: Extract<MachineEvent, { kind: K }>) => void;

const KIND_NUMBERS: Record<EventKind, number> = {
  trap: S.EVENT_TRAP,
  userInterrupt: S.EVENT_USER_INTERRUPT,
  uipiSend: S.EVENT_UIPI_SEND,
};

/** Listeners by kind, and the mask that tells the core which kinds anybody wants. */
export class EventHub {
  private readonly listeners = new Map<EventKind, Set<(event: never) => void>>();

  /** @param setMask called whenever the mask changes */
  constructor(private readonly setMask: (mask: number) => void) {}

  /** Adds a listener; returns a function that removes it. */
  add<K extends EventKind>(kind: K, listener: EventListener<K>): () => void {
    const set = this.listeners.get(kind) ?? new Set();
    this.listeners.set(kind, set);
    set.add(listener as (event: never) => void);
    this.updateMask();
    return () => {
      set.delete(listener as (event: never) => void);
      this.updateMask();
    };
  }

  /** Bit per kind that has listeners. */
  get mask(): number {
    let mask = 0;
    for (const [kind, set] of this.listeners) if (set.size > 0) mask |= 1 << KIND_NUMBERS[kind];
    return mask;
  }

  /** Builds the event the core reported and gives it to its listeners. */
  report(kind: number, hart: number, words: readonly [bigint, bigint, bigint, bigint], clock: bigint): void {
    const event = decodeEvent(kind, hart, words, clock);
    for (const listener of this.listeners.get(event.kind) ?? [])
      (listener as (e: MachineEvent) => void)(event);
  }

  private updateMask(): void {
    this.setMask(this.mask);
  }
}

function decodeEvent(
  kind: number,
  hart: number,
  [a, b, c, d]: readonly [bigint, bigint, bigint, bigint],
  clock: bigint,
): MachineEvent {
  if (kind === S.EVENT_UIPI_SEND)
    return {
      kind: "uipiSend",
      hart,
      receiver: Number(BigInt.asUintN(64, a)),
      vector: Number(BigInt.asUintN(64, b)),
      senderIndex: Number(BigInt.asUintN(64, c)),
      clock,
    };
  const cause = Number(BigInt.asUintN(63, a));
  const pc = BigInt.asUintN(64, b);
  if (kind === S.EVENT_USER_INTERRUPT) return { kind: "userInterrupt", hart, cause, pc, clock };
  const modes = Number(d);
  return {
    kind: "trap",
    hart,
    cause,
    interrupt: BigInt.asUintN(64, a) >> 63n === 1n,
    pc,
    trapValue: BigInt.asUintN(64, c),
    from: (modes >> 4) as PrivilegeLevel,
    to: (modes & 15) as PrivilegeLevel,
    clock,
  };
}
