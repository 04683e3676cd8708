/** The tables the host wrote in front of this image (abi/src/bundle.ts), as typed records. */
import {
  BUNDLE_CAPABILITIES_AT,
  BUNDLE_CAPABILITY_COUNT_AT,
  BUNDLE_ENDER_COUNT_AT,
  BUNDLE_ENDERS_AT,
  BUNDLE_MAGIC,
  BUNDLE_MAGIC_AT,
  BUNDLE_MAPPING_COUNT_AT,
  BUNDLE_MAPPINGS_AT,
  BUNDLE_OBJECT_COUNT_AT,
  BUNDLE_OBJECTS_AT,
  BUNDLE_PROGRAM_COUNT_AT,
  BUNDLE_PROGRAMS_AT,
  CAPABILITY_BADGE_AT,
  CAPABILITY_OBJECT_AT,
  CAPABILITY_PROGRAM_AT,
  CAPABILITY_RECORD_SIZE,
  CAPABILITY_RIGHTS_AT,
  CAPABILITY_SLOT_AT,
  ENDER_PROGRAM_AT,
  ENDER_RECORD_SIZE,
  ENDER_TARGET_AT,
  MAPPING_ADDRESS_AT,
  MAPPING_OBJECT_AT,
  MAPPING_PROGRAM_AT,
  MAPPING_RECORD_SIZE,
  NO_OBJECT,
  OBJECT_COUNT_AT,
  OBJECT_KIND_AT,
  OBJECT_RECORD_SIZE,
  OBJECT_SLOT_AT,
  PROGRAM_BOUND_NOTIFICATION_AT,
  PROGRAM_COROUTINE_PAGES_AT,
  PROGRAM_COROUTINES_AT,
  PROGRAM_DATA_AT,
  PROGRAM_ENTRY_AT,
  PROGRAM_FLAG_BACKGROUND,
  PROGRAM_FLAG_OPTIONAL,
  PROGRAM_FLAG_RESOURCES,
  PROGRAM_FLAGS_AT,
  PROGRAM_HART_AT,
  PROGRAM_NAME_AT,
  PROGRAM_PRIORITY_AT,
  PROGRAM_RECORD_SIZE,
  PROGRAM_RESERVED_BITS_AT,
  PROGRAM_SLOT_BITS_AT,
  PROGRAM_START_INFO_AT,
  PROGRAM_START_INFO_PAGES_AT,
  PROGRAM_SYMBOL_COUNT_AT,
  PROGRAM_SYMBOLS_AT,
  PROGRAM_SYSTEM_CALL_BITS_AT,
  PROGRAM_SYSTEM_CALL_VECTOR_AT,
  PROGRAM_TEXT_AT,
  PROGRAM_UNTYPED_BITS_AT,
  PROGRAM_ZERO_PAGES_AT,
} from "../../abi/src/bundle";
import { ROOT_TABLES_BASE, SLOT_SERVICE_ENDPOINT } from "../../abi/src/program-layout";

function header(at: u32): u32 {
  return load<u32>(ROOT_TABLES_BASE + at);
}

export class Bundle {
  static get valid(): bool {
    return header(BUNDLE_MAGIC_AT) == BUNDLE_MAGIC;
  }
  static get programCount(): u32 {
    return header(BUNDLE_PROGRAM_COUNT_AT);
  }
  static program(index: u32): ProgramRecord {
    return changetype<ProgramRecord>(header(BUNDLE_PROGRAMS_AT) + index * PROGRAM_RECORD_SIZE);
  }
  static get objectCount(): u32 {
    return header(BUNDLE_OBJECT_COUNT_AT);
  }
  static object(index: u32): ObjectRecord {
    return changetype<ObjectRecord>(header(BUNDLE_OBJECTS_AT) + index * OBJECT_RECORD_SIZE);
  }
  static get capabilityCount(): u32 {
    return header(BUNDLE_CAPABILITY_COUNT_AT);
  }
  static capability(index: u32): CapabilityRecord {
    return changetype<CapabilityRecord>(header(BUNDLE_CAPABILITIES_AT) + index * CAPABILITY_RECORD_SIZE);
  }
  static get mappingCount(): u32 {
    return header(BUNDLE_MAPPING_COUNT_AT);
  }
  static mapping(index: u32): MappingRecord {
    return changetype<MappingRecord>(header(BUNDLE_MAPPINGS_AT) + index * MAPPING_RECORD_SIZE);
  }
}

/** Object number of the endpoint on which a program serves, or NO_OBJECT. */
export function serviceEndpoint(index: u32): u32 {
  for (let i: u32 = 0; i < Bundle.capabilityCount; i++) {
    const capability = Bundle.capability(i);
    if (capability.program == index && capability.slot == SLOT_SERVICE_ENDPOINT) return capability.object;
  }
  return NO_OBJECT;
}

/** Whether program number `index` may end program number `target`. */
export function mayEnd(index: u32, target: u32): bool {
  let at = header(BUNDLE_ENDERS_AT);
  for (let left = header(BUNDLE_ENDER_COUNT_AT); left > 0; left--) {
    if (load<u32>(at + ENDER_PROGRAM_AT) == index && load<u32>(at + ENDER_TARGET_AT) == target) return true;
    at += ENDER_RECORD_SIZE;
  }
  return false;
}

/** A record of a table; the handle's value is its address. */
@unmanaged
class TableRecord {
  @inline protected field(at: u32): u32 {
    return load<u32>(changetype<u32>(this) + at);
  }
}

/** A program to start. */
@unmanaged
export class ProgramRecord extends TableRecord {
  /** Address and length of the UTF-8 name. */
  get name(): u32 {
    return this.field(PROGRAM_NAME_AT);
  }
  get nameLength(): u32 {
    return this.field(PROGRAM_NAME_AT + 4);
  }
  get hart(): u32 {
    return this.field(PROGRAM_HART_AT);
  }
  get priority(): u32 {
    return this.field(PROGRAM_PRIORITY_AT);
  }
  get isOptional(): bool {
    return (this.field(PROGRAM_FLAGS_AT) & PROGRAM_FLAG_OPTIONAL) != 0;
  }
  get isBackground(): bool {
    return (this.field(PROGRAM_FLAGS_AT) & PROGRAM_FLAG_BACKGROUND) != 0;
  }
  /** Gets capabilities to its own CNode, address space and thread. */
  get hasResources(): bool {
    return (this.field(PROGRAM_FLAGS_AT) & PROGRAM_FLAG_RESOURCES) != 0;
  }
  /** User virtual address of the first instruction. */
  get entry(): u32 {
    return this.field(PROGRAM_ENTRY_AT);
  }
  get text(): u32 {
    return this.field(PROGRAM_TEXT_AT);
  }
  get textPages(): u32 {
    return this.field(PROGRAM_TEXT_AT + 4);
  }
  get data(): u32 {
    return this.field(PROGRAM_DATA_AT);
  }
  get dataPages(): u32 {
    return this.field(PROGRAM_DATA_AT + 4);
  }
  get zeroPages(): u32 {
    return this.field(PROGRAM_ZERO_PAGES_AT);
  }
  get startInfo(): u32 {
    return this.field(PROGRAM_START_INFO_AT);
  }
  get startInfoPages(): u32 {
    return this.field(PROGRAM_START_INFO_PAGES_AT);
  }
  get symbolCount(): u32 {
    return this.field(PROGRAM_SYMBOL_COUNT_AT);
  }
  get symbols(): u32 {
    return this.field(PROGRAM_SYMBOLS_AT);
  }
  /** Slots of its CNode: 2^n. */
  get slotBits(): u32 {
    return this.field(PROGRAM_SLOT_BITS_AT);
  }
  get coroutines(): u32 {
    return this.field(PROGRAM_COROUTINES_AT);
  }
  /** Pages of a coroutine's stack. */
  get coroutinePages(): u32 {
    return this.field(PROGRAM_COROUTINE_PAGES_AT);
  }
  /** n for a buffer of asynchronous system calls with rings of 2^n items, or 0. */
  get systemCallBits(): u32 {
    return this.field(PROGRAM_SYSTEM_CALL_BITS_AT);
  }
  /** Vector with which the kernel says that replies are there. */
  get systemCallVector(): u32 {
    return this.field(PROGRAM_SYSTEM_CALL_VECTOR_AT);
  }
  /** Untyped memory it gets: 2^n bytes; 0 for none. */
  get untypedBits(): u32 {
    return this.field(PROGRAM_UNTYPED_BITS_AT);
  }
  /** Everything of it lies in 2^n bytes, so that it can be started again; 0: it cannot. */
  get reservedBits(): u32 {
    return this.field(PROGRAM_RESERVED_BITS_AT);
  }
  /** Object number, or NO_OBJECT. */
  get boundNotification(): u32 {
    return this.field(PROGRAM_BOUND_NOTIFICATION_AT);
  }
}

/** A kernel object several programs get capabilities to. */
@unmanaged
export class ObjectRecord extends TableRecord {
  get kind(): u32 {
    return this.field(OBJECT_KIND_AT);
  }
  /** Pages of a BUNDLE_PAGES. */
  get count(): u32 {
    return this.field(OBJECT_COUNT_AT);
  }
  /** Slot of the root server's own capability to it (of the first page of BUNDLE_PAGES); 0: there is none any more. */
  get slot(): u32 {
    return this.field(OBJECT_SLOT_AT);
  }
  set slot(value: u32) {
    store<u32>(changetype<u32>(this) + OBJECT_SLOT_AT, value);
  }
}

/** A capability a program gets. */
@unmanaged
export class CapabilityRecord extends TableRecord {
  get program(): u32 {
    return this.field(CAPABILITY_PROGRAM_AT);
  }
  get slot(): u32 {
    return this.field(CAPABILITY_SLOT_AT);
  }
  get object(): u32 {
    return this.field(CAPABILITY_OBJECT_AT);
  }
  get rights(): u32 {
    return this.field(CAPABILITY_RIGHTS_AT);
  }
  get badge(): u64 {
    return load<u64>(changetype<u32>(this) + CAPABILITY_BADGE_AT);
  }
}

/** A page object a program has in its address space. */
@unmanaged
export class MappingRecord extends TableRecord {
  get program(): u32 {
    return this.field(MAPPING_PROGRAM_AT);
  }
  get object(): u32 {
    return this.field(MAPPING_OBJECT_AT);
  }
  get address(): u32 {
    return this.field(MAPPING_ADDRESS_AT);
  }
}
