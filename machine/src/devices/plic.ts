// Platform-level interrupt controller. (RISC-V PLIC Specification 1.0; numbering as on QEMU's virt board, with contexts
// for user mode as in plic-contexts.ts.)
//
// A source's gateway lets one request through: it becomes pending when its line is high, stays so even if the line falls, and
// the line is looked at again only after the request was claimed and completed. An edge-triggered source then also needs that the
// line has risen since its last request; a rise while that is in service counts, unless the line has fallen again.
import { type Device, type DeviceHost, InterruptBit } from "../device";
import { PLIC, PLIC_SOURCES } from "./addresses";
import { type ContextMode, type PlicContext, type PlicUserContexts, plicContexts } from "./plic-contexts";
import { readWords, writeWords } from "./register-access";

// Register offsets in bytes (sections 3 to 9 of the specification).
/** One word per source. */
const PRIORITY = 0x0;
/** One bit per source. */
const PENDING = 0x1000;
/** One bit per source, ENABLE_STRIDE bytes per context. */
const ENABLE = 0x2000;
const ENABLE_STRIDE = 0x80;
const ENABLE_END = 0x20_0000;
/** A page per context: threshold at 0, claim and complete at 4. */
const CONTEXT = 0x20_0000;
const CONTEXT_STRIDE = 0x1000;
const CLAIM = 4;

/** Priorities and thresholds have three bits; priority 0 never interrupts. */
const PRIORITY_MASK = 7;
const WORDS = PLIC_SOURCES / 32;

const LINE: Record<ContextMode, number> = {
  M: InterruptBit.machineExternal,
  S: InterruptBit.supervisorExternal,
  U: InterruptBit.userExternal,
};

/** The interrupt controller between devices and harts. */
export class Plic implements Device {
  readonly name = "plic";
  readonly base = PLIC.base;
  readonly size = PLIC.size;
  private readonly contexts: readonly PlicContext[];
  private readonly lines = new Uint32Array(WORDS);
  private readonly pending = new Uint32Array(WORDS);
  private readonly inService = new Uint32Array(WORDS);
  private readonly edgeTriggered = new Uint32Array(WORDS);
  /** The lines that have risen since their source's last request. */
  private readonly risen = new Uint32Array(WORDS);
  private readonly priorities = new Uint8Array(PLIC_SOURCES);
  private readonly enables: Uint32Array[];
  private readonly thresholds: Uint8Array;
  private readonly outputs: boolean[];

  /** @param edgeTriggered the sources that are; all others are level-triggered */
  constructor(
    private readonly host: Pick<DeviceHost, "hartCount" | "setInterrupt">,
    userContexts: PlicUserContexts,
    edgeTriggered: readonly number[] = [],
  ) {
    for (const source of edgeTriggered) setBit(this.edgeTriggered, source, true);
    this.contexts = plicContexts(host.hartCount, userContexts);
    this.enables = this.contexts.map(() => new Uint32Array(WORDS));
    this.thresholds = new Uint8Array(this.contexts.length);
    this.outputs = this.contexts.map(() => false);
  }

  /** The level of a device's interrupt line; `source` is 1 to 95. */
  setLine(source: number, level: boolean): void {
    if (bit(this.lines, source) === level) return;
    setBit(this.lines, source, level);
    if (level) setBit(this.risen, source, true);
    this.passGateway(source);
    this.updateOutputs();
  }

  read(offset: number, bytes: number): bigint {
    return readWords(offset, bytes, (word) => this.readWord(word));
  }

  write(offset: number, bytes: number, value: bigint): void {
    writeWords(offset, bytes, value, (word, low) => this.writeWord(word, low));
  }

  /** Would a request of `source` interrupt some hart now? */
  reachesHart(source: number): boolean {
    const priority = this.priorities[source]!;
    return (
      !bit(this.inService, source) &&
      this.contexts.some(
        (_, context) => bit(this.enables[context]!, source) && priority > this.thresholds[context]!,
      )
    );
  }

  private readWord(offset: number): number {
    if (offset < PENDING) return this.priorities[(offset - PRIORITY) / 4] ?? 0;
    if (offset < ENABLE) return this.pending[(offset - PENDING) / 4] ?? 0;
    if (offset < ENABLE_END) {
      const { context, rest } = locate(offset - ENABLE, ENABLE_STRIDE);
      return this.enables[context]?.[rest / 4] ?? 0;
    }
    const { context, rest } = locate(offset - CONTEXT, CONTEXT_STRIDE);
    if (rest === 0) return this.thresholds[context] ?? 0;
    return rest === CLAIM && context < this.contexts.length ? this.claim(context) : 0;
  }

  private writeWord(offset: number, value: number): void {
    if (offset < PENDING) {
      const source = (offset - PRIORITY) / 4;
      if (source > 0 && source < PLIC_SOURCES) this.priorities[source] = value & PRIORITY_MASK;
    } else if (offset >= ENABLE && offset < ENABLE_END) {
      const { context, rest } = locate(offset - ENABLE, ENABLE_STRIDE);
      const enable = this.enables[context];
      // Source 0 does not exist, so its enable bit is wired to zero.
      if (enable && rest / 4 < WORDS) enable[rest / 4] = rest === 0 ? value & ~1 : value;
    } else if (offset >= CONTEXT) {
      const { context, rest } = locate(offset - CONTEXT, CONTEXT_STRIDE);
      if (context >= this.contexts.length) return;
      if (rest === 0) this.thresholds[context] = value & PRIORITY_MASK;
      else if (rest === CLAIM) this.complete(context, value);
    }
    this.updateOutputs();
  }

  /** Section 9: the threshold does not matter to a claim, so that a context may poll. */
  private claim(context: number): number {
    const source = this.best(context, 0);
    if (source === 0) return 0;
    setBit(this.pending, source, false);
    setBit(this.inService, source, true);
    this.updateOutputs();
    return source;
  }

  /** Section 10: ignored unless the source is enabled for this context; which context claimed it does not matter. */
  private complete(context: number, source: number): void {
    if (source === 0 || source >= PLIC_SOURCES || !bit(this.enables[context]!, source)) return;
    setBit(this.inService, source, false);
    this.passGateway(source);
  }

  private passGateway(source: number): void {
    if (!bit(this.lines, source) || bit(this.inService, source)) return;
    if (bit(this.edgeTriggered, source) && !bit(this.risen, source)) return;
    setBit(this.risen, source, false);
    setBit(this.pending, source, true);
  }

  private updateOutputs(): void {
    this.contexts.forEach(({ hart, mode }, context) => {
      const level = this.best(context, this.thresholds[context]!) !== 0;
      if (level === this.outputs[context]) return;
      this.outputs[context] = level;
      this.host.setInterrupt(hart, LINE[mode], level);
    });
  }

  /** The pending, enabled source of the highest priority above `threshold`, the lowest number first; 0 = none. */
  private best(context: number, threshold: number): number {
    let best = 0;
    let bestPriority = threshold;
    for (let word = 0; word < WORDS; word++) {
      let candidates = this.pending[word]! & this.enables[context]![word]!;
      while (candidates !== 0) {
        const source = word * 32 + 31 - Math.clz32(candidates & -candidates);
        if (this.priorities[source]! > bestPriority) {
          best = source;
          bestPriority = this.priorities[source]!;
        }
        candidates &= candidates - 1;
      }
    }
    return best;
  }
}

function locate(offset: number, stride: number): { context: number; rest: number } {
  return { context: Math.floor(offset / stride), rest: offset % stride };
}

function bit(words: Uint32Array, index: number): boolean {
  return ((words[index >> 5]! >>> (index & 31)) & 1) === 1;
}

function setBit(words: Uint32Array, index: number, value: boolean): void {
  const mask = 1 << (index & 31);
  if (value) words[index >> 5]! |= mask;
  else words[index >> 5]! &= ~mask;
}
