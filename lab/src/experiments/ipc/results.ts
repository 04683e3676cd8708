/** Looking things up among the rows of `rel4 lab ipc`. */
import type { Row } from "../../experiment";
import { PUBLISHED_IPC_CYCLES, publishedValue } from "../../published/platform-a";

/** The measured rows. */
export class IpcResults {
  constructor(readonly rows: readonly Row[]) {}

  /** The row of a mode; a synchronous mode has one, whatever the concurrency. */
  find(mode: string, concurrency: number, work = 0): Row | undefined {
    return this.rows.find(
      (row) =>
        row.mode === mode &&
        row.work === work &&
        (row.concurrency === concurrency || mode.startsWith("sync-")),
    );
  }

  /** Modes measured without server work, in the order of their measurement. */
  get modes(): string[] {
    return [...new Set(this.withoutWork.map(({ mode }) => mode))];
  }

  /** Concurrencies measured without server work, ascending. */
  get concurrencies(): number[] {
    return ascending(this.withoutWork.map(({ concurrency }) => concurrency!));
  }

  /** Amounts of server work and concurrencies measured with it. */
  get works(): number[] {
    return ascending(this.rows.map(({ work }) => work as number));
  }

  get workConcurrencies(): number[] {
    return ascending(this.rows.filter(({ work }) => work !== 0).map(({ concurrency }) => concurrency!));
  }

  /** Asynchronous rows of `mode` without work, at `least` calls in flight and more. */
  atLeast(mode: string, least: number): Row[] {
    return this.withoutWork.filter((row) => row.mode === mode && row.concurrency! >= least);
  }

  /** Cycles as a multiple of the same platform's synchronous fastpath. */
  ratio(mode: string, concurrency: number): number | undefined {
    const unit = this.find("sync-fastpath", 1)?.cyclesPerOp;
    const cycles = this.find(mode, concurrency)?.cyclesPerOp;
    return unit && cycles ? cycles / unit : undefined;
  }

  private get withoutWork(): Row[] {
    return this.rows.filter(({ work }) => work === 0);
  }
}

/** The published multiple of its own fastpath, or undefined. */
export function publishedRatio(mode: string, concurrency: number): number | undefined {
  const cycles = publishedValue(PUBLISHED_IPC_CYCLES, mode, concurrency);
  return cycles === null ? undefined : cycles / (PUBLISHED_IPC_CYCLES["sync-fastpath"] as number);
}

function ascending(values: number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
