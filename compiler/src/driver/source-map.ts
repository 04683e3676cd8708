/** Decodes the source map asc writes for a wasm file: byte offset → file, line, column (Source Map revision 3). */
import type { SourcePosition } from "../assembler/instruction";

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const NO_SOURCE = -1;
const DIGITS = new Map([...BASE64].map((character, value) => [character, value]));

/** Numbers of one base64-VLQ segment. */
function decodeSegment(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = DIGITS.get(character) ?? 0;
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}

/** A wasm file's source map; the whole file is one generated line and columns are byte offsets. */
export class SourceMap {
  /** [wasm offset, source index or −1 where the code has no source, line from 0, column from 0], ascending by offset. */
  private readonly entries: [number, number, number, number][] = [];
  private readonly sources: string[];

  /**
   * @param json text of the map
   * @param pathOf caller's path of a source the map names
   */
  constructor(
    json: string,
    private readonly pathOf: (source: string) => string,
  ) {
    const map = JSON.parse(json) as { sources: string[]; mappings: string };
    this.sources = map.sources;
    const position: [number, number, number, number] = [0, 0, 0, 0];
    for (const segment of map.mappings.split(/[,;]/)) {
      const delta = decodeSegment(segment);
      if (delta.length === 0) continue;
      delta.slice(0, 4).forEach((step, index) => {
        position[index]! += step;
      });
      this.entries.push(delta.length >= 4 ? [...position] : [position[0], NO_SOURCE, 0, 0]);
    }
  }

  /**
   * Position of the code at a byte offset of the wasm file. Code without a source of its own (the optimiser made it) gets
   * that of the code before it, else after it, in the same function.
   * @param start first byte of the function that contains the offset
   * @param end byte after the function
   */
  locate(wasmOffset: number, start = 0, end = Number.POSITIVE_INFINITY): SourcePosition | undefined {
    const inFunction = this.entries
      .slice(this.firstAt(start), this.firstAt(end))
      .filter(([, source]) => source !== NO_SOURCE);
    const entry = inFunction.findLast(([offset]) => offset <= wasmOffset) ?? inFunction[0];
    if (!entry) return undefined;
    const [, source, line, column] = entry;
    return { file: this.pathOf(this.sources[source] ?? "?"), line: line + 1, column: column + 1 };
  }

  /** Index of the first entry at or after an offset. */
  private firstAt(wasmOffset: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle]![0] < wasmOffset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
