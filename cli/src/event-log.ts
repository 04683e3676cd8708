// `--log`: what harts and devices do, a line an event, to standard error or a file as it happens, or the last ones when a guest
// gets stuck. Lines are kept in a bounded buffer, never in memory without end.
import { closeSync, openSync, writeSync } from "node:fs";
import type { Machine, MachineEvent } from "@rel4/machine";
import { InvalidArgumentError } from "commander";
import { describeEvent } from "./event-words";
import { orUsageError } from "./read-file";

/** What can be logged. */
const ITEMS = ["traps", "interrupts", "devices", "returns", "waits"] as const;
export type LogItem = (typeof ITEMS)[number];

export interface LogRequest {
  items: ReadonlySet<LogItem>;
  /** A file instead of standard error. */
  file?: string;
}

export const LOG_ITEMS_HELP = `${ITEMS.join(", ")}, all`;

/** Parses `traps,devices` or `all:trace.log`. */
export function parseLogRequest(text: string): LogRequest {
  const colon = text.indexOf(":");
  const names = (colon < 0 ? text : text.slice(0, colon)).split(",");
  const file = colon < 0 ? undefined : text.slice(colon + 1);
  if (file === "") throw new InvalidArgumentError("The file's name after ':' is empty.");
  const items = new Set<LogItem>();
  for (const name of names) {
    const found = ITEMS.filter((item) => name === "all" || name === item);
    if (found.length === 0)
      throw new InvalidArgumentError(`There is no '${name}' to log; choose from ${LOG_ITEMS_HELP}.`);
    for (const item of found) items.add(item);
  }
  return { items, file };
}

/** Takes lines; the event is only put into words when the line is wanted. */
interface LogSink {
  take(event: MachineEvent, words: (event: MachineEvent) => string): void;
  close(): void;
}

/** Connects a machine's events with a sink. */
export class EventLog {
  private readonly stop: (() => void)[];

  constructor(
    machine: Machine,
    items: ReadonlySet<LogItem>,
    private readonly sink: LogSink,
  ) {
    const take = (event: MachineEvent) => sink.take(event, (one) => describeEvent(one, machine.symbols));
    const wantTraps = items.has("traps");
    const wantInterrupts = items.has("interrupts");
    this.stop = [];
    if (wantTraps || wantInterrupts)
      this.stop.push(
        machine.onEvent("trap", (event) => {
          if (event.interrupt ? wantInterrupts : wantTraps) take(event);
        }),
      );
    if (wantInterrupts)
      this.stop.push(machine.onEvent("userInterrupt", take), machine.onEvent("uipiSend", take));
    if (items.has("devices")) this.stop.push(machine.onEvent("device", take));
    if (items.has("returns")) this.stop.push(machine.onEvent("return", take));
    if (items.has("waits")) this.stop.push(machine.onEvent("wait", take), machine.onEvent("wake", take));
  }

  close(): void {
    for (const stop of this.stop) stop();
    this.sink.close();
  }
}

const LINES_AT_ONCE = 512;

/** Writes lines as they come. @throws UsageError when the file cannot be opened, or written any more */
export class StreamSink implements LogSink {
  private readonly file: number | undefined;
  private lines: string[] = [];

  constructor(private readonly path?: string) {
    if (path !== undefined) this.file = orUsageError(path, () => openSync(path, "w"));
  }

  take(event: MachineEvent, words: (event: MachineEvent) => string): void {
    this.lines.push(words(event));
    // what goes to a terminal is read as it comes; a file is only read later
    if (this.path === undefined || this.lines.length >= LINES_AT_ONCE) this.flush();
  }

  close(): void {
    this.flush();
    if (this.file !== undefined) closeSync(this.file);
  }

  private flush(): void {
    if (this.lines.length === 0) return;
    const text = `${this.lines.join("\n")}\n`;
    this.lines = [];
    const { file, path = "" } = this;
    if (file === undefined) process.stderr.write(text);
    else orUsageError(path, () => writeFully(file, text));
  }
}

function writeFully(file: number, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(file, bytes));
}

/** Keeps the last events, and says them when asked. */
export class RingSink implements LogSink {
  private readonly events: { event: MachineEvent; words: (event: MachineEvent) => string }[] = [];
  private next = 0;

  constructor(private readonly capacity: number) {}

  take(event: MachineEvent, words: (event: MachineEvent) => string): void {
    this.events[this.next] = { event, words };
    this.next = (this.next + 1) % this.capacity;
  }

  close(): void {}

  /** The lines, oldest first. */
  lines(): string[] {
    const inOrder = [...this.events.slice(this.next), ...this.events.slice(0, this.next)];
    return inOrder.map(({ event, words }) => words(event));
  }
}
