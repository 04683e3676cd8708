// Invocations of the domain capability: which domain a thread belongs to, and the schedule of domains (domains.ts).

import { CAP_THREAD } from "../../abi/src/capability-tags";
import { DOMAINS } from "../../abi/src/config";
import { DOMAIN_SCHEDULE_CONFIGURE, DOMAIN_SCHEDULE_SET_START, DOMAIN_SET_SET } from "../../abi/src/labels";
import { Slot } from "./capability";
import { Domains, DURATION_END, SCHEDULE_ENTRIES } from "./domains";
import { Errors, OK } from "./errors";
import { Arguments } from "./message";
import { Scheduler } from "./scheduler";
import { stallThread } from "./stall";
import { Tcb } from "./tcb";
import { beginInvocation } from "./thread";

const COUNT: u64 = DOMAINS;
const ENTRIES: u64 = SCHEDULE_ENTRIES;

/** Decodes and performs an invocation of the domain capability. */
export function decodeDomain(label: u32): u32 {
  switch (label) {
    case DOMAIN_SET_SET:
      return setDomain();
    case DOMAIN_SCHEDULE_CONFIGURE:
      return configureSchedule();
    case DOMAIN_SCHEDULE_SET_START:
      return setScheduleStart();
    default:
      return Errors.illegalOperation();
  }
}

/** Set (domain), extra: the thread. */
function setDomain(): u32 {
  if (Arguments.length == 0) return Errors.truncatedMessage();
  const domain = Arguments.word(0);
  if (domain >= COUNT) return Errors.invalidArgument(0);
  const slot = Arguments.extraCap(0);
  if (slot == 0) return Errors.truncatedMessage();
  if (Slot.at(slot).type != CAP_THREAD) return Errors.invalidArgument(1);

  beginInvocation();
  const thread = Tcb.at(Slot.at(slot).object);
  stallThread(thread);
  Scheduler.setDomain(thread, <u32>domain);
  return OK;
}

/** ScheduleConfigure (entry, domain, ticks). */
function configureSchedule(): u32 {
  if (Arguments.length < 3) return Errors.truncatedMessage();
  const entry = Arguments.word(0);
  const domain = Arguments.word(1);
  const ticks = Arguments.word(2);
  // The last entry stays an end marker.
  if (entry >= ENTRIES - 1) return Errors.rangeError(0, ENTRIES - 2);
  if (domain >= COUNT) return Errors.rangeError(0, COUNT - 1);
  if (ticks >= DURATION_END) return Errors.invalidArgument(2);
  if (ticks == 0 && domain != 0) return Errors.invalidArgument(1);
  if (ticks == 0 && Domains.isStart(<u32>entry)) return Errors.invalidArgument(2);

  beginInvocation();
  Domains.configure(<u32>entry, <u32>domain, ticks);
  return OK;
}

/** ScheduleSetStart (entry). */
function setScheduleStart(): u32 {
  if (Arguments.length < 1) return Errors.truncatedMessage();
  const entry = Arguments.word(0);
  if (entry >= ENTRIES) return Errors.rangeError(0, ENTRIES - 1);
  if (Domains.isEndMarker(<u32>entry)) return Errors.invalidArgument(0);

  beginInvocation();
  Domains.setStart(<u32>entry);
  Scheduler.reschedule();
  return OK;
}
