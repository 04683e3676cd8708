// Tells where two runs of a privileged program differ: the first step, its records on both sides, and its code.
import { LOG_END } from "./harness";
import * as at from "./layout";
import type { Step } from "./step-maker";

const RECORD = at.RECORD_WORDS * 8;
const WRITERS = new Map<bigint, string>([
  [at.WRITER.machineTrap, "M: cause, epc, value, mstatus, mip, scause, satp"],
  [at.WRITER.supervisorTrap, "S: cause, epc, value, sstatus, sip, sie, a7"],
  [at.WRITER.end, "end: sstatus, mie, mip, scause, sepc, stval, satp"],
  [at.WRITER.registers, "registers"],
]);
/** Behind the record of a step's end, so many hold its registers. */
const REGISTER_RECORDS = 5;

/** @param ours, theirs memory from RAM's beginning on */
export function describeDifference(
  steps: readonly Step[],
  ours: Uint8Array,
  theirs: Uint8Array,
): string | null {
  const first = firstDifference(ours, theirs, at.LOG - at.RAM, at.LOG - at.RAM + at.LOG_SIZE);
  if (first !== null) return describeStep(steps, ours, theirs, first);
  const other = firstDifference(ours, theirs, 0, ours.length);
  if (other === null) return null;
  return `memory at 0x${(at.RAM + other).toString(16)}: ours ${word(ours, other)}, QEMU ${word(theirs, other)}`;
}

/** Offset of the first 64-bit word that differs. */
function firstDifference(ours: Uint8Array, theirs: Uint8Array, from: number, to: number): number | null {
  if (Buffer.compare(ours.subarray(from, to), theirs.subarray(from, to)) === 0) return null;
  let offset = from;
  while (ours[offset] === theirs[offset]) offset++;
  return offset - (offset % 8);
}

function describeStep(
  steps: readonly Step[],
  ours: Uint8Array,
  theirs: Uint8Array,
  difference: number,
): string {
  const ends = stepEnds(ours);
  const step = ends.findIndex((end) => difference < end);
  if (step < 0) return `${ends.length} steps here are done; the log of QEMU is longer`;
  const start = ends[step - 1] ?? at.LOG - at.RAM;
  const { mode, notes, csrs, registers, code } = steps[step]!;
  const lines = [`step ${step} in ${mode} mode: ${notes.join("; ")}`];
  lines.push(
    `CSRs ${Object.entries(csrs)
      .map(([name, value]) => `${name}=${value.toString(16)}`)
      .join(" ")}`,
  );
  lines.push(`code ${code.map((instruction) => (instruction >>> 0).toString(16)).join(" ")}`);
  lines.push(
    `registers ${registers.map((value, index) => (value === 0n ? "" : `x${index + 1}=${value.toString(16)} `)).join("")}`,
  );
  const end = Math.max(difference + RECORD, start + RECORD);
  for (let offset = start; offset < end; offset += RECORD) {
    const [left, right] = [record(ours, offset), record(theirs, offset)];
    if (left === right) lines.push(`both ${left}`);
    else lines.push(`ours ${left}`, `QEMU ${right}`);
  }
  lines.push(`${logged(ours)} and ${logged(theirs)} records`);
  return lines.join("\n");
}

/** How many steps of a program have come to their end. */
export function stepsDone(memory: Uint8Array): number {
  return stepEnds(memory).length;
}

/** Offsets behind the last record of each step. */
function stepEnds(memory: Uint8Array): number[] {
  const ends: number[] = [];
  const end = at.LOG - at.RAM + logged(memory) * RECORD;
  for (let offset = at.LOG - at.RAM; offset < end; offset += RECORD)
    if (view(memory).getBigUint64(offset, true) === at.WRITER.end)
      ends.push(offset + RECORD * (1 + REGISTER_RECORDS));
  return ends;
}

function logged(memory: Uint8Array): number {
  return Number(view(memory).getBigUint64(LOG_END - at.RAM, true) - BigInt(at.LOG)) / RECORD;
}

function record(memory: Uint8Array, offset: number): string {
  const words = Array.from({ length: at.RECORD_WORDS - 1 }, (_, index) =>
    word(memory, offset + 8 * (index + 1)),
  );
  return `${WRITERS.get(view(memory).getBigUint64(offset, true)) ?? "nothing"} ${words.join(" ")}`;
}

function word(memory: Uint8Array, offset: number): string {
  return view(memory).getBigUint64(offset, true).toString(16);
}

function view(memory: Uint8Array): DataView {
  return new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
}
