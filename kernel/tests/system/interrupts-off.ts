/**
 * How long the kernel keeps interrupts waiting: from a hart's entry into the kernel, or from the last time it looked whether
 * one waits, until it looks again or leaves. Seen from the machine, which reports both without disturbing the guest.
 */

import { readElf } from "@rel4/compiler";
import { type Hart, type Machine, Privilege } from "@rel4/machine";
import * as labels from "../../../abi/src/labels";

const CSR_SIP = 0x144;
/** `csrr rd, csr`: CSRRS with x0, without the destination. */
const CSRR = 0x2073;
const CSRR_MASK = 0xfffff07f;
const CAUSE_USER_ECALL = 8;
const [A1, A7] = [11, 17];
const LABEL_SHIFT = 12n;

/** Virtual addresses of the instructions that read `sip`: there the kernel looks whether an interrupt waits. */
export function addressesOfLooks(kernelElf: Uint8Array): bigint[] {
  const pattern = ((CSR_SIP << 20) | CSRR) >>> 0;
  return readElf(kernelElf)
    .segments.filter(({ executable }) => executable)
    .flatMap(({ address, bytes }) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const found: bigint[] = [];
      for (let at = 0; at + 4 <= bytes.length; at += 2)
        if ((view.getUint32(at, true) & CSRR_MASK) >>> 0 === pattern) found.push(address + BigInt(at));
      return found;
    });
}

const LABELS = new Map(
  Object.entries(labels).flatMap(([name, label]) =>
    /^(ASYNC|INVALID)_/.test(name) ? [] : [[label, name] as const],
  ),
);

/** A stretch with interrupts off. */
interface Stretch {
  from: bigint;
  /** What the hart entered the kernel for. */
  cause: string;
}

export class InterruptsOff {
  /** The longest stretch in instructions, by cause. */
  readonly longest = new Map<string, number>();
  private readonly current = new Map<number, Stretch>();

  constructor(machine: Machine, kernelElf: Uint8Array) {
    machine.onEvent("trap", (event) => {
      if (event.from !== Privilege.user || event.to !== Privilege.supervisor) return;
      const cause = causeOf(machine.harts[event.hart]!, event.cause, event.interrupt);
      this.current.set(event.hart, { from: event.instructions, cause });
    });
    machine.onEvent("return", ({ hart, instructions, to }) => {
      if (to !== Privilege.user) return;
      this.end(hart, instructions);
      this.current.delete(hart);
    });
    machine.onEvent("wait", ({ hart, instructions }) => this.end(hart, instructions));
    machine.onEvent("wake", ({ hart, instructions }) =>
      this.current.set(hart, { from: instructions, cause: "an idle hart wakes up" }),
    );
    for (const address of addressesOfLooks(kernelElf)) machine.mark({ name: "look", address });
    machine.onEvent("mark", ({ hart, instructions }) => {
      const stretch = this.current.get(hart);
      if (!stretch) return;
      this.end(hart, instructions);
      stretch.from = instructions;
    });
  }

  /** The longest stretch of all. */
  get most(): number {
    return Math.max(...this.longest.values());
  }

  /** The longest ones, in words. */
  describe(count: number): string {
    return [...this.longest]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([cause, length]) => `${length} ${cause}`)
      .join(", ");
  }

  private end(hart: number, instructions: bigint): void {
    const stretch = this.current.get(hart);
    if (!stretch) return;
    const length = Number(instructions - stretch.from);
    if (length > (this.longest.get(stretch.cause) ?? 0)) this.longest.set(stretch.cause, length);
  }
}

function causeOf(hart: Hart, cause: number, interrupt: boolean): string {
  if (interrupt) return `interrupt ${cause}`;
  if (cause !== CAUSE_USER_ECALL) return `exception ${cause}`;
  const call = BigInt.asIntN(64, hart.x(A7));
  if (call !== -1n) return `system call ${call}`;
  const label = Number(hart.x(A1) >> LABEL_SHIFT);
  return LABELS.get(label) ?? `a Call with label ${label}`;
}
