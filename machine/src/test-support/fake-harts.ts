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
  private readonly view: DataView;

  constructor(hartCount = 4) {
    super(hartCount);
    const view = new DataView(new ArrayBuffer(S.HARTS_BASE + hartCount * S.HART_SIZE));
    this.view = view;
    const core = {
      readCsr: (hart: number, csr: number) => this.csrs.get(`${hart}:${csr}`) ?? 0n,
      writeCsr: (hart: number, csr: number, value: bigint) => void this.csrs.set(`${hart}:${csr}`, value),
      csrExists: () => 1,
      setPrivilege: (hart: number, privilege: number) =>
        view.setUint32(field(hart, S.HART_PRIVILEGE), privilege, true),
      setLine: (hart: number, bit: number, level: number) => this.setInterrupt(hart, bit, level !== 0),
      setRunState: (hart: number, state: number) =>
        view.setUint32(field(hart, S.HART_RUN_STATE), state, true),
      flushTranslations: (hart: number) => void this.fences.push(`${hart}:translations`),
      fenceI: () => void this.fences.push("instructions"),
    };
    this.harts = Array.from({ length: hartCount }, (_, id) => new Hart(id, view, core));
  }

  /** Ends a hart's wait, as an interrupt would. */
  wake(hart: number): void {
    this.view.setUint32(field(hart, S.HART_RUN_STATE), S.RUN_RUNNING, true);
  }

  /** Lets a hart execute some instructions, a cycle each. */
  retire(hart: number, instructions: number): void {
    const end = this.view.getBigUint64(field(hart, S.HART_SLICE_END), true);
    this.view.setBigUint64(field(hart, S.HART_SLICE_END), end + BigInt(instructions), true);
  }

  consoleOutput(bytes: Uint8Array): void {
    this.printed.push(...bytes);
  }
}

function field(hart: number, offset: number): number {
  return S.HARTS_BASE + hart * S.HART_SIZE + offset;
}
