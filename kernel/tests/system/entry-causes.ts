/** What a hart enters the kernel for, in words: an interrupt, an exception, a system call, or the invocation that a call asks for. */

import type { Hart, TrapEvent } from "@rel4/machine";
import { SMP } from "../../../abi/src/config";
import * as labels from "../../../abi/src/labels";
import * as syscalls from "../../../abi/src/syscalls";

const CAUSE_USER_ECALL = 8;
const [A1, A7] = [11, 17];
const LABEL_SHIFT = 12n;
const SENDS: readonly number[] = [syscalls.SYS_CALL, syscalls.SYS_SEND, syscalls.SYS_NB_SEND];
/** From here on labels do not depend on SMP. */
const OWN_LABELS = 128;

/** A way into the kernel. */
export interface EntryCause {
  name: string;
  /** How long it takes is documented to have no bound (docs/kernel.md, “Interrupt latency”). */
  unbounded: boolean;
}

/** Names of labels in a kernel with or without SMP, which inserts TCBSetAffinity. */
function labelNames(smp: boolean): Map<number, string> {
  const shift = SMP - Number(smp);
  return new Map(
    Object.entries(labels)
      .filter(([name]) => !/^(ASYNC|INVALID)_/.test(name) && (smp || name !== "TCB_SET_AFFINITY"))
      .map(([name, label]) => [
        label > labels.TCB_SET_AFFINITY && label < OWN_LABELS ? label - shift : label,
        name,
      ]),
  );
}

const SYSCALL_NAMES = new Map(
  Object.entries(syscalls).flatMap(([name, number]) =>
    name.startsWith("SYS_") ? [[Number(number), name] as const] : [],
  ),
);

/** The causes of one kernel's entries. Each is one object, however often it happens. */
export class EntryCauses {
  /** A hart that waited without the kernel lock goes on. */
  readonly idle: EntryCause = { name: "an idle hart wakes up", unbounded: false };
  private readonly labels: ReadonlyMap<number, string>;
  private readonly traps = new Map<number, EntryCause>();
  private readonly syscalls = new Map<number, EntryCause>();
  private readonly invocations = new Map<number, EntryCause>();

  /** @param smp whether the kernel was built with it */
  constructor(smp: boolean) {
    this.labels = labelNames(smp);
  }

  /** Why a hart that is about to enter the kernel does so. */
  of(hart: Hart, { cause, interrupt }: TrapEvent): EntryCause {
    if (interrupt) return kept(this.traps, -1 - cause, () => bounded(`interrupt ${cause}`));
    if (cause !== CAUSE_USER_ECALL) return kept(this.traps, cause, () => bounded(`exception ${cause}`));
    const call = Number(BigInt.asIntN(64, hart.x(A7)));
    if (!SENDS.includes(call)) return kept(this.syscalls, call, () => systemCall(call));
    const label = Number(hart.x(A1) >> LABEL_SHIFT);
    return kept(this.invocations, label, () => this.invocation(label));
  }

  /** An endpoint's message may have the same label; how long it takes does not depend on it. */
  private invocation(label: number): EntryCause {
    const name = this.labels.get(label);
    if (name === undefined) return bounded(`a message with label ${label}`);
    return { name, unbounded: name === "CNODE_CANCEL_BADGED_SENDS" };
  }
}

function systemCall(call: number): EntryCause {
  const name = SYSCALL_NAMES.get(call) ?? `system call ${call}`;
  return { name, unbounded: name.startsWith("SYS_DEBUG_") };
}

function bounded(name: string): EntryCause {
  return { name, unbounded: false };
}

function kept(causes: Map<number, EntryCause>, key: number, make: () => EntryCause): EntryCause {
  const known = causes.get(key);
  if (known) return known;
  const cause = make();
  causes.set(key, cause);
  return cause;
}
