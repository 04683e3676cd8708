// Harts as firmware sees them: the real view of registers over a memory block, CSRs in a map, no interpreter behind.
import * as S from "../../core/state";
import type { FirmwareHost } from "../board";
import { Hart } from "../hart";
import { FakeHost } from "./fake-host";

export class FakeHarts extends FakeHost implements FirmwareHost {
  readonly harts: readonly Hart[];
  /** CSRs as `hart:number`. */
  readonly csrs = new Map<string, bigint>();
  /** Fences in order, as `hart:translations` or `instructions`. */
  readonly fences: string[] = [];
  readonly printed: number[] = [];

  constructor(hartCount = 4) {
    super(hartCount);
    const view = new DataView(new ArrayBuffer(S.HARTS_BASE + hartCount * S.HART_SIZE));
    const word = (hart: number, offset: number): number => S.HARTS_BASE + hart * S.HART_SIZE + offset;
    const core = {
      readCsr: (hart: number, csr: number) => this.csrs.get(`${hart}:${csr}`) ?? 0n,
      writeCsr: (hart: number, csr: number, value: bigint) => void this.csrs.set(`${hart}:${csr}`, value),
      csrExists: () => 1,
      setPrivilege: (hart: number, privilege: number) =>
        view.setUint32(word(hart, S.HART_PRIVILEGE), privilege, true),
      setLine: (hart: number, bit: number, level: number) => this.setInterrupt(hart, bit, level !== 0),
      setRunState: (hart: number, state: number) => view.setUint32(word(hart, S.HART_RUN_STATE), state, true),
      flushTranslations: (hart: number) => void this.fences.push(`${hart}:translations`),
      fenceI: () => void this.fences.push("instructions"),
    };
    this.harts = Array.from({ length: hartCount }, (_, id) => new Hart(id, view, core));
  }

  consoleOutput(bytes: Uint8Array): void {
    this.printed.push(...bytes);
  }
}
