/**
 * The root task's image: the bundle's tables, the root server itself, and all programs, as one flat run of pages.
 *
 * | address | content |
 * |---|---|
 * | ROOT_TABLES_BASE | tables (abi/src/bundle.ts) |
 * | ROOT_TEXT_BASE, ROOT_DATA_BASE, ROOT_STACK_TOP | the root server's text, data and heap, stack |
 * | ROOT_PROGRAMS_BASE | per program: start-info page, text pages, data pages; then the symbol tables |
 */
import * as abi from "@rel4/abi";
import type { CheckedSystem } from "./check-system";
import type { FunctionSymbol, ProgramImage } from "./compile-program";
import { coroutineStacks, reservedBits } from "./program-memory";
import { RecordWriter } from "./record-writer";
import { startInfoPages } from "./start-info-page";
import { SystemError } from "./system-error";
import type { SystemPlan } from "./system-plan";

/** What the kernel's image builder needs to know of the root task. */
export interface RootImage {
  /** User virtual address of the first byte. */
  virtualStart: number;
  /** User virtual address of the first instruction. */
  entry: number;
  /** Whole pages, each of which becomes a frame of the root task. */
  bytes: Uint8Array;
}

/** The root task of a system. */
export interface SystemRoot extends RootImage {
  /** User virtual addresses, in the root task, of the programs' start-info pages. */
  startInfo: number[];
}

const PAGE = abi.PROGRAM_PAGE_SIZE;

function pageAligned(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}

/** Puts pieces one after the other from an address on. */
class Layout {
  readonly pieces: { address: number; bytes: Uint8Array }[] = [];
  constructor(private next: number) {}

  /** Address the piece gets. */
  place(bytes: Uint8Array, alignment = PAGE): number {
    const address = Math.ceil(this.next / alignment) * alignment;
    this.pieces.push({ address, bytes });
    this.next = address + bytes.length;
    return address;
  }

  get end(): number {
    return pageAligned(this.next);
  }
}

/** Lays out the root task of a system. @param images the compiled programs, in the description's order */
export function rootImage(
  system: CheckedSystem,
  plan: SystemPlan,
  root: ProgramImage,
  images: readonly ProgramImage[],
): SystemRoot {
  checkRootFits(root);
  const layout = new Layout(abi.ROOT_PROGRAMS_BASE);
  // programs made from one source share what none of them can change
  const shared = new Map<ProgramImage, Pick<PlacedProgram, "text" | "symbols">>();
  const placed = images.map((image, index) => {
    const startInfo = startInfoPages(system, plan, index);
    const constant = shared.get(image) ?? {
      text: layout.place(image.text),
      symbols: placeSymbols(layout, image.functions),
    };
    shared.set(image, constant);
    return {
      ...constant,
      startInfo: layout.place(startInfo),
      startInfoPages: startInfo.length / PAGE,
      data: layout.place(image.data),
      names: placeNames(layout, system.programs[index]!.name),
    };
  });
  const tables = writeTables(system, plan, images, placed);
  const memory = new RecordWriter(abi.ROOT_TABLES_BASE, layout.end - abi.ROOT_TABLES_BASE);
  memory.copy(abi.ROOT_TABLES_BASE, tables);
  memory.copy(abi.ROOT_TEXT_BASE, root.text);
  memory.copy(abi.ROOT_DATA_BASE, root.data);
  for (const { address, bytes } of layout.pieces) memory.copy(address, bytes);
  return {
    virtualStart: abi.ROOT_TABLES_BASE,
    entry: root.entry,
    bytes: memory.bytes,
    startInfo: placed.map(({ startInfo }) => startInfo),
  };
}

function checkRootFits(root: ProgramImage): void {
  const heapEnd = abi.ROOT_STACK_TOP - abi.ROOT_STACK_SIZE;
  if (root.text.length > abi.ROOT_DATA_BASE - abi.ROOT_TEXT_BASE || root.heapBase >= heapEnd)
    throw new Error(
      "the root server has outgrown its place: raise ROOT_DATA_BASE and ROOT_STACK_TOP in abi/program-layout",
    );
}

function placeNames(layout: Layout, name: string): { address: number; length: number } {
  const bytes = new TextEncoder().encode(name);
  return { address: layout.place(bytes, 1), length: bytes.length };
}

/** Writes names (zero-terminated) and then the records that point to them. */
function placeSymbols(
  layout: Layout,
  functions: readonly FunctionSymbol[],
): { address: number; count: number } {
  const encoder = new TextEncoder();
  const table = new Uint8Array(functions.length * 8);
  const view = new DataView(table.buffer);
  functions.forEach(({ name, address }, index) => {
    view.setUint32(index * 8, address, true);
    view.setUint32(index * 8 + 4, layout.place(encoder.encode(`${name}\0`), 1), true);
  });
  return { address: layout.place(table, 8), count: functions.length };
}

interface PlacedProgram {
  startInfo: number;
  startInfoPages: number;
  text: number;
  data: number;
  names: { address: number; length: number };
  symbols: { address: number; count: number };
}

function writeTables(
  system: CheckedSystem,
  plan: SystemPlan,
  images: readonly ProgramImage[],
  placed: readonly PlacedProgram[],
): Uint8Array {
  const base = abi.ROOT_TABLES_BASE;
  const programs = base + abi.BUNDLE_HEADER_SIZE;
  const objects = programs + placed.length * abi.PROGRAM_RECORD_SIZE;
  const capabilities = objects + plan.objects.length * abi.OBJECT_RECORD_SIZE;
  const mappings = capabilities + plan.capabilities.length * abi.CAPABILITY_RECORD_SIZE;
  const enders = mappings + plan.mappings.length * abi.MAPPING_RECORD_SIZE;
  const pairs = system.programs.flatMap(({ ends }, program) => ends.map((target) => ({ program, target })));
  const end = enders + pairs.length * abi.ENDER_RECORD_SIZE;
  if (end > abi.ROOT_TEXT_BASE)
    throw new SystemError("the system's tables do not fit 64 KiB", "describe fewer programs and channels");

  const tables = new RecordWriter(base, end - base);
  tables.word(base + abi.BUNDLE_MAGIC_AT, abi.BUNDLE_MAGIC);
  tables.word(base + abi.BUNDLE_PROGRAM_COUNT_AT, placed.length);
  tables.word(base + abi.BUNDLE_PROGRAMS_AT, programs);
  tables.word(base + abi.BUNDLE_OBJECT_COUNT_AT, plan.objects.length);
  tables.word(base + abi.BUNDLE_OBJECTS_AT, objects);
  tables.word(base + abi.BUNDLE_CAPABILITY_COUNT_AT, plan.capabilities.length);
  tables.word(base + abi.BUNDLE_CAPABILITIES_AT, capabilities);
  tables.word(base + abi.BUNDLE_MAPPING_COUNT_AT, plan.mappings.length);
  tables.word(base + abi.BUNDLE_MAPPINGS_AT, mappings);
  tables.word(base + abi.BUNDLE_ENDER_COUNT_AT, pairs.length);
  tables.word(base + abi.BUNDLE_ENDERS_AT, enders);
  pairs.forEach(({ program, target }, index) => {
    tables.word(enders + index * abi.ENDER_RECORD_SIZE + abi.ENDER_PROGRAM_AT, program);
    tables.word(enders + index * abi.ENDER_RECORD_SIZE + abi.ENDER_TARGET_AT, target);
  });
  placed.forEach((place, index) => {
    const at = programs + index * abi.PROGRAM_RECORD_SIZE;
    writeProgram(tables, at, system, plan, index, images[index]!, place);
  });
  plan.objects.forEach(({ kind, count }, index) => {
    tables.word(objects + index * abi.OBJECT_RECORD_SIZE + abi.OBJECT_KIND_AT, kind);
    tables.word(objects + index * abi.OBJECT_RECORD_SIZE + abi.OBJECT_COUNT_AT, count);
  });
  plan.capabilities.forEach((capability, index) => {
    const at = capabilities + index * abi.CAPABILITY_RECORD_SIZE;
    tables.word(at + abi.CAPABILITY_PROGRAM_AT, capability.program);
    tables.word(at + abi.CAPABILITY_SLOT_AT, capability.slot);
    tables.word(at + abi.CAPABILITY_OBJECT_AT, capability.object);
    tables.word(at + abi.CAPABILITY_RIGHTS_AT, capability.rights);
    tables.doubleWord(at + abi.CAPABILITY_BADGE_AT, capability.badge);
  });
  plan.mappings.forEach((mapping, index) => {
    const at = mappings + index * abi.MAPPING_RECORD_SIZE;
    tables.word(at + abi.MAPPING_PROGRAM_AT, mapping.program);
    tables.word(at + abi.MAPPING_OBJECT_AT, mapping.object);
    tables.word(at + abi.MAPPING_ADDRESS_AT, mapping.address);
  });
  return tables.bytes;
}

function writeProgram(
  tables: RecordWriter,
  at: number,
  system: CheckedSystem,
  plan: SystemPlan,
  index: number,
  image: ProgramImage,
  place: PlacedProgram,
): void {
  const program = system.programs[index]!;
  const flags =
    (program.optional ? abi.PROGRAM_FLAG_OPTIONAL : 0) |
    (program.background ? abi.PROGRAM_FLAG_BACKGROUND : 0) |
    (program.resources ? abi.PROGRAM_FLAG_RESOURCES : 0);
  tables.word(at + abi.PROGRAM_NAME_AT, place.names.address);
  tables.word(at + abi.PROGRAM_NAME_AT + 4, place.names.length);
  tables.word(at + abi.PROGRAM_HART_AT, program.hart);
  tables.word(at + abi.PROGRAM_PRIORITY_AT, program.priority);
  tables.word(at + abi.PROGRAM_FLAGS_AT, flags);
  tables.word(at + abi.PROGRAM_ENTRY_AT, image.entry);
  tables.word(at + abi.PROGRAM_TEXT_AT, place.text);
  tables.word(at + abi.PROGRAM_TEXT_AT + 4, image.text.length / PAGE);
  tables.word(at + abi.PROGRAM_DATA_AT, place.data);
  tables.word(at + abi.PROGRAM_DATA_AT + 4, image.data.length / PAGE);
  tables.word(at + abi.PROGRAM_ZERO_PAGES_AT, (program.memory - image.data.length) / PAGE);
  tables.word(at + abi.PROGRAM_START_INFO_AT, place.startInfo);
  tables.word(at + abi.PROGRAM_START_INFO_PAGES_AT, place.startInfoPages);
  tables.word(at + abi.PROGRAM_SYMBOL_COUNT_AT, place.symbols.count);
  tables.word(at + abi.PROGRAM_SYMBOLS_AT, place.symbols.address);
  tables.word(at + abi.PROGRAM_BOUND_NOTIFICATION_AT, plan.boundNotifications[index] ?? abi.NO_OBJECT);
  tables.word(at + abi.PROGRAM_SLOT_BITS_AT, plan.slotBits[index]!);
  tables.word(at + abi.PROGRAM_COROUTINES_AT, coroutineStacks(program));
  tables.word(at + abi.PROGRAM_COROUTINE_PAGES_AT, program.coroutineStack / PAGE);
  tables.word(at + abi.PROGRAM_SYSTEM_CALL_BITS_AT, program.systemCallBits);
  tables.word(at + abi.PROGRAM_SYSTEM_CALL_VECTOR_AT, plan.systemCallVectors[index]!);
  tables.word(at + abi.PROGRAM_UNTYPED_BITS_AT, program.resources?.untypedBits ?? 0);
  tables.word(
    at + abi.PROGRAM_RESERVED_BITS_AT,
    program.restart ? reservedBits(program, plan, index, image) : 0,
  );
}
