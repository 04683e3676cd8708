// What a machine can report while it runs. Nobody listening costs the guest nothing: the core only calls back for kinds
// that have a listener. Listeners do not disturb timing: a run with them is the same run, cycle for cycle.
import * as S from "../core/state";
import { type Hart, Privilege, type PrivilegeLevel } from "./hart";

/** What every event says. */
export interface EventBase {
  hart: number;
  /** The hart's clock in cycles. */
  clock: bigint;
  /**
   * Instructions the hart has retired. Counts the `uipi send`, `sret`, `wfi` the event is about; not an instruction that
   * traps, nor the one a mark stands at.
   */
  instructions: bigint;
  /** The hart's mode; of a trap or return, the mode it leaves. */
  privilege: PrivilegeLevel;
  /** Virtual address of the instruction the event is about; of a wake-up, the next one. */
  pc: bigint;
}

/** A trap into M, S or (a delegated exception) U mode. pc is the trapped or interrupted instruction. */
export interface TrapEvent extends EventBase {
  kind: "trap";
  /** Exception or interrupt code. */
  cause: number;
  interrupt: boolean;
  trapValue: bigint;
  from: PrivilegeLevel;
  to: PrivilegeLevel;
}

/** An interrupt taken into U mode, the kernel not entered. pc is where user code was interrupted. */
export interface UserInterruptEvent extends EventBase {
  kind: "userInterrupt";
  cause: number;
}

/** A `uipi send` that reached a receiver entry. */
export interface UipiSendEvent extends EventBase {
  kind: "uipiSend";
  receiver: number;
  vector: number;
  /** Index in the sender's table. */
  senderIndex: number;
}

/** A return from a trap handler. */
export interface ReturnEvent extends EventBase {
  kind: "return";
  instruction: "mret" | "sret" | "uret";
  to: PrivilegeLevel;
  /** Virtual address it goes to. */
  target: bigint;
}

/** A hart begins to wait; a `wfi` or `wrs` that completes at once is none. */
export interface WaitEvent extends EventBase {
  kind: "wait";
  instruction: "wfi" | "wrs";
}

/** A waiting hart goes on. */
export interface WakeEvent extends EventBase {
  kind: "wake";
  instruction: "wfi" | "wrs";
  /** Cycles it waited. */
  waited: bigint;
}

/** A hart is about to execute the instruction at a marked address. */
export interface MarkEvent extends EventBase {
  kind: "mark";
  name: string;
  /** The same as pc. */
  address: bigint;
  satp: bigint;
}

/** A load or store that reached a device, or should have. */
export interface DeviceEvent extends EventBase {
  kind: "device";
  /** The device's name; undefined when there is none at the address. */
  device: string | undefined;
  /** Physical address. */
  address: number;
  /** Width of the access: 1, 2, 4 or 8. */
  bytes: number;
  write: boolean;
  /** What was read or written, unsigned. */
  value: bigint;
  /** The access faulted. */
  refused: boolean;
}

export type MachineEvent =
  | TrapEvent
  | UserInterruptEvent
  | UipiSendEvent
  | ReturnEvent
  | WaitEvent
  | WakeEvent
  | MarkEvent
  | DeviceEvent;
export type EventKind = MachineEvent["kind"];
export type EventListener<K extends EventKind> = (event: Extract<MachineEvent, { kind: K }>) => void;
/** What the core says of an event: its four words (core/state.ts, EVENT_*). */
export type EventWords = readonly [bigint, bigint, bigint, bigint];

const KIND_NUMBERS: Record<EventKind, number> = {
  trap: S.EVENT_TRAP,
  userInterrupt: S.EVENT_USER_INTERRUPT,
  uipiSend: S.EVENT_UIPI_SEND,
  return: S.EVENT_RETURN,
  wait: S.EVENT_WAIT,
  wake: S.EVENT_WAKE,
  mark: S.EVENT_MARK,
  device: S.EVENT_DEVICE,
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

  /** Does anybody want events of a kind? */
  wants(kind: EventKind): boolean {
    return (this.listeners.get(kind)?.size ?? 0) > 0;
  }

  /** Gives an event to the listeners of its kind. */
  emit(event: MachineEvent): void {
    for (const listener of this.listeners.get(event.kind) ?? [])
      (listener as (e: MachineEvent) => void)(event);
  }

  private updateMask(): void {
    this.setMask(this.mask);
  }
}

/** What every event of a hart says at present. */
export function eventBase(hart: Hart): EventBase {
  const { id, clock, instructions, privilege, pc } = hart;
  return { hart: id, clock, instructions, privilege, pc };
}

/** The event the core reported (of every kind but marks, which src/marks.ts knows, and device accesses). */
export function decodeEvent(kind: number, hart: Hart, words: EventWords): MachineEvent {
  const base = eventBase(hart);
  const [a, b, c] = words.map((word) => BigInt.asUintN(64, word)) as [bigint, bigint, bigint];
  switch (kind) {
    case S.EVENT_UIPI_SEND:
      return { kind: "uipiSend", ...base, receiver: Number(a), vector: Number(b), senderIndex: Number(c) };
    case S.EVENT_RETURN:
      return {
        kind: "return",
        ...base,
        instruction: returnName(a),
        target: b,
        to: Number(c) as PrivilegeLevel,
      };
    case S.EVENT_WAIT:
      return { kind: "wait", ...base, instruction: waitName(a) };
    case S.EVENT_WAKE:
      return { kind: "wake", ...base, instruction: waitName(a), waited: b };
    case S.EVENT_USER_INTERRUPT:
      return { kind: "userInterrupt", ...base, cause: causeCode(a) };
    default:
      return decodeTrap(base, words);
  }
}

function decodeTrap(base: EventBase, [cause, , trapValue, modes]: EventWords): TrapEvent {
  return {
    kind: "trap",
    ...base,
    cause: causeCode(cause),
    interrupt: cause < 0n,
    trapValue: BigInt.asUintN(64, trapValue),
    from: Number(modes >> 4n) as PrivilegeLevel,
    to: Number(modes & 15n) as PrivilegeLevel,
  };
}

/** A cause without its interrupt flag, bit 63. */
function causeCode(cause: bigint): number {
  return Number(BigInt.asUintN(63, cause));
}

function returnName(mode: bigint): ReturnEvent["instruction"] {
  if (mode === BigInt(Privilege.user)) return "uret";
  return mode === BigInt(Privilege.supervisor) ? "sret" : "mret";
}

function waitName(instruction: bigint): WaitEvent["instruction"] {
  return instruction === BigInt(S.WAIT_WFI) ? "wfi" : "wrs";
}
