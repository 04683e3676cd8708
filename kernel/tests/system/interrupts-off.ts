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
const WHOLE = 0xffffffff;
/** Instructions of the kernel's text that say what it does. */
const PATTERNS = {
  /** CSRRS with x0 from `sip`, whatever the destination: the kernel looks whether an interrupt waits. */
  look: { bits: (CSR_SIP << 20) | 0x2073, mask: 0xfffff07f },
  /** `wfi`: an idle hart waits, without the lock, for an interrupt, and goes on when there is one. */
  wait: { bits: 0x1050_0073, mask: WHOLE },
  /** `fence r,rw`: the first one after the entry ends the wait for the lock (kernel/assembly/lock.ts). */
  acquire: { bits: 0x0230_000f, mask: WHOLE },
  /** `pause`: the holder of the lock waits until another hart gives up a thread or registers (src/riscv/threads.ts). */
  pause: { bits: 0x0100_000f, mask: WHOLE },
} satisfies Record<string, Pattern>;
type PatternName = keyof typeof PATTERNS;
const WFI_LENGTH = 4n;
/** Instructions between two rounds of a loop with `pause`, at most. */
const PAUSE_ROUND = 16;
/** A symbol in the kernel's text. */
const TRAP_ENTRY = "trapEntry";

/** Virtual addresses of what the patterns name in the kernel's text. `image`: the kernel's ELF file, or one with it. */
export function findPlaces(image: Uint8Array): Record<PatternName, bigint[]> {
  const { segments, symbols } = readElf(image);
  const entry = symbols.find(({ name }) => name === TRAP_ENTRY)?.address ?? -1n;
  const text = segments.find(
    ({ address, bytes }) => address <= entry && entry < address + BigInt(bytes.length),
  );
  if (!text) throw new Error(`the image's ELF file lacks the kernel's symbol ${TRAP_ENTRY}`);
  const view = new DataView(text.bytes.buffer, text.bytes.byteOffset, text.bytes.length);
  const found: Record<PatternName, bigint[]> = { look: [], wait: [], acquire: [], pause: [] };
  const patterns = Object.entries(PATTERNS) as [PatternName, Pattern][];
  for (let at = 0; at + 4 <= text.bytes.length; at += 2) {
    const word = view.getInt32(at, true);
    for (const [name, { bits, mask }] of patterns)
      if ((word & mask) === bits) found[name].push(text.address + BigInt(at));
  }
  return found;
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
    const { look, wait, acquire, pause } = findPlaces(image);
    const reactions: [name: string, addresses: bigint[], react: (event: MarkEvent) => void][] = [
      ["look", look, (event) => this.look(event)],
      ["wait", wait, ({ hart, instructions }) => this.end(hart, instructions)],
      [
        "woken",
        wait.map((address) => address + WFI_LENGTH),
        ({ hart, instructions }) => this.begin(hart, instructions, this.causes.idle, alone),
      ],
    ];
    if (!alone)
      reactions.push(
        ["acquire", acquire, (event) => this.acquire(event)],
        ["pause", pause, (event) => this.pause(event)],
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
