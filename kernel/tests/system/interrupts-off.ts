/**
 * How long the kernel keeps interrupts waiting: from a hart's entry into the kernel, or from the last time it looked whether
 * one waits, until it looks again or leaves. Seen from the machine, which reports both without disturbing the guest.
 *
 * With several harts a stretch begins with the wait for the kernel lock, which is the other harts' doing; it is told apart.
 */

import { readElf } from "@rel4/compiler";
import { type Machine, type MarkEvent, Privilege } from "@rel4/machine";
import { type EntryCause, EntryCauses } from "./entry-causes";

/** A 32-bit instruction, and which of its bits must be so. */
interface Pattern {
  bits: number;
  mask: number;
}

const CSR_SIP = 0x144;
/** CSRRS with x0 from `sip`, whatever the destination: the kernel looks whether an interrupt waits. */
const READ_SIP: Pattern = { bits: (CSR_SIP << 20) | 0x2073, mask: 0xfffff07f };
const WHOLE = 0xffffffff;
/** `wfi`: an idle hart waits, without the lock, for an interrupt, and goes on when there is one. */
const WFI: Pattern = { bits: 0x1050_0073, mask: WHOLE };
/** `fence r,rw`: the first one after the entry ends the wait for the lock (kernel/assembly/lock.ts). */
const ACQUIRE: Pattern = { bits: 0x0230_000f, mask: WHOLE };
/** `pause`: the holder of the lock waits until another hart gives up a thread or registers (src/riscv/threads.ts). */
const PAUSE: Pattern = { bits: 0x0100_000f, mask: WHOLE };
const WFI_LENGTH = 4n;
/** Instructions between two rounds of a loop with `pause`, at most. */
const PAUSE_ROUND = 16;
/** The kernel's own symbol in its text. */
const TRAP_ENTRY = "trapEntry";

/** Virtual addresses of the instructions of the kernel's text that match. `image`: the kernel's ELF file, or one with it. */
function find(image: Uint8Array, { bits, mask }: Pattern): bigint[] {
  const { segments, symbols } = readElf(image);
  const entry = symbols.find(({ name }) => name === TRAP_ENTRY)?.address;
  const text = segments.find(
    ({ address, bytes }) => entry !== undefined && address <= entry && entry < address + BigInt(bytes.length),
  );
  if (!text) throw new Error(`the image's ELF file lacks the kernel's symbol ${TRAP_ENTRY}`);
  const view = new DataView(text.bytes.buffer, text.bytes.byteOffset, text.bytes.length);
  const found: bigint[] = [];
  for (let at = 0; at + 4 <= text.bytes.length; at += 2)
    if ((view.getUint32(at, true) & mask) >>> 0 === bits >>> 0) found.push(text.address + BigInt(at));
  return found;
}

/** Virtual addresses of the instructions that read `sip`: there the kernel looks whether an interrupt waits. */
export function addressesOfLooks(image: Uint8Array): bigint[] {
  return find(image, READ_SIP);
}

/** Instructions of a stretch with interrupts off, and what its hart entered the kernel for. */
export interface Stretch {
  instructions: number;
  cause: EntryCause;
}

/** A stretch that has not ended yet. Counts are of the hart's retired instructions. */
interface Current {
  cause: EntryCause;
  from: number;
  /** When the lock was taken; undefined: the hart waits for it. */
  held: number | undefined;
  /** First and last round of waiting for another hart. */
  pausedFrom: number;
  pausedLast: number;
}

export class InterruptsOff {
  /** The longest stretches by cause, without the wait for the lock. With one hart there is none. */
  readonly own = new Map<EntryCause, number>();
  /** The longest stretches by cause, with the wait for the lock. */
  readonly whole = new Map<EntryCause, number>();
  /** The longest wait of the lock's holder for another hart. */
  longestStall = 0;
  private readonly current: (Current | undefined)[];
  private readonly causes: EntryCauses;

  /**
   * Listens from now on.
   * @param image the ELF file that runs, with the kernel in it
   * @param smp whether the kernel was built with it
   */
  constructor(machine: Machine, image: Uint8Array, smp = true) {
    this.current = machine.harts.map(() => undefined);
    this.causes = new EntryCauses(smp);
    const alone = machine.harts.length === 1;
    machine.onEvent("trap", (event) => {
      if (event.from !== Privilege.user || event.to !== Privilege.supervisor) return;
      this.begin(event.hart, event.instructions, this.causes.of(machine.harts[event.hart]!, event), alone);
    });
    machine.onEvent("return", ({ hart, instructions, to }) => {
      if (to !== Privilege.user) return;
      this.end(hart, instructions);
      this.current[hart] = undefined;
    });
    const reactions: [name: string, addresses: bigint[], react: (event: MarkEvent) => void][] = [
      ["look", addressesOfLooks(image), (event) => this.look(event)],
      ["wait", find(image, WFI), ({ hart, instructions }) => this.end(hart, instructions)],
      [
        "woken",
        find(image, WFI).map((address) => address + WFI_LENGTH),
        ({ hart, instructions }) => this.begin(hart, instructions, this.causes.idle, alone),
      ],
    ];
    if (!alone)
      reactions.push(
        ["acquire", find(image, ACQUIRE), (event) => this.acquire(event)],
        ["pause", find(image, PAUSE), (event) => this.pause(event)],
      );
    for (const [name, addresses] of reactions)
      for (const address of addresses) machine.mark({ name, address, privilege: Privilege.supervisor });
    const react = new Map(reactions.map(([name, , reaction]) => [name, reaction]));
    machine.onEvent("mark", (event) => react.get(event.name)?.(event));
  }

  private begin(hart: number, instructions: bigint, cause: EntryCause, alone: boolean): void {
    const from = Number(instructions);
    this.current[hart] = {
      cause,
      from,
      held: alone ? from : undefined,
      pausedFrom: from,
      pausedLast: -PAUSE_ROUND,
    };
  }

  /** The hart leaves the kernel, waits, or looks. */
  private end(hart: number, instructions: bigint): void {
    const stretch = this.current[hart];
    if (!stretch) return;
    const { cause, from, held } = stretch;
    const now = Number(instructions);
    if (now - from > (this.whole.get(cause) ?? 0)) this.whole.set(cause, now - from);
    const own = now - (held ?? from);
    if (own > (this.own.get(cause) ?? 0)) this.own.set(cause, own);
  }

  private look({ hart, instructions }: MarkEvent): void {
    const stretch = this.current[hart];
    if (!stretch) return;
    this.end(hart, instructions);
    stretch.from = Number(instructions);
    stretch.held = stretch.from;
  }

  private acquire({ hart, instructions }: MarkEvent): void {
    const stretch = this.current[hart];
    if (stretch) stretch.held ??= Number(instructions);
  }

  private pause({ hart, instructions }: MarkEvent): void {
    const stretch = this.current[hart];
    if (!stretch) return;
    const now = Number(instructions);
    if (now - stretch.pausedLast > PAUSE_ROUND) stretch.pausedFrom = now;
    stretch.pausedLast = now;
    this.longestStall = Math.max(this.longestStall, now - stretch.pausedFrom);
  }
}
