// Marks: addresses whose execution the machine reports, such as a function's entry, without disturbing timing.
import * as S from "../core/state";
import { MachineError } from "./errors";
import { eventBase, type MarkEvent } from "./events";
import type { Hart, PrivilegeLevel } from "./hart";

/** Where to report. */
export interface Mark {
  /** What events call it. */
  name: string;
  /** Virtual address of an instruction. */
  address: bigint;
  /** Only in the address space with this satp. */
  satp?: bigint;
  /** Only in this mode. */
  privilege?: PrivilegeLevel;
}

/** The marks of a machine, and the table of their addresses in the core. */
export class Marks {
  private readonly byAddress = new Map<bigint, Set<Mark>>();

  /** @param changed called when code must be decoded anew */
  constructor(
    private readonly view: DataView,
    private readonly changed: () => void,
  ) {}

  /**
   * Adds a mark; returns a function that removes it.
   * @throws MachineError when there are MAX_MARKS marked addresses already
   */
  add(mark: Mark): () => void {
    const address = BigInt.asUintN(64, mark.address);
    const marks = this.byAddress.get(address) ?? new Set();
    if (marks.size === 0 && this.byAddress.size === S.MAX_MARKS)
      throw new MachineError(`${S.MAX_MARKS} addresses are marked already`, "remove marks you do not need");
    const own = { ...mark };
    this.byAddress.set(address, marks.add(own));
    if (marks.size === 1) this.publish();
    return () => {
      if (marks.delete(own) && marks.size === 0) {
        this.byAddress.delete(address);
        this.publish();
      }
    };
  }

  /** Tells the core which addresses are marked. */
  publish(): void {
    let entry = S.MACHINE_BASE + S.MACHINE_MARK_TABLE;
    for (const address of this.byAddress.keys()) {
      this.view.setBigUint64(entry, address, true);
      entry += 8;
    }
    this.view.setUint32(S.MACHINE_BASE + S.MACHINE_MARKS, this.byAddress.size, true);
    this.changed();
  }

  /** The events of a hart that is at a marked address. */
  eventsAt(hart: Hart, satp: bigint): MarkEvent[] {
    const base = eventBase(hart);
    return [...(this.byAddress.get(base.pc) ?? [])]
      .filter((mark) => mark.satp === undefined || mark.satp === satp)
      .filter((mark) => mark.privilege === undefined || mark.privilege === base.privilege)
      .map(({ name }) => ({ kind: "mark", ...base, name, address: base.pc, satp }));
  }
}
