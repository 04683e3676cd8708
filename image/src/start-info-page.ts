/** Writes the start-info pages of a program (abi/src/start-info.ts). */
import {
  CHANNEL_CALL_SLOT_AT,
  CHANNEL_IDENTITY_AT,
  CHANNEL_KIND_AT,
  CHANNEL_PAGE_AT,
  CHANNEL_PEER_HART_AT,
  CHANNEL_PEER_NAME_AT,
  CHANNEL_PEER_PROGRAM_AT,
  CHANNEL_RECEIVE_SLOT_AT,
  CHANNEL_RECORD_SIZE,
  CHANNEL_RING_BYTES_AT,
  CHANNEL_SEND_SLOT_AT,
  CHANNEL_SIDE_AT,
  PROGRAM_PAGE_SIZE,
  PROGRAM_START_INFO_MOST_PAGES,
  START_INFO_ARGUMENT_COUNT_AT,
  START_INFO_ARGUMENTS_AT,
  START_INFO_CHANNEL_COUNT_AT,
  START_INFO_CHANNELS_AT,
  START_INFO_CNODE_BITS_AT,
  START_INFO_COROUTINE_COUNT_AT,
  START_INFO_COROUTINE_STACK_BYTES_AT,
  START_INFO_FIRST_FREE_SLOT_AT,
  START_INFO_HART_AT,
  START_INFO_HEADER_SIZE,
  START_INFO_MAGIC,
  START_INFO_MAGIC_AT,
  START_INFO_NAME_AT,
  START_INFO_PRIORITY_AT,
  START_INFO_PROGRAM_AT,
  START_INFO_PROGRAMS_ON_HART_AT,
  START_INFO_SYSTEM_CALL_BITS_AT,
} from "@rel4/abi";
import type { CheckedSystem } from "./check-system";
import { coroutineStacks } from "./program-memory";
import { RecordWriter } from "./record-writer";
import { SystemError } from "./system-error";
import type { SystemPlan } from "./system-plan";

/** The pages of program number `index`. The root server adds what only the running system knows. */
export function startInfoPages(system: CheckedSystem, plan: SystemPlan, index: number): Uint8Array {
  const program = system.programs[index]!;
  const ends = plan.ends[index]!;
  const channels = START_INFO_HEADER_SIZE;
  const args = channels + ends.length * CHANNEL_RECORD_SIZE;
  const strings = args + program.arguments.length * 8;
  const names = [program.name, ...ends.map(({ peer }) => system.programs[peer]!.name)];
  const page = new StartInfoWriter(strings, [...names, ...program.arguments], program.name);

  page.word(START_INFO_MAGIC_AT, START_INFO_MAGIC);
  page.word(START_INFO_PROGRAM_AT, index);
  page.text(START_INFO_NAME_AT, program.name);
  page.word(START_INFO_ARGUMENT_COUNT_AT, program.arguments.length);
  page.word(START_INFO_ARGUMENTS_AT, args);
  program.arguments.forEach((argument, i) => {
    page.text(args + 8 * i, argument);
  });
  page.word(START_INFO_CHANNEL_COUNT_AT, ends.length);
  page.word(START_INFO_CHANNELS_AT, channels);
  page.word(START_INFO_HART_AT, program.hart);
  page.word(START_INFO_PRIORITY_AT, program.priority);
  const neighbours = system.programs.filter(({ hart }) => hart === program.hart).length;
  page.word(START_INFO_PROGRAMS_ON_HART_AT, neighbours);
  page.word(START_INFO_COROUTINE_COUNT_AT, coroutineStacks(program));
  page.word(START_INFO_COROUTINE_STACK_BYTES_AT, program.coroutineStack);
  page.word(START_INFO_SYSTEM_CALL_BITS_AT, program.systemCallBits);
  page.word(START_INFO_CNODE_BITS_AT, plan.slotBits[index]!);
  page.word(START_INFO_FIRST_FREE_SLOT_AT, plan.firstFreeSlots[index]!);
  ends.forEach((end, i) => {
    const at = channels + i * CHANNEL_RECORD_SIZE;
    const peer = system.programs[end.peer]!;
    page.word(at + CHANNEL_KIND_AT, end.kind);
    page.word(at + CHANNEL_SIDE_AT, end.side);
    page.text(at + CHANNEL_PEER_NAME_AT, peer.name);
    page.word(at + CHANNEL_PEER_PROGRAM_AT, end.peer);
    page.word(at + CHANNEL_SEND_SLOT_AT, end.sendSlot);
    page.word(at + CHANNEL_RECEIVE_SLOT_AT, end.receiveSlot);
    page.word(at + CHANNEL_IDENTITY_AT, end.identity);
    page.word(at + CHANNEL_PAGE_AT, end.buffer);
    page.word(at + CHANNEL_RING_BYTES_AT, end.ringBytes);
    page.word(at + CHANNEL_CALL_SLOT_AT, end.callSlot);
    page.word(at + CHANNEL_PEER_HART_AT, peer.hart);
  });
  return page.bytes;
}

/** Whole pages with records in front and the texts they refer to behind. */
class StartInfoWriter extends RecordWriter {
  private readonly known = new Map<string, number>();
  private nextText: number;

  /** @param records bytes in front of the texts; @param texts all texts that will be written */
  constructor(records: number, texts: readonly string[], program: string) {
    const encoder = new TextEncoder();
    const lengths = [...new Set(texts)].map((text) => encoder.encode(text).length);
    const bytes = lengths.reduce((sum, length) => sum + length, records);
    const pages = Math.ceil(bytes / PROGRAM_PAGE_SIZE);
    super(0, pages * PROGRAM_PAGE_SIZE);
    this.nextText = records;
    if (pages <= PROGRAM_START_INFO_MOST_PAGES) return;
    throw new SystemError(
      `its arguments and channels do not fit ${PROGRAM_START_INFO_MOST_PAGES} start-info pages of 4 KiB`,
      "give it shorter arguments or fewer channels",
      `programs.${program}`,
    );
  }

  /** Writes (offset, length) of a text at `at`, and the text behind the records. */
  text(at: number, value: string): void {
    const bytes = new TextEncoder().encode(value);
    let offset = this.known.get(value);
    if (offset === undefined) {
      offset = this.nextText;
      this.copy(offset, bytes);
      this.known.set(value, offset);
      this.nextText += bytes.length;
    }
    this.word(at, offset);
    this.word(at + 4, bytes.length);
  }
}
